// Package observability proves that what the stack tells of itself is what it
// did: by KEDA's and Karpenter's own metrics, by the HPA dashboard and by Grafana.
package observability

import (
	"github.com/scaleproof/scaleproof/e2e"
	"github.com/scaleproof/scaleproof/e2e/promise"
	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// Suite is the list of promises with the specs that prove them.
var Suite = e2e.Suite{
	Name:     "observability",
	About:    "what the stack tells of itself is what it did",
	Promises: []promise.Promise{kedaTells, karpenterTells, dashboardShows, grafanaShows},
	Specs:    specs,
}

var kedaTells = promise.Promise{
	ID:    "observability.keda-tells",
	Level: promise.Must,
	Claim: "KEDA's own metrics show the value, the activity and the errors that were observed",
	Kept:  kedaTellsWhatWasObserved,
	Limit: promise.Sum(promise.KEDAPoll, promise.KEDAScrape),
}

var karpenterTells = promise.Promise{
	ID:    "observability.karpenter-tells",
	Level: promise.Should,
	Claim: "Karpenter's metrics of how long a node takes agree with the suite's clock",
	Kept:  karpenterAgrees,
	Limit: promise.Sum(promise.KarpenterScrape),
}

// drawn is how long Prometheus takes to have all that a dashboard draws: of new
// pods too, and twice, since a rate is made of two samples.
var drawn = promise.Sum(promise.ScrapeDiscovery, promise.SlowestScrape.Times(2), promise.KEDAPoll)

var dashboardShows = promise.Promise{
	ID:    "observability.dashboard-shows",
	Level: promise.Must,
	Claim: "Prometheus has for every panel of the HPA dashboard the scaling that just happened",
	Kept:  shows(timeline.Panel),
	Limit: drawn,
}

var grafanaShows = promise.Promise{
	ID:    "observability.grafana",
	Level: promise.Must,
	Claim: "the password in its Secret opens Grafana, whose Prometheus is healthy and whose HPA dashboard shows the scaling that just happened",
	Kept:  timeline.All(opened, healthy, shows(timeline.Grafana)),
	Limit: drawn,
}
