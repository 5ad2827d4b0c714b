package delivery

import (
	"context"
	"strconv"
	"time"

	. "github.com/onsi/ginkgo/v2"

	"github.com/scaleproof/scaleproof/e2e"
	"github.com/scaleproof/scaleproof/e2e/timeline"
	"github.com/scaleproof/scaleproof/fixtures/stack"
)

// How often Flux looks by itself: soon, where that is what is proved, and not
// before the spec is over, where only a request may make it look.
const (
	soon   = "10s"
	seldom = "10m"
)

func specs(env *e2e.Env) {
	It("was installed in order", e2e.Proves(inOrder), func(ctx SpecContext) {
		install, began := env.Installed()
		env.Prove(ctx, install, began, inOrder)
	}, SpecTimeout(time.Minute))

	It("delivers in order, and then each commit", e2e.Proves(inOrder, appliesCommit), e2e.Long, func(ctx SpecContext) {
		app, repository := deliver(ctx, env, soon)
		env.Prove(ctx, app.Scene, app.Applied(), inOrder)

		committed := change(ctx, app, repository, 20)
		env.Prove(ctx, app.Scene, committed, appliesCommit)
	}, SpecTimeout(10*time.Minute))

	It("delivers when asked", e2e.Proves(appliesWhenAsked), func(ctx SpecContext) {
		app, repository := delivered(ctx, env, seldom)

		change(ctx, app, repository, 20)
		asked, _ := app.Reconcile(ctx, "GitRepository", source)
		env.Prove(ctx, app.Scene, asked, appliesWhenAsked)
	}, SpecTimeout(3*time.Minute))

	It("leaves the replicas to the HPA", e2e.Proves(leavesReplicas), e2e.Long, func(ctx SpecContext) {
		app, _ := deliver(ctx, env, seldom)
		arrived := env.Settle(ctx, app.Scene, app.Applied(), workloadIsReady)
		set := app.Set(ctx, 40)
		env.Settle(ctx, app.Scene, set, timeline.Reads(stack.FirstMetric, 40))
		env.Settle(ctx, app.Scene, arrived, timeline.Settled(4))
		app.StartsFrom(4)

		first, token := app.Reconcile(ctx, "Kustomization", workload)
		env.Settle(ctx, app.Scene, first, handled(workload, token))
		again, token := app.Reconcile(ctx, "Kustomization", workload)
		env.Settle(ctx, app.Scene, again, handled(workload, token))
		env.Prove(ctx, app.Scene, first, leavesReplicas)
	}, SpecTimeout(4*time.Minute))

	mending(env)
}

// mending is what Flux does by itself about what is not as git says, and about a
// commit that is wrong.
func mending(env *e2e.Env) {
	It("undoes what was edited by hand", e2e.Proves(correctsDrift), func(ctx SpecContext) {
		app, _ := delivered(ctx, env, soon)

		began := app.Wants(byHand, 30)
		app.Edit(ctx, "ScaledObject", scaled, `[{"op": "replace", "path": "/spec/triggers/0/metadata/threshold", "value": "30"}]`)
		env.Prove(ctx, app.Scene, began, correctsDrift)
	}, SpecTimeout(3*time.Minute))

	It("keeps what was good", e2e.Proves(keepsLastGood), e2e.Long, func(ctx SpecContext) {
		app, repository := delivered(ctx, env, soon)

		committed := repository.Commit(ctx, workload, broken, e2e.Vars{"THRESHOLD": "20"})
		env.Prove(ctx, app.Scene, committed, keepsLastGood)
	}, SpecTimeout(3*time.Minute))

	It("removes what left git", e2e.Proves(prunes), func(ctx SpecContext) {
		app, repository := delivered(ctx, env, soon)

		committed := repository.Commit(ctx, workload, "delivered/unscaled", e2e.Vars{"THRESHOLD": "10"})
		env.Prove(ctx, app.Scene, committed, prunes)
	}, SpecTimeout(3*time.Minute))
}

// delivered delivers an app, and waits until it is ready.
func delivered(ctx context.Context, env *e2e.Env, interval string) (*e2e.App, *e2e.Repository) {
	GinkgoHelper()
	app, repository := deliver(ctx, env, interval)
	env.Settle(ctx, app.Scene, app.Applied(), workloadIsReady)
	return app, repository
}

// deliver puts an app and what it depends on into a repository of its own, and
// Flux's objects into a namespace.
func deliver(ctx context.Context, env *e2e.Env, interval string) (*e2e.App, *e2e.Repository) {
	GinkgoHelper()
	app := env.Prepare(ctx, "delivered")
	repository := app.Repository(ctx)
	repository.Commit(ctx, infra, "delivered/infra", nil)
	change(ctx, app, repository, 10)
	app.Create(ctx, "delivered/flux", repository.Vars(), e2e.Vars{"INTERVAL": interval})
	return app, repository
}

// change commits the workload with that threshold.
func change(ctx context.Context, app *e2e.App, repository *e2e.Repository, threshold int) time.Time {
	GinkgoHelper()
	app.Wants(inGit, float64(threshold))
	return repository.Commit(ctx, workload, "delivered/workload", e2e.Vars{"THRESHOLD": strconv.Itoa(threshold)})
}
