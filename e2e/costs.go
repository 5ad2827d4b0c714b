package e2e

import (
	"context"
	"fmt"
	"path"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/scaleproof/scaleproof/e2e/promise"
	"github.com/scaleproof/scaleproof/e2e/timeline"
	"github.com/scaleproof/scaleproof/fixtures/stack"
)

// Costs that no object of the cluster tells.
const (
	// scrapeDiscovery is two of Prometheus' own rounds of 5 s: the discovery
	// manager passes targets on (discovery.Manager's updatert), and the scrape
	// manager takes them up (DiscoveryReloadInterval).
	scrapeDiscovery = 10 * time.Second
	// recheck is how often the aggregator asks an APIService anew
	// (kube-aggregator, availability controllers' resync).
	recheck = 30 * time.Second
	// usageSample is how long a kubelet may wait before it reads a container's usage
	// again: its interval is 10 s (--housekeeping-interval), which cAdvisor stretches
	// at random, up to twice (containerData.nextHousekeepingInterval). metrics-server
	// needs two samples, and has the second at its next scrape.
	usageSample = 20 * time.Second
	// hpaWork is what a sync itself may take, metrics API included. The period
	// runs from the end of one sync to the start of the next (Kubernetes,
	// pkg/controller/podautoscaler, FixedItemIntervalRateLimiter), so that a
	// value may wait for a period and a sync.
	hpaWork = 500 * time.Millisecond
	// fluxReconcile is what Flux may take from being asked to having applied:
	// fetch a small repository, build it, apply a handful of objects and see
	// them ready. Measured at 1.5 s on two idle cores; the rest is for cores
	// that are busy starting pods.
	fluxReconcile = 10 * time.Second
)

// costs reads from the configuration in force how long each term of a limit
// takes. Terms of which the scene has nothing are left out, and a promise that
// needs them is an error.
func (s *Scene) costs(ctx context.Context) (promise.Costs, error) {
	traits := s.env.config.Traits
	costs := promise.Costs{
		promise.HPASync.Name:         traits.HPASync + hpaWork,
		promise.PodStart.Name:        traits.PodStart,
		promise.ScrapeDiscovery.Name: scrapeDiscovery,
		promise.Recheck.Name:         recheck,
		promise.FluxReconcile.Name:   fluxReconcile,
		promise.UsageSample.Name:     usageSample,
	}
	state := s.Now()
	setSeconds(costs, state, promise.KEDAPoll, "polling")
	for _, read := range []func(context.Context, promise.Costs) error{s.env.scrapeIntervals, s.env.commandLines, s.flux, s.nodeCosts} {
		if err := read(ctx, costs); err != nil {
			return nil, err
		}
	}
	return costs, nil
}

// setSeconds takes a cost from a field of the scene's ScaledObject, which the
// recorder writes as it is in force, KEDA's defaults included.
func setSeconds(costs promise.Costs, state *timeline.State, term promise.Term, field string) {
	if v, ok := state.Value(timeline.ScaledObject, field); ok {
		costs[term.Name] = time.Duration(v * float64(time.Second))
	}
}

// flags are costs that a Deployment's command line tells, and what its program
// takes without the flag.
var flags = []struct {
	term                        promise.Term
	namespace, deployment, flag string
	fallback                    time.Duration
}{
	{promise.Resolution, stack.MetricsServerNamespace, stack.MetricsServer, "--metric-resolution", time.Minute},
	{promise.FluxRequeue, stack.FluxNamespace, stack.KustomizeController, "--requeue-dependency", 30 * time.Second},
}

// commandLines reads the flags above. A Deployment that is not there has no
// cost, and a promise that needs it is an error.
func (e *Env) commandLines(ctx context.Context, costs promise.Costs) error {
	for _, f := range flags {
		var deployment appsv1.Deployment
		err := e.client.Resources().Get(ctx, f.deployment, f.namespace, &deployment)
		if apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read the %s in force: %w", f.term.Name, err)
		}
		costs[f.term.Name] = f.fallback
		for _, container := range deployment.Spec.Template.Spec.Containers {
			for _, arg := range container.Args {
				text, found := strings.CutPrefix(arg, f.flag+"=")
				if !found {
					continue
				}
				if costs[f.term.Name], err = time.ParseDuration(text); err != nil {
					return fmt.Errorf("%s of %s: %w", f.flag, f.deployment, err)
				}
			}
		}
	}
	return nil
}

// flux are costs that Flux's objects tell. How often Flux looks for a commit is the
// GitRepository's interval: its Kustomizations follow a new artifact at once, and
// else apply what they have again at an interval of their own.
var flux = []struct {
	term        promise.Term
	kind, field string
}{
	{promise.FluxInterval, "source.toolkit.fluxcd.io/v1/GitRepositoryList", "interval"},
	{promise.FluxReapply, "kustomize.toolkit.fluxcd.io/v1/KustomizationList", "interval"},
	{promise.FluxTimeout, "kustomize.toolkit.fluxcd.io/v1/KustomizationList", "timeout"},
}

// flux reads the costs above from the scene's namespace, of several the longest.
func (s *Scene) flux(ctx context.Context, costs promise.Costs) error {
	if s.namespace == "" {
		return nil
	}
	for _, f := range flux {
		objects := &unstructured.UnstructuredList{}
		objects.SetAPIVersion(path.Dir(f.kind))
		objects.SetKind(path.Base(f.kind))
		err := s.env.client.Resources(s.namespace).List(ctx, objects)
		if meta.IsNoMatchError(err) {
			continue // the cluster has no Flux
		}
		if err != nil {
			return fmt.Errorf("read the %s in force: %w", f.term.Name, err)
		}
		for _, object := range objects.Items {
			text, found, _ := unstructured.NestedString(object.Object, "spec", f.field)
			if !found { // a timeout is the interval, unless set
				text, _, _ = unstructured.NestedString(object.Object, "spec", "interval")
			}
			cost, err := time.ParseDuration(text)
			if err != nil {
				return fmt.Errorf("%s of %s %s: %w", f.field, object.GetKind(), object.GetName(), err)
			}
			costs[f.term.Name] = max(costs[f.term.Name], cost)
		}
	}
	return nil
}
