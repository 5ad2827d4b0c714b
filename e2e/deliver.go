package e2e

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/onsi/ginkgo/v2"

	"github.com/scaleproof/scaleproof/fixtures"
	"github.com/scaleproof/scaleproof/fixtures/git"
	"github.com/scaleproof/scaleproof/fixtures/stack"
)

// Repository is a git repository of the app's own, which the cluster reaches.
type Repository struct {
	app        *App
	repository *git.Repository
}

// Repository makes the app's repository.
func (a *App) Repository(ctx context.Context) *Repository {
	ginkgo.GinkgoHelper()
	if a.env.config.Git.URL == "" {
		ginkgo.Skip("the cluster cannot reach a git server beside the suite: say by --git-address where it can")
	}
	store := git.Store{Directory: a.env.config.Git.Root, URL: a.env.config.Git.URL}
	repository, err := store.Repository(ctx, a.namespace)
	if err != nil {
		ginkgo.Fail(err.Error())
	}
	ginkgo.DeferCleanup(repository.Remove)
	return &Repository{app: a, repository: repository}
}

// Vars are what the fixture of Flux's objects needs to know of the repository.
func (r *Repository) Vars() Vars {
	return Vars{"GIT_URL": r.repository.URL(), "GIT_BRANCH": stack.Branch}
}

// Commit renders a fixture into a folder of the repository, with the run's
// mutant laid over it, and returns when it was committed.
func (r *Repository) Commit(ctx context.Context, folder, fixture string, vars Vars) time.Time {
	ginkgo.GinkgoHelper()
	r.app.disturb(ctx)
	values := map[string]string{"NAMESPACE": r.app.namespace}
	maps.Copy(values, vars)
	objects, err := fixtures.Objects(fixture, r.app.env.mutant.OverlayOf(fixture), values)
	if err != nil {
		ginkgo.Fail(err.Error())
	}
	text, err := fixtures.Encode(objects)
	if err != nil {
		ginkgo.Fail(err.Error())
	}
	commit, err := r.repository.Commit(ctx, stack.Branch, map[string][]byte{folder + "/all.yaml": text}, fmt.Sprintf("Deliver %s", fixture))
	if err != nil {
		ginkgo.Fail(err.Error())
	}
	r.app.adopt(objects)
	return r.app.Act(fixture, "commit", stack.Branch+"@sha1:"+commit)
}
