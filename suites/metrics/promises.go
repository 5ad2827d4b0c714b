// Package metrics proves that requests become numbers: through Prometheus and
// KEDA to the metrics APIs, exactly and soon.
package metrics

import (
	"github.com/scaleproof/scaleproof/e2e"
	"github.com/scaleproof/scaleproof/e2e/promise"
	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// Suite is the list of promises with the specs that prove them.
var Suite = e2e.Suite{
	Name:     "metrics",
	About:    "requests become numbers, exactly and soon",
	Promises: []promise.Promise{apisAvailable, startsAtZero, countsRequests, neverOvercounts, sourcesAgree, namedByTrigger, podUsage},
	Specs:    specs,
}

var apisAvailable = promise.Promise{
	ID:    "metrics.apis-available",
	Level: promise.Must,
	Claim: "the resource and external metrics APIs are served through the aggregation layer",
	Kept:  timeline.All(served(resourceAPI), served(externalAPI)),
	Limit: promise.Sum(promise.Recheck),
}

var startsAtZero = promise.Promise{
	ID:    "metrics.starts-at-zero",
	Level: promise.Must,
	Claim: "an app that has had no request reads 0",
	Kept:  timeline.All(timeline.Reads(firstMetric, 0), timeline.Equals(timeline.Prometheus, "value", 0)),
	Limit: promise.Sum(promise.ScrapeDiscovery, promise.Scrape, promise.KEDAPoll),
	Never: timeline.Above(timeline.Metric, "value", 0),
}

var countsRequests = promise.Promise{
	ID:    "metrics.counts-requests",
	Level: promise.Must,
	Claim: "the external metric shows exactly the requests that were sent",
	Kept:  readsWhatWasSent,
	Limit: promise.Sum(promise.Scrape, promise.KEDAPoll),
}

var neverOvercounts = promise.Promise{
	ID:    "metrics.never-overcounts",
	Level: promise.Must,
	Claim: "the metric never passes what was sent, whatever probes and scrapes go on",
	Never: readsMoreThanWasSent,
	For:   promise.Sum(promise.Scrape.Times(4), promise.KEDAPoll),
}

var sourcesAgree = promise.Promise{
	ID:    "metrics.sources-agree",
	Level: promise.Must,
	Claim: "Prometheus, the metrics API and the HPA's status show the same number",
	Kept:  threeSourcesAgree,
	Limit: promise.Sum(promise.Scrape, promise.KEDAPoll, promise.HPASync),
}

var namedByTrigger = promise.Promise{
	ID:    "metrics.named-by-trigger",
	Level: promise.Must,
	Claim: "each trigger is served under its index and its type, and a formula as one composite metric",
	Kept:  servedAsNamed,
	Limit: promise.Sum(promise.KEDAPoll),
}

var podUsage = promise.Promise{
	ID:    "metrics.pod-usage",
	Level: promise.Must,
	Claim: "every node and every ready pod of an app has values for CPU and memory",
	Kept:  everyoneHasUsage,
	Limit: promise.Sum(promise.UsageSample, promise.Resolution),
}
