package scaleout

import (
	"time"

	. "github.com/onsi/ginkgo/v2"

	"github.com/scaleproof/scaleproof/e2e"
	"github.com/scaleproof/scaleproof/e2e/timeline"
	"github.com/scaleproof/scaleproof/fixtures/stack"
)

// watched holds once there is an HPA. It first syncs a whole period later, which
// only those specs wait for that need it.
var watched = timeline.AtLeast(timeline.HPA, "desired", 0)

// exposed holds once the gauge's metric can be set. Its own replicas never run.
var exposed = timeline.All(watched, timeline.AtLeast(timeline.Deployment, "ready", 1), timeline.Equals(timeline.Replicas, "spec", 1))

var (
	steady = timeline.All(timeline.Settled(1), timeline.Desired(1))
	even   = timeline.All(exposed, timeline.Desired(1))
)

func specs(env *e2e.Env) {
	It("climbs as in the seed", e2e.Proves(path, reachesMax), e2e.First, func(ctx SpecContext) {
		env.KeepNodes(ctx)
		// The HPA first syncs a whole period after it is made. Made with the pod, that
		// is about when Prometheus has found it and seen all requests, so that chance
		// would say whether the climb begins by this sync or by the next.
		app, scale := env.ApplyFirst(ctx, "example-app", "ScaledObject")
		env.Settle(ctx, app.Scene, app.Applied(), timeline.AtLeast(timeline.Deployment, "ready", 1))
		scale(ctx)
		env.Settle(ctx, app.Scene, app.Applied(), timeline.All(timeline.Settled(1), watched))

		// The first request is waited for, so that the other thirty fall
		// between two scrapes: the HPA then sees 1 and 31 and nothing between.
		first := app.Send(ctx, 1)
		env.Settle(ctx, app.Scene, first, timeline.Reads(stack.FirstMetric, 1))
		begin := app.StartsFrom(1)
		sent := app.Send(ctx, 30)

		env.Prove(ctx, app.Scene, begin, path)
		env.Prove(ctx, app.Scene, sent, reachesMax)
	}, SpecTimeout(10*time.Minute))

	telling(env)
	arithmetic(env)
}

// telling is what the HPA says of itself.
func telling(env *e2e.Env) {
	It("mirrors the ScaledObject in its HPA", e2e.Proves(mirrorsScaledObject), func(ctx SpecContext) {
		app := env.Apply(ctx, "example-app")
		accepted := env.Settle(ctx, app.Scene, app.Applied(), timeline.Equals(timeline.ScaledObject, "Ready", 1))
		env.Prove(ctx, app.Scene, accepted, mirrorsScaledObject)

		// The edit is timed when the app is at rest: while many apps start at
		// once, the operator's queue would be timed and not the edit.
		env.Settle(ctx, app.Scene, accepted, steady)
		app.Wants("max", 7)
		app.Wants("threshold", 3)
		edited := app.Edit(ctx, "ScaledObject", "example-app", `[`+
			`{"op":"replace","path":"/spec/maxReplicaCount","value":7},`+
			`{"op":"replace","path":"/spec/triggers/0/metadata/threshold","value":"3"}]`)
		env.Prove(ctx, app.Scene, edited, mirrorsScaledObject)
	}, SpecTimeout(2*time.Minute))

	It("says why it scales", e2e.Proves(conditions), e2e.Long, func(ctx SpecContext) {
		app := env.Apply(ctx, "gauge")
		env.Settle(ctx, app.Scene, app.Applied(), exposed)
		for _, value := range []float64{0, 25, 1000} { // below min, within, above max
			set := app.Set(ctx, value)
			read := env.Settle(ctx, app.Scene, set, timeline.Reads(stack.FirstMetric, value))
			env.Prove(ctx, app.Scene, read, conditions)
		}
	}, SpecTimeout(4*time.Minute))
}

// arithmetic is that of the HPA: values to replicas.
func arithmetic(env *e2e.Env) {
	// Each value has an app of its own: they are judged at the same time, and
	// none starts from what another left.
	DescribeTable("divides and rounds up", e2e.Proves(formula),
		func(ctx SpecContext, value float64) {
			app := env.Apply(ctx, "gauge")
			env.Settle(ctx, app.Scene, app.Applied(), exposed)
			set := app.Set(ctx, value)
			read := env.Settle(ctx, app.Scene, set, timeline.Reads(stack.FirstMetric, value))
			env.Prove(ctx, app.Scene, read, formula)
		},
		Entry("nothing", SpecTimeout(2*time.Minute), 0.0),
		Entry("half below an edge", SpecTimeout(2*time.Minute), 29.5),
		Entry("on an edge", SpecTimeout(2*time.Minute), 40.0),
		Entry("half above an edge", SpecTimeout(2*time.Minute), 40.5),
		Entry("more than can be had", SpecTimeout(2*time.Minute), 1e6))

	DescribeTable("tolerates a tenth", e2e.Proves(tolerance), e2e.Long,
		func(ctx SpecContext, value float64) {
			app := env.Apply(ctx, "gauge")
			env.Settle(ctx, app.Scene, app.Applied(), even)
			app.StartsFrom(1)
			set := app.Set(ctx, value)
			read := env.Settle(ctx, app.Scene, set, timeline.Reads(stack.FirstMetric, value))
			env.Prove(ctx, app.Scene, read, tolerance)
		},
		Entry("within", SpecTimeout(2*time.Minute), 10.9),
		Entry("beyond", SpecTimeout(2*time.Minute), 11.1))
}
