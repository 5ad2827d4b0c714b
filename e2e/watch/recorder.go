// Package watch writes what a running stack goes through to a timeline: from
// Kubernetes watches, never by polling objects, and from samples of what has
// no watch (the metrics APIs, Prometheus), each with its error bound. When it
// could not see it writes a gap, so that a promise judged meanwhile is blind
// and not broken.
package watch

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// Target is what a recorder watches. Empty fields are not watched.
type Target struct {
	// Namespace whose Deployments, Pods, HPAs and ScaledObjects are watched.
	Namespace string
	// ScaledObject is the one whose scaleTargetRef names the scale target, the
	// Deployment that is recorded as kind replicas. Empty: the targets of all
	// the namespace's ScaledObjects are. While no ScaledObject names it a
	// Deployment is recorded as kind deployment; it changes kind in the
	// timeline when the ScaledObject comes, and again when that is deleted.
	ScaledObject string
	// ScaleTarget names one more scale target outright, whether or not there is
	// a ScaledObject for it.
	ScaleTarget string
	// Installing is a namespace whose Deployments alone are watched: while a
	// stack is being installed, the kinds of KEDA are not there yet.
	Installing string
	// Flux is a namespace whose GitRepositories and Kustomizations are watched.
	Flux string
	// APIServices are watched by name, as v1beta1.external.metrics.k8s.io.
	APIServices []string
	// Pools are Karpenter's NodePools that are watched, with their Nodes and
	// NodeClaims, and the events of scheduling: of these, and of Namespace.
	Pools []string
}

// Recorder writes one target's moments until it is stopped.
type Recorder struct {
	tl     *timeline.Timeline
	ctx    context.Context //nolint:containedctx // it is the recorder's life, and ends when it is stopped
	cancel context.CancelFunc
	done   sync.WaitGroup

	clients Clients
	mu      sync.Mutex
	asked   []chan<- chan<- struct{} // by which samplers are asked to read
}

// Start records a target until the context ends or the recorder is stopped. It
// returns once the present state of everything is recorded and followed. An
// error names the collection that could not be read; nothing runs then.
func Start(ctx context.Context, c Clients, target Target, tl *timeline.Timeline) (*Recorder, error) {
	if target.Namespace == "" && target.Installing == "" && target.Flux == "" && len(target.APIServices)+len(target.Pools) == 0 {
		return nil, errors.New("nothing to watch: name a namespace, a Flux namespace, an APIService or a NodePool")
	}
	ctx, cancel := context.WithCancel(ctx)
	r := &Recorder{tl: tl, ctx: ctx, cancel: cancel, clients: c}
	for _, f := range followers(c, target, tl) {
		connection, err := f.begin(ctx)
		if err != nil {
			r.Stop()
			return nil, explain(err)
		}
		r.done.Go(func() { f.run(ctx, connection) })
	}
	return r, nil
}

// followers returns one follower for each collection, in the order in which
// they must begin.
func followers(c Clients, target Target, tl *timeline.Timeline) []*follower {
	var all []*follower
	add := func(book *ledger, objects collection, namespace string) {
		name := strings.TrimPrefix(namespace+"/"+objects.name, "/")
		all = append(all, newFollower(objects, book, name, c.health.silence()))
	}
	if target.Namespace != "" {
		deployments := newLedger(tl)
		targets := newScaleTargets(target, deployments)
		add(newLedger(tl), c.scaledObjects(target.Namespace, targets), target.Namespace)
		add(deployments, c.deployments(target.Namespace), target.Namespace)
		add(newLedger(tl), c.autoscalers(target.Namespace), target.Namespace)
		add(newLedger(tl), c.pods(target.Namespace), target.Namespace)
	}
	if target.Flux != "" {
		add(newLedger(tl), c.sources(target.Flux), target.Flux)
		add(newLedger(tl), c.kustomizations(target.Flux), target.Flux)
	}
	// After Flux: what is delivered already must not be seen before what
	// delivered it.
	if target.Installing != "" {
		deployments := newLedger(tl)
		newScaleTargets(target, deployments)
		add(deployments, c.deployments(target.Installing), target.Installing)
	}
	if len(target.APIServices) > 0 {
		add(newLedger(tl), c.aggregation(target.APIServices), "")
	}
	if len(target.Pools) > 0 {
		add(newLedger(tl), c.nodePools(target.Pools), "")
		add(newLedger(tl), c.nodeClaims(target.Pools), "")
		add(newLedger(tl), c.nodes(target.Pools), "")
		add(newLedger(tl), c.poolEvents(target.Pools), clusterEvents)
		if target.Namespace != "" {
			add(newLedger(tl), c.events(target.Namespace), target.Namespace)
		}
	}
	return all
}

func explain(err error) error {
	if apierrors.IsNotFound(err) {
		return fmt.Errorf("%w: its custom resource is not installed, install the stack first", err)
	}
	return err
}

// Sample reads samplers in the background, every so often, until the recorder
// is stopped. See the function Sample. It must not be called after Stop.
func (r *Recorder) Sample(every time.Duration, samplers ...Sampler) {
	for _, s := range samplers {
		asked := make(chan chan<- struct{})
		r.mu.Lock()
		r.asked = append(r.asked, asked)
		r.mu.Unlock()
		r.done.Go(func() { sample(r.ctx, r.tl, every, s, asked) })
	}
}

// Stop ends the recording and returns when the last moment is written. It may
// be called more than once.
func (r *Recorder) Stop() {
	r.cancel()
	r.done.Wait()
}
