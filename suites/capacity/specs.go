package capacity

import (
	"context"
	"strconv"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"

	"github.com/scaleproof/scaleproof/e2e"
	"github.com/scaleproof/scaleproof/e2e/timeline"
	"github.com/scaleproof/scaleproof/e2e/watch"
)

// What the fixtures' numbers are.
const (
	limitOfPool = 0.5 // cores, nodes/limit
	soon        = 5   // seconds, given to nodes/seed
	// later is longer than Karpenter takes to decide that an empty node goes:
	// one that does not wait is seen to be too early.
	later = 30 // seconds, given to nodes/emptied
)

// changed is a template of nodes that differs from the one they were made of.
const changed = `{"spec":{"template":{"metadata":{"labels":{"scaleproof.dev/revision":"2"}}}}}`

func specs(env *e2e.Env) {
	BeforeEach(func() {
		if !env.Traits().RealNodes {
			Skip("the cluster lacks the trait RealNodes: no kubelet would run the pods of a new node")
		}
	})
	provisioning(env)
	choosing(env)
	disrupting(env)
	emptying(env)
}

// provisioning is how nodes come.
func provisioning(env *e2e.Env) {
	It("has its pools", e2e.Proves(poolsReady), func(ctx SpecContext) {
		there := env.Observe(ctx, "node-pools", watch.Target{Pools: pools})
		looked := there.Act("NodePools", "read", "")
		env.Prove(ctx, there, looked, poolsReady)
	}, SpecTimeout(2*time.Minute))

	It("brings a node to life", e2e.Proves(provisions, lifecycle), func(ctx SpecContext) {
		app := env.Provision(ctx, "nodes/one")
		env.Prove(ctx, app.Scene, app.Applied(), provisions, lifecycle)
	}, SpecTimeout(4*time.Minute))

	It("counts what pods on a new node serve", e2e.Proves(newPodsServe), func(ctx SpecContext) {
		app := env.Provision(ctx, "nodes/serving")
		env.Settle(ctx, app.Scene, app.Applied(), runsOnItsNodes)
		served := app.SendEach(ctx, 5)
		env.Prove(ctx, app.Scene, served, newPodsServe)
	}, SpecTimeout(4*time.Minute))

	It("replaces a node that never joins", e2e.Proves(registrationFailure), func(ctx SpecContext) {
		app := env.Provision(ctx, "nodes/one")
		env.Settle(ctx, app.Scene, app.Applied(), timeline.Equals(timeline.NodeClaim, "Launched", 1))
		machine, _ := app.Now().Only(timeline.NodeClaim, "provider")
		app.Act(machine.Object, old, "")
		terminated := app.Terminate(ctx, machine.Text)
		if app.Joined(ctx, machine.Text) { // who is terminated joins no more
			Fail("the spec could not start: node " + machine.Object + " had joined before its machine was terminated")
		}
		env.Prove(ctx, app.Scene, terminated, registrationFailure)
	}, SpecTimeout(20*time.Minute))
}

// choosing is which nodes are made, and which are not.
func choosing(env *e2e.Env) {
	It("makes what is asked for", e2e.Proves(requirements), func(ctx SpecContext) {
		app := env.Provision(ctx, "nodes/one")
		env.Settle(ctx, app.Scene, app.Applied(), hasItsClaim)
		before := app.Now()
		claim, _ := inUse(before)
		kind, arch := word(before, timeline.NodeClaim, claim, "type"), word(before, timeline.NodeClaim, claim, "arch")

		app.Act("pod", "arch", arch)
		app.Act(strings.Join(claims(before), " "), asked, kind)
		applied := app.Create(ctx, "nodes/picky", e2e.Vars{"TYPE": kind, "ARCH": arch})
		env.Prove(ctx, app.Scene, applied, requirements)
	}, SpecTimeout(4*time.Minute))

	It("says why it makes nothing", e2e.Proves(requirements), func(ctx SpecContext) {
		app := env.Provision(ctx, "nodes/impossible")
		app.Act("nobody", asked, impossible)
		env.Prove(ctx, app.Scene, app.Applied(), requirements)
	}, SpecTimeout(4*time.Minute))

	It("stops at the limit", e2e.Proves(limits), func(ctx SpecContext) {
		app := env.Provision(ctx, "nodes/limit")
		app.Wants(allowed, limitOfPool)
		env.Prove(ctx, app.Scene, app.Applied(), limits)
	}, SpecTimeout(4*time.Minute))
}

// disrupting is when Karpenter replaces a node, and when it must not.
func disrupting(env *e2e.Env) {
	DescribeTable("keeps a node that is guarded", e2e.Proves(respectsDisruption),
		func(ctx SpecContext, fixture string) {
			app := env.Provision(ctx, fixture)
			drifted := outdate(ctx, env, app)
			env.Prove(ctx, app.Scene, drifted, respectsDisruption)
		},
		Entry("by its pool's budget", SpecTimeout(4*time.Minute), "nodes/budget"),
		Entry("by a PodDisruptionBudget", SpecTimeout(4*time.Minute), "nodes/pdb"),
		Entry("by its pod", SpecTimeout(4*time.Minute), "nodes/pinned"))

	It("replaces a node whose template changed", e2e.Proves(drift), e2e.LongOnNodes, func(ctx SpecContext) {
		app := env.Provision(ctx, "nodes/drift")
		drifted := outdate(ctx, env, app)
		env.Prove(ctx, app.Scene, drifted, drift)
	}, SpecTimeout(6*time.Minute))
}

// emptying is how nodes go.
func emptying(env *e2e.Env) {
	It("runs the seed's app on new nodes, and leaves none", e2e.Proves(runsTheSeed, leavesNothing), e2e.LongOnNodes, func(ctx SpecContext) {
		app := env.Provision(ctx, "nodes/seed", emptyFor(soon))
		env.Settle(ctx, app.Scene, app.Applied(), timeline.Ready(1))

		sent := app.Send(ctx, 31)
		told := env.Settle(ctx, app.Scene, sent, timeline.Equals(timeline.Replicas, "spec", 10))
		env.Prove(ctx, app.Scene, told, runsTheSeed)

		app.SampleMachines()
		app.Wants(promisedFor, soon)
		vanished := app.Vanish(ctx)
		env.Prove(ctx, app.Scene, vanished, leavesNothing)
	}, SpecTimeout(8*time.Minute))

	It("lets an empty node go in time", e2e.Proves(consolidates), e2e.LongOnNodes, func(ctx SpecContext) {
		app := env.Provision(ctx, "nodes/emptied", emptyFor(later))
		env.Settle(ctx, app.Scene, app.Applied(), runsOnItsNodes)
		app.Wants(promisedFor, later)
		vanished := app.Vanish(ctx)
		env.Prove(ctx, app.Scene, vanished, consolidates)
	}, SpecTimeout(6*time.Minute))
}

// emptyFor has an empty node stay for so many seconds.
func emptyFor(seconds int) e2e.Vars {
	return e2e.Vars{"CONSOLIDATE_AFTER": strconv.Itoa(seconds) + "s"}
}

// outdate changes the template that the app's node was made of, and returns when
// Karpenter has noticed.
func outdate(ctx context.Context, env *e2e.Env, app *e2e.App) time.Time {
	GinkgoHelper()
	env.Settle(ctx, app.Scene, app.Applied(), hasItsClaim)
	claim, _ := inUse(app.Now())
	app.Act(claim, old, "")
	edited := app.Edit(ctx, "NodePool", app.Namespace(), changed)
	return env.Settle(ctx, app.Scene, edited, marked)
}
