package observability

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"

	"github.com/scaleproof/scaleproof/e2e"
	"github.com/scaleproof/scaleproof/e2e/promise"
	"github.com/scaleproof/scaleproof/e2e/timeline"
	"github.com/scaleproof/scaleproof/fixtures/stack"
)

// unreadable takes the source of the gauge's metric away: no app has a metric
// of that name, and KEDA is told to take a missing value for an error.
const unreadable = `{"spec":{"triggers":[{"type":"prometheus","metricType":"AverageValue","metadata":{"serverAddress":"` + stack.PrometheusURL +
	`","query":"no_such_metric","threshold":"10","ignoreNullValues":"false"}}]}}`

func specs(env *e2e.Env) {
	It("has KEDA tell what was observed", e2e.Proves(kedaTells), e2e.Long, func(ctx SpecContext) {
		app := env.Apply(ctx, "gauge")
		for name, query := range queries(app.Namespace(), "gauge") {
			app.Query(name, query)
		}
		env.Settle(ctx, app.Scene, app.Applied(), timeline.AtLeast(timeline.Deployment, "ready", 1))
		for _, value := range []float64{25, 0} {
			set := app.Set(ctx, value)
			observed := env.Settle(ctx, app.Scene, set, timeline.Reads(stack.FirstMetric, value))
			env.Prove(ctx, app.Scene, observed, kedaTells)
		}
		counted, _ := app.Now().Get(timeline.Prometheus, kedaErrors, "value")
		app.Wants("errors", counted.Value)
		edited := app.Edit(ctx, "ScaledObject", "gauge", unreadable)
		failing := env.Settle(ctx, app.Scene, edited, timeline.None(timeline.Metric, "value"))
		env.Prove(ctx, app.Scene, failing, kedaTells)
	}, SpecTimeout(3*time.Minute))

	It("has Karpenter tell how long a node took", e2e.Proves(karpenterTells), func(ctx SpecContext) {
		if !env.Traits().RealNodes || !env.Scraped(ctx, promise.KarpenterScrape) {
			Skip("nothing scrapes Karpenter: the cluster has none, or as a part of the cloud")
		}
		app := env.Provision(ctx, "nodes/one")
		for stage, query := range durations(app.Namespace()) {
			app.Query(stage, query)
		}
		ready := env.Settle(ctx, app.Scene, app.Applied(), anyReady)
		env.Prove(ctx, app.Scene, ready, karpenterTells)
	}, SpecTimeout(20*time.Minute))

	dashboards(env)
}

// dashboards are the specs of what people look at.
func dashboards(env *e2e.Env) {
	It("has all that the HPA dashboard draws", e2e.Proves(dashboardShows), e2e.Long, func(ctx SpecContext) {
		app := env.Apply(ctx, "example-app")
		scaled := scaleOut(ctx, env, app)
		app.Draw(stack.ExampleScaledObject) // not before, so that a story tells of every panel
		env.Prove(ctx, app.Scene, scaled, dashboardShows)
	}, SpecTimeout(4*time.Minute))

	It("shows the scaling in Grafana", e2e.Proves(grafanaShows), func(ctx SpecContext) {
		if !env.Traits().Grafana {
			Skip("the cluster lacks the trait grafana: its stack came without one")
		}
		app := env.Apply(ctx, "example-app")
		scaled := scaleOut(ctx, env, app)
		app.OpenGrafana(ctx, stack.ExampleScaledObject)
		env.Prove(ctx, app.Scene, scaled, grafanaShows)
	}, SpecTimeout(5*time.Minute))
}

// scaleOut has the example app scale in one step, and returns when all is done.
func scaleOut(ctx context.Context, env *e2e.Env, app *e2e.App) time.Time {
	GinkgoHelper()
	env.Settle(ctx, app.Scene, app.Applied(), timeline.Ready(1))
	sent := app.Send(ctx, 8)
	return env.Settle(ctx, app.Scene, sent, timeline.Settled(4))
}
