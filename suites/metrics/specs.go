package metrics

import (
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"

	"github.com/scaleproof/scaleproof/e2e"
	"github.com/scaleproof/scaleproof/e2e/timeline"
	"github.com/scaleproof/scaleproof/e2e/watch"
	"github.com/scaleproof/scaleproof/fixtures/stack"
)

func specs(env *e2e.Env) {
	It("counts the requests of the seed", e2e.Proves(startsAtZero, countsRequests, neverOvercounts), e2e.Long, func(ctx SpecContext) {
		app := env.Apply(ctx, "example-app")
		running := env.Settle(ctx, app.Scene, app.Applied(), timeline.Ready(1))
		env.Prove(ctx, app.Scene, running, startsAtZero)

		first := app.Send(ctx, 1)
		env.Prove(ctx, app.Scene, first, countsRequests)

		more := app.Send(ctx, 30)
		env.Prove(ctx, app.Scene, more, countsRequests)
		env.Prove(ctx, app.Scene, first, neverOvercounts)
	}, SpecTimeout(5*time.Minute))

	It("counts requests that come at a pace", e2e.Proves(startsAtZero, countsRequests, neverOvercounts), e2e.Long, func(ctx SpecContext) {
		app := env.Apply(ctx, "example-app")
		// One pod takes them all: Prometheus has yet to find what comes meanwhile.
		app.Edit(ctx, "ScaledObject", "example-app", `{"spec":{"maxReplicaCount":1}}`)
		running := env.Settle(ctx, app.Scene, app.Applied(), timeline.Ready(1))
		env.Prove(ctx, app.Scene, running, startsAtZero)

		sent := app.Pace(ctx, 20, 5*time.Second)
		env.Prove(ctx, app.Scene, sent, countsRequests)
		// From here on: what was counted too often meanwhile still is.
		env.Prove(ctx, app.Scene, sent, neverOvercounts)
	}, SpecTimeout(3*time.Minute))

	It("shows one number everywhere", e2e.Proves(sourcesAgree), func(ctx SpecContext) {
		app := env.Apply(ctx, "gauge")
		env.Settle(ctx, app.Scene, app.Applied(), timeline.AtLeast(timeline.Deployment, "ready", 1))
		set := app.Set(ctx, 25)
		// Until Prometheus shows it, all three agree on what was before.
		scraped := env.Settle(ctx, app.Scene, set, timeline.Equals(timeline.Prometheus, "value", 25))
		env.Prove(ctx, app.Scene, scraped, sourcesAgree)
	}, SpecTimeout(3*time.Minute))

	apis(env)
}

// apis are the specs of what the metrics APIs serve, and by which names.
func apis(env *e2e.Env) {
	It("serves the metrics APIs", e2e.Proves(apisAvailable), func(ctx SpecContext) {
		layer := env.Observe(ctx, "aggregation-layer", watch.Target{APIServices: []string{resourceAPI, externalAPI, customAPI}})
		looked := layer.Act("APIServices", "read", "")
		env.Prove(ctx, layer, looked, apisAvailable)
		AddReportEntry("custom.metrics.k8s.io", presence(layer))
	}, SpecTimeout(2*time.Minute))

	DescribeTable("names metrics by trigger", e2e.Proves(namedByTrigger),
		func(ctx SpecContext, fixture string, names ...string) {
			app := env.Prepare(ctx, fixture)
			app.Serves(names...)
			app.Create(ctx, fixture)
			accepted := env.Settle(ctx, app.Scene, app.Applied(), timeline.Equals(timeline.ScaledObject, "Ready", 1))
			env.Prove(ctx, app.Scene, accepted, namedByTrigger)
		},
		Entry("two triggers", SpecTimeout(2*time.Minute), "two-triggers", "s0-prometheus", "s1-prometheus"),
		Entry("a formula", SpecTimeout(2*time.Minute), "formula", stack.FormulaMetric))

	// Not beside nodes that come and go: metrics-server stores what it reads of
	// all nodes at once, and one that no longer answers holds everyone's values up
	// until its scrape times out. First, so that nobody's nodes are in the way.
	It("has usage of every node and pod", e2e.Proves(podUsage), e2e.First, func(ctx SpecContext) {
		env.KeepNodes(ctx)
		app := env.Apply(ctx, "example-app")
		app.SampleUsage(ctx)
		running := env.Settle(ctx, app.Scene, app.Applied(), timeline.Ready(1))
		env.Prove(ctx, app.Scene, running, podUsage)
	}, SpecTimeout(8*time.Minute))
}

// presence tells whether something serves custom.metrics.k8s.io. Nothing in
// the stack must: KEDA serves external metrics only.
func presence(layer *e2e.Scene) string {
	for _, m := range layer.Timeline.Moments() {
		if m.Kind == timeline.APIService && strings.Contains(m.Object, "custom.metrics") && !m.Gone {
			return "present"
		}
	}
	return "absent"
}
