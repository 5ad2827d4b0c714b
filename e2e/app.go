package e2e

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/rand"

	"github.com/scaleproof/scaleproof/e2e/load"
	"github.com/scaleproof/scaleproof/e2e/mutant"
	"github.com/scaleproof/scaleproof/e2e/timeline"
	"github.com/scaleproof/scaleproof/e2e/watch"
	"github.com/scaleproof/scaleproof/fixtures"
	"github.com/scaleproof/scaleproof/fixtures/stack"
)

// The labels of every namespace that a spec makes: the run that it was made in,
// and the mutant, of which a run may try several. Others may run theirs beside
// it, on one cluster.
const (
	RunLabel    = "scaleproof.dev/run"
	MutantLabel = mutant.Label
)

// App is a fixture, applied into a namespace of its own and recorded.
type App struct {
	*Scene
	objects []*unstructured.Unstructured
	applied time.Time
	forward *load.Tunnel
	private bool // its repository is read with a secret
}

// Vars give values to the variables of a fixture.
type Vars map[string]string

// Apply puts a fixture into a namespace of its own and records it until the
// spec ends, when all of it is removed. The clock of what must follow from
// being applied starts at the app's Applied moment.
func (e *Env) Apply(ctx context.Context, fixture string, vars ...Vars) *App {
	ginkgo.GinkgoHelper()
	app := e.Prepare(ctx, fixture)
	app.Create(ctx, fixture, vars...)
	return app
}

// Prepare makes a namespace and records it, with nothing in it yet.
func (e *Env) Prepare(ctx context.Context, name string) *App {
	ginkgo.GinkgoHelper()
	return e.prepare(ctx, name, false)
}

// prepare is Prepare, for an app that may have nodes of its own.
func (e *Env) prepare(ctx context.Context, name string, pooled bool) *App {
	ginkgo.GinkgoHelper()
	namespace := "proof-" + strings.ReplaceAll(name, "/", "-") + "-" + rand.String(5)
	object := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace, Labels: e.config.labels()}}
	if err := e.client.Resources().Create(ctx, object); err != nil {
		ginkgo.Fail(fmt.Sprintf("create namespace %s: %v", namespace, err))
	}
	ginkgo.DeferCleanup(func(ctx context.Context) error { return e.client.Resources().Delete(ctx, object) })
	target := watch.Target{Namespace: namespace, Flux: namespace}
	if pooled {
		target.Pools = []string{namespace}
	}
	app := &App{Scene: e.record(ctx, namespace, target)}
	if pooled {
		ginkgo.DeferCleanup(app.leaveNoNodes, ginkgo.NodeTimeout(nodesEnd))
	}
	ginkgo.DeferCleanup(app.clear, ginkgo.NodeTimeout(time.Minute))
	return app
}

// ApplyFirst is Apply of all but the objects of a kind, which are made once rest
// is called. Who needs another relation in time between the two than that of
// being applied at once says so by this.
func (e *Env) ApplyFirst(ctx context.Context, fixture, without string) (app *App, rest func(context.Context)) {
	ginkgo.GinkgoHelper()
	app = e.Prepare(ctx, fixture)
	var first, last []*unstructured.Unstructured
	for _, object := range app.render(fixture) {
		if object.GetKind() == without {
			last = append(last, object)
		} else {
			first = append(first, object)
		}
	}
	app.make(ctx, fixture, first)
	return app, func(ctx context.Context) {
		ginkgo.GinkgoHelper()
		app.make(ctx, fixture, last)
	}
}

// Create makes a fixture's objects in the app's namespace, and returns when the
// last was made.
func (a *App) Create(ctx context.Context, fixture string, vars ...Vars) time.Time {
	ginkgo.GinkgoHelper()
	return a.make(ctx, fixture, a.render(fixture, vars...))
}

// render returns a fixture's objects in the app's namespace, with the run's mutant
// laid over them.
func (a *App) render(fixture string, vars ...Vars) []*unstructured.Unstructured {
	ginkgo.GinkgoHelper()
	values := map[string]string{"NAMESPACE": a.namespace}
	for _, v := range vars {
		maps.Copy(values, v)
	}
	objects, err := fixtures.Objects(fixture, a.env.mutant.OverlayOf(fixture), values)
	if err != nil {
		ginkgo.Fail(err.Error())
	}
	stack.UseImage(objects, a.env.config.AppImage)
	a.authorize(objects)
	return objects
}

