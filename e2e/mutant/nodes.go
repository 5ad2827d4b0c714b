package mutant

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/scaleproof/scaleproof/fixtures/stack"
)

var (
	nodePools  = schema.GroupVersionResource{Group: "karpenter.sh", Version: "v1", Resource: "nodepools"}
	daemonSets = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "daemonsets"}
)

var karpenter = outage{namespace: stack.KarpenterNamespace, deployment: stack.Karpenter}

// nodes are the mutants of what makes nodes, and of what connects them.
var nodes = []Mutant{
	{
		// Karpenter has taken up the pool, and is gone when there are pods for it.
		Name:   "karpenter-down",
		Breaks: []string{"capacity.provisions", "capacity.lifecycle"},
		BeforeChange: func(ctx context.Context, config *rest.Config, _ string) error {
			return on(karpenter.begin)(ctx, config)
		},
		Mend: on(karpenter.end),
	},
	{
		Name:   "nodes-without-provider-id",
		Breaks: []string{"capacity.lifecycle", "capacity.provisions"},
		Start:  on(forgetful.begin),
		Mend:   on(forgetful.end),
	},
	{
		Name:   "pool-without-class",
		Breaks: []string{"capacity.pools-ready"},
		Start:  on(takeClass),
		Mend:   on(giveClass),
	},
	{
		Name:   "routes-down",
		Breaks: []string{"capacity.new-pods-serve"},
		Start:  on(partNodes),
		Mend:   on(connectNodes),
	},
}

// classless is the pool that loses its class.
const classless = stack.NodePoolSystem

// takeClass has a pool refer to a class that nobody has.
func takeClass(ctx context.Context, c cluster) error {
	pool, err := c.objects.Resource(nodePools).Get(ctx, classless, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("find NodePool %s to take its class away: %w", classless, err)
	}
	class, begun := hadClass.on(pool)
	if !begun {
		class, _, _ = unstructured.NestedString(pool.Object, "spec", "template", "spec", "nodeClassRef", "name")
	}
	if err := setClass(ctx, c, class+"-no-more", hadClass.set(pool, class)); err != nil {
		return err
	}
	return poolReady(ctx, c, false)
}

// giveClass gives the pool its class back, if it has lost one.
func giveClass(ctx context.Context, c cluster) error {
	pool, err := c.objects.Resource(nodePools).Get(ctx, classless, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find NodePool %s to give its class back: %w", classless, err)
	}
	class, begun := hadClass.on(pool)
	if !begun {
		return nil
	}
	if err := setClass(ctx, c, class, map[string]any{}); err != nil {
		return err
	}
	if err := poolReady(ctx, c, true); err != nil {
		return err
	}
	return hadClass.takeOff(ctx, c, nodePools, pool)
}

func setClass(ctx context.Context, c cluster, class string, annotations map[string]any) error {
	reference := map[string]any{"nodeClassRef": map[string]any{"name": class}}
	err := c.patch(ctx, nodePools, metav1.NamespaceNone, classless, types.MergePatchType, map[string]any{
		"metadata": map[string]any{"annotations": annotations},
		"spec":     map[string]any{"template": map[string]any{"spec": reference}},
	})
	if err != nil {
		return fmt.Errorf("have NodePool %s refer to class %s: %w", classless, class, err)
	}
	return nil
}

func poolReady(ctx context.Context, c cluster, is bool) error {
	what := fmt.Sprintf("NodePool %s is ready: %t", classless, is)
	return c.until(ctx, what, nodePools, "", labels.Everything(), object(classless, func(o *unstructured.Unstructured) bool {
		return condition(o, "Ready") == is
	}))
}

// The agent that gives nodes their ways to each other's pods, where the cluster
// has it.
const (
	routesNamespace = "kube-system"
	routes          = "node-routes"
)

// noNode is a label that no node has.
const noNode = "scaleproof.dev/no-node"

// partNodes takes the agent off all nodes: those that join then stay apart, and
// those that know each other go on.
func partNodes(ctx context.Context, c cluster) error {
	agent, err := c.objects.Resource(daemonSets).Namespace(routesNamespace).Get(ctx, routes, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("find DaemonSet %s/%s to take it off the nodes: %w", routesNamespace, routes, err)
	}
	if err := placeAgent(ctx, c, map[string]any{noNode: "true"}, hadNodes.set(agent, "all")); err != nil {
		return err
	}
	return c.noPods(ctx, routesNamespace, labels.Set{"app.kubernetes.io/name": routes}.AsSelector())
}

// connectNodes lets the agent run on all nodes again, if it was taken off them.
func connectNodes(ctx context.Context, c cluster) error {
	agent, err := c.objects.Resource(daemonSets).Namespace(routesNamespace).Get(ctx, routes, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find DaemonSet %s/%s to bring it back: %w", routesNamespace, routes, err)
	}
	if _, begun := hadNodes.on(agent); !begun {
		return nil
	}
	if err := placeAgent(ctx, c, map[string]any{noNode: nil}, map[string]any{}); err != nil {
		return err
	}
	what := fmt.Sprintf("DaemonSet %s/%s is ready", routesNamespace, routes)
	if err := c.until(ctx, what, daemonSets, routesNamespace, labels.Everything(), object(routes, onAllNodes)); err != nil {
		return err
	}
	return hadNodes.takeOff(ctx, c, daemonSets, agent)
}

// onAllNodes holds once a DaemonSet's pods are ready wherever they are wanted.
func onAllNodes(o *unstructured.Unstructured) bool {
	wanted, _, _ := unstructured.NestedInt64(o.Object, "status", "desiredNumberScheduled")
	ready, _, _ := unstructured.NestedInt64(o.Object, "status", "numberReady")
	seen, _, _ := unstructured.NestedInt64(o.Object, "status", "observedGeneration")
	return seen >= o.GetGeneration() && wanted > 0 && ready >= wanted
}

// placeAgent sets which nodes the agent runs on, and its annotations.
func placeAgent(ctx context.Context, c cluster, selector, annotations map[string]any) error {
	err := c.patch(ctx, daemonSets, routesNamespace, routes, types.MergePatchType, map[string]any{
		"metadata": map[string]any{"annotations": annotations},
		"spec":     map[string]any{"template": map[string]any{"spec": map[string]any{"nodeSelector": selector}}},
	})
	if err != nil {
		return fmt.Errorf("patch DaemonSet %s/%s: %w", routesNamespace, routes, err)
	}
	return nil
}

// forgetful takes the provider id off every Node that registers: nothing tells
// which machine it runs on.
var forgetful = policy{
	name: "scaleproof-nodes-without-provider-id",
	kind: "MutatingAdmissionPolicy",
	spec: map[string]any{
		"failurePolicy":      "Fail",
		"reinvocationPolicy": "Never",
		"matchConstraints": map[string]any{"resourceRules": []any{map[string]any{
			"apiGroups": []any{""}, "apiVersions": []any{"v1"}, "operations": []any{"CREATE"}, "resources": []any{"nodes"},
		}}},
		"matchConditions": []any{map[string]any{"name": "has-an-id", "expression": "has(object.spec.providerID)"}},
		"mutations": []any{map[string]any{
			"patchType": "JSONPatch",
			"jsonPatch": map[string]any{"expression": `[JSONPatch{op: "remove", path: "/spec/providerID"}]`},
		}},
	},
}
