package e2e

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/onsi/ginkgo/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/scaleproof/scaleproof/fixtures"
	"github.com/scaleproof/scaleproof/fixtures/git"
	"github.com/scaleproof/scaleproof/fixtures/stack"
)

// Repository is a git repository of the app's own, or a branch of its own in
// someone's, which the cluster reaches.
type Repository struct {
	app         *App
	repository  stack.Repository
	url, branch string
}

// Repository makes the app's repository.
func (a *App) Repository(ctx context.Context) *Repository {
	ginkgo.GinkgoHelper()
	config := a.env.config.Git
	if config.Remote != nil {
		return a.remoteRepository(ctx, *config.Remote)
	}
	if config.URL == "" {
		ginkgo.Skip("the cluster cannot reach a git server beside the suite: say by --git-address where it can")
	}
	store := git.Store{Directory: config.Root, URL: config.URL}
	repository, err := store.Repository(ctx, a.namespace)
	if err != nil {
		ginkgo.Fail(err.Error())
	}
	ginkgo.DeferCleanup(repository.Remove)
	return &Repository{app: a, repository: repository, url: repository.URL(), branch: stack.Branch}
}

// remoteRepository is a branch that goes with the app, and what Flux needs to
// read it.
func (a *App) remoteRepository(ctx context.Context, config RemoteGit) *Repository {
	ginkgo.GinkgoHelper()
	local, err := git.Store{Directory: config.Local}.Repository(ctx, a.namespace)
	if err != nil {
		ginkgo.Fail(err.Error())
	}
	ginkgo.DeferCleanup(local.Remove)
	remote, err := local.Remote(config.PushURL, git.Credentials{Username: config.Username, Token: os.Getenv(config.TokenVariable)})
	if err != nil {
		ginkgo.Fail(err.Error())
	}
	r := &Repository{app: a, repository: remote, url: config.URL, branch: config.Base + "/" + a.namespace}
	ginkgo.DeferCleanup(func(ctx context.Context) error {
		_, err := remote.Delete(ctx, r.branch)
		return err
	}, ginkgo.NodeTimeout(time.Minute))
	if config.Private {
		a.shareSecret(ctx)
	}
	return r
}

// shareSecret copies what Flux reads the stack with to the app's namespace.
func (a *App) shareSecret(ctx context.Context) {
	ginkgo.GinkgoHelper()
	var theirs corev1.Secret
	if err := a.env.client.Resources().Get(ctx, stack.SourceSecret, stack.FluxNamespace, &theirs); err != nil {
		ginkgo.Fail(fmt.Sprintf("read the secret of the git repository: %v", err))
	}
	secret := stack.SecretOf(a.namespace, stack.SourceSecret, theirs.Data)
	if err := a.env.client.Resources().Create(ctx, secret); err != nil {
		ginkgo.Fail(fmt.Sprintf("create the secret of the git repository: %v", err))
	}
	a.adopt([]*unstructured.Unstructured{secret})
	a.private = true
}

// authorize has sources read with the secret of the app's repository, where it
// has one.
func (a *App) authorize(objects []*unstructured.Unstructured) {
	for _, object := range objects {
		if spec, ok := object.Object["spec"].(map[string]any); ok && a.private && object.GetKind() == "GitRepository" {
			spec["secretRef"] = map[string]any{"name": stack.SourceSecret}
		}
	}
}

// Vars are what the fixture of Flux's objects needs to know of the repository.
func (r *Repository) Vars() Vars { return Vars{"GIT_URL": r.url, "GIT_BRANCH": r.branch} }

// Commit renders a fixture into a folder of the repository, with the run's
// mutant laid over it, and returns when it was committed.
func (r *Repository) Commit(ctx context.Context, folder, fixture string, vars Vars) time.Time {
	ginkgo.GinkgoHelper()
	r.app.disturbRunning(ctx)
	objects := r.app.render(fixture, vars)
	text, err := fixtures.Encode(objects)
	if err != nil {
		ginkgo.Fail(err.Error())
	}
	commit, err := r.repository.Commit(ctx, r.branch, map[string][]byte{folder + "/all.yaml": text}, fmt.Sprintf("Deliver %s", fixture))
	if err != nil {
		ginkgo.Fail(err.Error())
	}
	r.app.adopt(objects)
	return r.app.Act(fixture, "commit", r.branch+"@sha1:"+commit)
}
