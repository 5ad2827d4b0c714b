package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/onsi/ginkgo/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/e2e-framework/klient/k8s/resources"

	"github.com/scaleproof/scaleproof/e2e/load"
	"github.com/scaleproof/scaleproof/e2e/timeline"
	"github.com/scaleproof/scaleproof/e2e/watch"
	"github.com/scaleproof/scaleproof/fixtures/stack"
	"github.com/scaleproof/scaleproof/providers"
)

// poolTaint keeps a spec's own nodes to itself, see fixtures/apps/nodes.
const poolTaint = "scaleproof.dev/pool"

// nodesEnd is how long the nodes of a spec may take to go when it is over.
const nodesEnd = 2 * time.Minute

// poolKind is Karpenter's NodePool.
const poolKind = "NodePool"

// UseMachines has the env ask the provider about machines.
func (e *Env) UseMachines(keeper providers.MachineKeeper) { e.keeper = keeper }

// Provision puts a fixture with a NodePool of its own into a namespace of its
// own, as Apply does. Pool and namespace have one name; the spec is over when
// the pool's nodes are gone.
func (e *Env) Provision(ctx context.Context, fixture string, vars ...Vars) *App {
	ginkgo.GinkgoHelper()
	end, err := nodes(ctx, runFolder(), comeAndGo)
	if err != nil {
		ginkgo.Fail("wait until nodes may come and go: " + err.Error())
	}
	ginkgo.DeferCleanup(end)
	app := e.prepare(ctx, fixture, true)
	app.takeTurn(ctx)
	app.Create(ctx, fixture, append([]Vars{e.nodeClass(ctx)}, vars...)...)
	return app
}

// awaitPool waits until Karpenter has taken up the app's pool, before there are
// pods for it: those of a pool that is not ready miss a batch. The run's mutant
// may break what makes nodes then.
func (a *App) awaitPool(ctx context.Context) {
	ginkgo.GinkgoHelper()
	made := a.Act(a.namespace, "pool made", "")
	a.env.Settle(ctx, a.Scene, made, timeline.Equals(timeline.NodePool, "Ready", 1))
	a.disturb(ctx)
}

// nodeClass tells fixtures what nodes of this cluster are made of: what the
// stack's own pool says, and an architecture that its images are for.
func (e *Env) nodeClass(ctx context.Context) Vars {
	ginkgo.GinkgoHelper()
	pool := &unstructured.Unstructured{}
	pool.SetAPIVersion("karpenter.sh/v1")
	pool.SetKind(poolKind)
	if err := e.client.Resources().Get(ctx, stack.NodePoolGeneral, "", pool); err != nil {
		ginkgo.Fail("read which NodeClass nodes are made of: " + err.Error())
	}
	vars := Vars{}
	for name, field := range map[string]string{"NODECLASS_GROUP": "group", "NODECLASS_KIND": "kind", "NODECLASS_NAME": "name"} {
		vars[name], _, _ = unstructured.NestedString(pool.Object, "spec", "template", "spec", "nodeClassRef", field)
	}
	if len(e.config.Traits.Architectures) == 0 {
		ginkgo.Fail("the cluster's traits name no architecture that pods can run on")
	}
	vars["ARCH"] = e.config.Traits.Architectures[0]
	return vars
}

// leaveNoNodes waits until the nodes of the app's pool are gone, which is
// deleted by now.
func (a *App) leaveNoNodes(ctx context.Context) {
	ginkgo.GinkgoHelper()
	deleted := a.Act(a.namespace, "pool deleted", "")
	a.env.Settle(ctx, a.Scene, deleted, timeline.None(timeline.NodeClaim, "requests"))
	a.removeNobodys(ctx)
	a.env.Settle(ctx, a.Scene, deleted, timeline.None(timeline.Node, "Ready"))
}

// removeNobodys deletes the pool's Nodes that have no provider id: Karpenter and
// the provider know a Node by it, and neither ever would.
func (a *App) removeNobodys(ctx context.Context) {
	ginkgo.GinkgoHelper()
	var nodes corev1.NodeList
	err := a.env.client.Resources().List(ctx, &nodes, resources.WithLabelSelector("karpenter.sh/nodepool="+a.namespace))
	for i := range nodes.Items {
		if nodes.Items[i].Spec.ProviderID == "" {
			err = errors.Join(err, a.env.client.Resources().Delete(ctx, &nodes.Items[i]))
		}
	}
	if err != nil {
		ginkgo.Fail("remove nodes without a provider id: " + err.Error())
	}
}

// Vanish deletes the app and leaves its pool: what it ran on has nothing left
// to do. It returns when.
func (a *App) Vanish(ctx context.Context) time.Time {
	ginkgo.GinkgoHelper()
	deleted := a.Act("app", "deleted", "")
	a.remove(ctx, func(object *unstructured.Unstructured) bool { return object.GetKind() != poolKind })
	return deleted
}

// SendEach sends n requests to every pod of the app that is scraped and runs,
// and returns when the last was answered.
func (a *App) SendEach(ctx context.Context, n int) (done time.Time) {
	ginkgo.GinkgoHelper()
	for _, pod := range a.scrapedPods(ctx) {
		if pod.Status.Phase != corev1.PodRunning {
			continue
		}
		tunnel, err := load.Forward(ctx, a.env.rest, a.namespace, pod.Name, appPort)
		if err == nil {
			done, err = load.Send(ctx, a.Timeline, tunnel, n)
			tunnel.Close()
		}
		if err != nil {
			ginkgo.Fail(fmt.Sprintf("send %d requests to pod %s/%s on node %s: %v", n, a.namespace, pod.Name, pod.Spec.NodeName, err))
		}
	}
	return done
}

// ShowsMachines tells whether the provider can tell which machines there are.
func (e *Env) ShowsMachines() bool { return e.keeper != nil }

// SampleMachines records which machines the provider has for the app's pool. A
// provider that cannot tell skips the spec.
func (a *App) SampleMachines() {
	ginkgo.GinkgoHelper()
	keeper := a.machines()
	a.recorder.Sample(samplePeriod, watch.Machines(a.namespace, func(ctx context.Context) ([]string, error) {
		all, err := keeper.Machines(ctx)
		var ids []string
		for _, machine := range all {
			if machine.Pool == a.namespace {
				ids = append(ids, machine.ProviderID)
			}
		}
		return ids, err
	}))
}

// Terminate takes the machine of a node away, and returns when.
func (a *App) Terminate(ctx context.Context, providerID string) time.Time {
	ginkgo.GinkgoHelper()
	err := a.machines().Terminate(ctx, providerID)
	if errors.Is(err, providers.ErrMachineKept) {
		ginkgo.Skip(err.Error())
	}
	if err != nil {
		ginkgo.Fail(fmt.Sprintf("terminate %s: %v", providerID, err))
	}
	return a.Act(providerID, "terminated", "")
}

// Joined tells whether a machine's node has joined the cluster. It asks the API
// server itself: the recorder may lag.
func (a *App) Joined(ctx context.Context, providerID string) bool {
	ginkgo.GinkgoHelper()
	var nodes corev1.NodeList
	if err := a.env.client.Resources().List(ctx, &nodes); err != nil {
		ginkgo.Fail("look whether a node has joined: " + err.Error())
	}
	return slices.ContainsFunc(nodes.Items, func(node corev1.Node) bool { return node.Spec.ProviderID == providerID })
}

func (a *App) machines() providers.MachineKeeper {
	ginkgo.GinkgoHelper()
	if a.env.keeper == nil {
		ginkgo.Skip("the cluster's provider cannot tell which machines there are")
	}
	return a.env.keeper
}
