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
	limitOfPool = 2 // cores, nodes/limit
	soon        = 5 // seconds, given to nodes/seed
	// later is longer than Karpenter takes to decide that an empty node goes, also
	// where it is busy with another: one that does not wait is seen to be too early.
	later = 45 // seconds, given to nodes/emptied
)

// changed is a template of nodes that differs from the one they were made of.
const changed = `{"spec":{"template":{"metadata":{"labels":{"scaleproof.dev/revision":"2"}}}}}`

// Guards against specs that hang. A node that is late is waited for three times
// its limit, which on a cloud takes minutes, and specs wait for their turn.
const (
	onNodes  = SpecTimeout(20 * time.Minute)
	onNoNode = SpecTimeout(time.Hour) // Karpenter gives a node up after a quarter of that
)

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
	}, onNodes)

	It("counts what pods on a new node serve", e2e.Proves(newPodsServe), func(ctx SpecContext) {
		app := env.Provision(ctx, "nodes/serving")
		env.Settle(ctx, app.Scene, app.Applied(), runsOnItsNodes)
		served := app.SendEach(ctx, 5)
		env.Prove(ctx, app.Scene, served, newPodsServe)
	}, onNodes)

	It("replaces a node whose machine goes before it joins", e2e.Proves(registrationFailure), func(ctx SpecContext) {
		app := env.Provision(ctx, "nodes/one")
		env.Settle(ctx, app.Scene, app.Applied(), anyLaunched)
		claim := claims(app.Now())[0]
		machine := word(app.Now(), timeline.NodeClaim, claim, "provider")
		note(app, claim)
		terminated := app.Terminate(ctx, machine)
		if app.Joined(ctx, machine) { // who is terminated joins no more
			Fail("the spec could not start: node " + claim + " had joined before its machine was terminated")
		}
		env.Prove(ctx, app.Scene, terminated, registrationFailure)
	}, onNoNode)
}

// choosing is which nodes are made, and which are not.
func choosing(env *e2e.Env) {
	It("makes what is asked for", e2e.Proves(requirements), func(ctx SpecContext) {
		app := env.Provision(ctx, "nodes/one")
		env.Settle(ctx, app.Scene, app.Applied(), hasItsClaim)
		before, claim := app.Now(), claimOf(app)
		kind, arch := word(before, timeline.NodeClaim, claim, "type"), word(before, timeline.NodeClaim, claim, "arch")

		app.Act("pod", "arch", arch)
		app.Act(strings.Join(claims(before), " "), asked, kind)
		applied := app.Create(ctx, "nodes/picky", e2e.Vars{"TYPE": kind, "ARCH": arch})
		env.Prove(ctx, app.Scene, applied, requirements)
	}, onNodes)

	It("says why it makes nothing", e2e.Proves(requirements), func(ctx SpecContext) {
		app := env.Provision(ctx, "nodes/impossible")
		app.Act("nobody", asked, impossible)
		env.Prove(ctx, app.Scene, app.Applied(), requirements)
	}, onNodes)

	It("stops at the limit", e2e.Proves(limits), func(ctx SpecContext) {
		app := env.Provision(ctx, "nodes/limit")
		app.Wants(allowed, limitOfPool)
		env.Prove(ctx, app.Scene, app.Applied(), limits)
	}, onNodes)
}

// disrupting is when Karpenter replaces a node, and when it must not.
func disrupting(env *e2e.Env) {
	DescribeTable("keeps a node that is guarded", e2e.Proves(respectsDisruption),
		func(ctx SpecContext, fixture string) {
			app := env.Provision(ctx, fixture)
			drifted := outdate(ctx, env, app)
			env.Prove(ctx, app.Scene, drifted, respectsDisruption)
		},
		Entry("by its pool's budget", onNodes, "nodes/budget"),
		Entry("by a PodDisruptionBudget", onNodes, "nodes/pdb"),
		Entry("by its pod", onNodes, "nodes/pinned"))

	It("replaces a node whose template changed", e2e.Proves(drift), e2e.LongOnNodes, func(ctx SpecContext) {
		app := env.Provision(ctx, "nodes/drift")
		app.Turn(ctx)
		drifted := outdate(ctx, env, app)
		env.Prove(ctx, app.Scene, drifted, drift)
	}, onNodes)
}

// emptying is how nodes go.
func emptying(env *e2e.Env) {
	It("runs the seed's app on new nodes, and leaves none", e2e.Proves(runsTheSeed, leavesNothing), e2e.LongOnNodes, func(ctx SpecContext) {
		app := env.Provision(ctx, "nodes/seed", emptyFor(soon))
		env.Settle(ctx, app.Scene, app.Applied(), timeline.Ready(1))

		end := app.Turn(ctx)
		sent := app.Send(ctx, 31)
		told := env.Settle(ctx, app.Scene, sent, timeline.Equals(timeline.Replicas, "spec", 10))
		env.Prove(ctx, app.Scene, told, runsTheSeed)
		end()

		nameMachines(ctx, env, app)
		app.Wants(promisedFor, soon)
		vanished := app.Vanish(ctx)
		env.Prove(ctx, app.Scene, vanished, leavesNothing)
	}, onNodes)

	It("lets an empty node go in time", e2e.Proves(consolidates), e2e.LongOnNodes, func(ctx SpecContext) {
		app := env.Provision(ctx, "nodes/emptied", emptyFor(later))
		env.Settle(ctx, app.Scene, app.Applied(), runsOnItsNodes)
		if env.ShowsMachines() {
			nameMachines(ctx, env, app)
		}
		app.Wants(promisedFor, later)
		note(app, claimOf(app))
		vanished := app.Vanish(ctx)
		env.Prove(ctx, app.Scene, vanished, consolidates)
	}, onNodes)
}

// emptyFor has an empty node stay for so many seconds.
func emptyFor(seconds int) e2e.Vars {
	return e2e.Vars{"CONSOLIDATE_AFTER": strconv.Itoa(seconds) + "s"}
}

// nameMachines names for the judge the machines under the app's nodes, once the
// provider shows them all.
func nameMachines(ctx context.Context, env *e2e.Env, app *e2e.App) {
	GinkgoHelper()
	app.SampleMachines()
	env.Settle(ctx, app.Scene, app.Applied(), machinesShown)
	now := app.Now()
	for _, claim := range claims(now) {
		if machine, ok := machineUnder(now, claim); ok {
			app.Act(machine, under, claim)
		}
	}
}

// claimOf is the claim of the node that the app runs on.
func claimOf(app *e2e.App) string {
	GinkgoHelper()
	claim, ok := inUse(app.Now())
	if !ok {
		Fail("the spec could not start: the app runs on no NodeClaim's node any more")
	}
	return claim
}

// outdate changes the template that the app's node was made of, and returns when
// Karpenter has noticed.
func outdate(ctx context.Context, env *e2e.Env, app *e2e.App) time.Time {
	GinkgoHelper()
	env.Settle(ctx, app.Scene, app.Applied(), hasItsClaim)
	note(app, claimOf(app))
	edited := app.Edit(ctx, "NodePool", app.Namespace(), changed)
	return env.Settle(ctx, app.Scene, edited, marked)
}
