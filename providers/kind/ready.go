package kind

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// How long a cluster may take to be ready.
const (
	// createLimit is for a cluster that was just made: on this project's 2-core
	// machine it takes seconds, and an image may still have to be pulled.
	createLimit = 3 * time.Minute
	// takeOverLimit is for one that was there: it is ready, or something is
	// wrong with it. It may be starting with the engine.
	takeOverLimit = 45 * time.Second
)

// inventory is what readiness is judged by.
type inventory struct {
	nodes       []*corev1.Node
	daemonSets  []*appsv1.DaemonSet
	deployments []*appsv1.Deployment
}

// unready names what a cluster of so many nodes still lacks. What is not there
// at all is lacking too.
func unready(have inventory, nodes int, daemonSets []string) []string {
	var lacking []string
	ready, spare := 0, 0
	for _, node := range have.nodes {
		switch reason := nodeUnready(node); {
		case comesAndGoes(node):
			if reason != "" {
				spare++
			}
		case reason == "":
			ready++
		default:
			lacking = append(lacking, "node "+node.Name+": "+reason)
		}
	}
	if ready < nodes {
		lacking = append(lacking, fmt.Sprintf("%d of %d nodes are ready", ready, nodes))
	}
	found := map[string]bool{}
	for _, set := range have.daemonSets {
		found[set.Name] = everywhere(set, nodes, spare)
	}
	for _, name := range daemonSets {
		if !found[name] {
			lacking = append(lacking, "daemonset "+name)
		}
	}
	served := false
	for _, deployment := range have.deployments {
		served = served || deployment.Name == "coredns" && rolledOut(deployment)
	}
	if !served {
		lacking = append(lacking, "deployment coredns")
	}
	return lacking
}

// everywhere tells whether a DaemonSet's pods are ready on so many nodes, and on
// all others but the spare ones: a Node whose container is gone keeps its pods.
func everywhere(set *appsv1.DaemonSet, nodes, spare int) bool {
	status := set.Status
	return status.ObservedGeneration == set.Generation &&
		status.NumberReady >= max(int32(nodes), status.DesiredNumberScheduled-int32(spare))
}

// rolledOut tells whether the newest replicas are there and ready, and no others.
func rolledOut(deployment *appsv1.Deployment) bool {
	status := deployment.Status
	return status.ObservedGeneration == deployment.Generation && status.ReadyReplicas > 0 &&
		status.ReadyReplicas == status.Replicas && status.UpdatedReplicas == status.Replicas
}

// nodeUnready is why a node is not ready, or empty.
func nodeUnready(node *corev1.Node) string {
	for _, condition := range node.Status.Conditions {
		if condition.Type == corev1.NodeReady {
			if condition.Status == corev1.ConditionTrue {
				return ""
			}
			return condition.Message
		}
	}
	return "it has no Ready condition"
}

// awaitReady returns when the nodes, kube-proxy, coredns and the routes are
// ready. Its error names what was not.
func (c *cluster) awaitReady(ctx context.Context, client kubernetes.Interface) error {
	daemonSets := []string{"kube-proxy"}
	if c.options.RegistryImage != "" {
		daemonSets = append(daemonSets, routesName)
	}
	err := watchInventory(ctx, client, func(have inventory) []string {
		return unready(have, c.options.Nodes, daemonSets)
	})
	if err != nil {
		return err
	}
	return c.awaitRoutes(ctx, client)
}

// awaitAPI asks /readyz, which has no watch.
func awaitAPI(ctx context.Context, client kubernetes.Interface) error {
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	for {
		_, err := client.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the API server does not serve: %w", errors.Join(err, context.Cause(ctx)))
		case <-ticker.C:
		}
	}
}

// watchInventory watches until nothing is lacking.
func watchInventory(ctx context.Context, client kubernetes.Interface, lacking func(inventory) []string) error {
	// The factory's goroutines end with this context, on every way out.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithNamespace("kube-system"))
	nodes, sets, deployments := factory.Core().V1().Nodes(), factory.Apps().V1().DaemonSets(), factory.Apps().V1().Deployments()
	changed := make(chan struct{}, 1)
	notify := func() {
		select {
		case changed <- struct{}{}:
		default: // one that is not yet read tells the same
		}
	}
	for _, informer := range []cache.SharedIndexInformer{nodes.Informer(), sets.Informer(), deployments.Informer()} {
		_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
			AddFunc: func(any) { notify() }, UpdateFunc: func(_, _ any) { notify() }, DeleteFunc: func(any) { notify() },
		})
		if err != nil {
			return err
		}
	}
	factory.Start(ctx.Done())
	missing := []string{"nothing was seen yet"}
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("the cluster is not ready: %s: %w", strings.Join(missing, ", "), context.Cause(ctx))
		case <-changed:
		}
		have, err := list(nodes.Lister(), sets.Lister(), deployments.Lister())
		if err != nil {
			return err
		}
		if missing = lacking(have); len(missing) == 0 {
			return nil
		}
	}
}

// lister is any of client-go's listers.
type lister[T any] interface {
	List(labels.Selector) ([]T, error)
}

func list(nodes lister[*corev1.Node], sets lister[*appsv1.DaemonSet], deployments lister[*appsv1.Deployment]) (inventory, error) {
	var have inventory
	var failed [3]error
	have.nodes, failed[0] = nodes.List(labels.Everything())
	have.daemonSets, failed[1] = sets.List(labels.Everything())
	have.deployments, failed[2] = deployments.List(labels.Everything())
	return have, errors.Join(failed[:]...)
}