func (a *App) make(ctx context.Context, fixture string, objects []*unstructured.Unstructured) time.Time {
	ginkgo.GinkgoHelper()
	a.objects = append(a.objects, objects...) // before the first is made, so that none stays if another fails
	for _, object := range objects {
		if err := a.env.client.Resources(a.namespace).Create(ctx, object); err != nil {
			ginkgo.Fail(fmt.Sprintf("create %s %s: %v", object.GetKind(), object.GetName(), err))
		}
		if object.GetKind() == poolKind {
			a.awaitPool(ctx)
		}
	}
	a.sample(objects)
	a.applied = a.Act(fixture, "applied", "")
	return a.applied
}

// clear removes what the app is made of, ahead of its namespace. Left to the
// namespace's own deletion it takes up to half a minute: that begins after 5 s,
// goes by kind, and where something remains looks again only after half of what
// it takes the rest to need (Kubernetes, pkg/controller/namespace).
//
// Flux's Kustomizations go first, while what they delivered is still there: a
// reconcile under way would wait for it until its timeout.
func (a *App) clear(ctx context.Context) {
	ginkgo.GinkgoHelper()
	deleted := a.Act("Kustomizations", "deleted", "")
	delivers := func(object *unstructured.Unstructured) bool { return object.GetKind() == "Kustomization" }
	a.remove(ctx, delivers)
	a.env.Settle(ctx, a.Scene, deleted, timeline.None(timeline.Kustomization, "suspend"))
	a.remove(ctx, func(object *unstructured.Unstructured) bool { return !delivers(object) })
}

// remove deletes those of the app's objects, and waits for none. One that cannot
// be deleted keeps none of the others.
func (a *App) remove(ctx context.Context, those func(*unstructured.Unstructured) bool) {
	ginkgo.GinkgoHelper()
	var failed []error
	for _, object := range a.objects {
		if !those(object) {
			continue
		}
		if err := a.env.client.Resources(a.namespace).Delete(ctx, object); err != nil && !apierrors.IsNotFound(err) {
			failed = append(failed, fmt.Errorf("delete %s %s/%s: %w", object.GetKind(), a.namespace, object.GetName(), err))
		}
	}
	if err := errors.Join(failed...); err != nil {
		ginkgo.Fail(err.Error())
	}
}

// Applied is when the last of the app's objects was created.
func (a *App) Applied() time.Time { return a.applied }

// adopt makes objects the app's own that others apply, and samples them. What is
// committed again is so already.
func (a *App) adopt(objects []*unstructured.Unstructured) {
	var added []*unstructured.Unstructured
	for _, object := range objects {
		if !slices.ContainsFunc(a.objects, func(o *unstructured.Unstructured) bool {
			return o.GroupVersionKind() == object.GroupVersionKind() && o.GetName() == object.GetName()
		}) {
			added = append(added, object)
		}
	}
	a.objects = append(a.objects, added...)
	a.sample(added)
}

// sample records every external metric that the ScaledObjects among objects
// promise, and Prometheus' own answer to the query of each trigger.
func (a *App) sample(objects []*unstructured.Unstructured) {
	for _, object := range objects {
		if object.GetKind() != "ScaledObject" {
			continue
		}
		for _, t := range triggersOf(object) {
			a.recorder.Sample(samplePeriod, watch.ExternalMetric(a.env.watched, a.namespace, t.metric, object.GetName()))
			if t.query != "" {
				a.Query(t.metric, t.query)
			}
		}
	}
}

// trigger is what is sampled of one: the metric it is served as, and its query,
// which a formula over several has not.
type trigger struct{ metric, query string }

// triggersOf returns the Prometheus triggers of a ScaledObject. KEDA serves the
// i-th as s{i}-prometheus, and a formula as one composite metric.
func triggersOf(scaledObject *unstructured.Unstructured) []trigger {
	if _, found, _ := unstructured.NestedString(scaledObject.Object, "spec", "advanced", "scalingModifiers", "formula"); found {
		return []trigger{{metric: stack.FormulaMetric}}
	}
	var triggers []trigger
	list, _, _ := unstructured.NestedSlice(scaledObject.Object, "spec", "triggers")
	for i, item := range list {
		fields, ok := item.(map[string]any)
		if !ok || fields["type"] != "prometheus" {
			continue
		}
		query, _, _ := unstructured.NestedString(fields, "metadata", "query")
		triggers = append(triggers, trigger{metric: fmt.Sprintf("s%d-prometheus", i), query: query})
	}
	return triggers
}

// Namespace is where the app lives.
func (a *App) Namespace() string { return a.namespace }
