package watch

import (
	"context"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	apiwatch "k8s.io/apimachinery/pkg/watch"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// Karpenter's collections.
var (
	nodePools  = schema.GroupVersionResource{Group: "karpenter.sh", Version: "v1", Resource: "nodepools"}
	nodeClaims = schema.GroupVersionResource{Group: "karpenter.sh", Version: "v1", Resource: "nodeclaims"}
)

// selected narrows a collection down where it is: the API server sends no more
// than that.
func selected(c collection, labels, byField string) collection {
	narrow := func(o metav1.ListOptions) metav1.ListOptions {
		o.LabelSelector, o.FieldSelector = labels, byField
		return o
	}
	list, watch := c.list, c.watch
	c.list = func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) { return list(ctx, narrow(o)) }
	c.watch = func(ctx context.Context, o metav1.ListOptions) (apiwatch.Interface, error) {
		return watch(ctx, narrow(o))
	}
	return c
}

// poolsSelector selects what bears the label of one of the pools.
func poolsSelector(pools []string) string {
	return poolLabel + " in (" + strings.Join(pools, ",") + ")"
}

func (c Clients) nodes(pools []string) collection {
	r := written(of(c.Kubernetes.CoreV1().Nodes()), "nodes", nodeFields, timeline.Node)
	return selected(r, poolsSelector(pools), "")
}

func (c Clients) nodeClaims(pools []string) collection {
	r := written(c.dynamic(nodeClaims, ""), "nodeclaims", nodeClaimFields, timeline.NodeClaim)
	return selected(r, poolsSelector(pools), "")
}

// nodePools are selected by name, and several of them here: a field selector
// names one.
func (c Clients) nodePools(pools []string) collection {
	r := written(c.dynamic(nodePools, ""), "nodepools", func(o *unstructured.Unstructured) []timeline.Moment {
		if !slices.Contains(pools, o.GetName()) {
			return nil
		}
		return nodePoolFields(o)
	}, timeline.NodePool)
	if len(pools) == 1 {
		return selected(r, "", "metadata.name="+pools[0])
	}
	return r
}

func (c Clients) events(namespace string) collection {
	return written(of(c.Kubernetes.CoreV1().Events(namespace)), "events", eventFields, timeline.Event)
}

// poolEvents leaves out what kubelets say of their nodes, which is much, and
// what other controllers say of pods.
func (c Clients) poolEvents(pools []string) collection {
	r := written(of(c.Kubernetes.CoreV1().Events(clusterEvents)), "events", poolEventFields(pools), timeline.Event)
	return selected(r, "", "involvedObject.kind!=Node,involvedObject.kind!=Pod")
}
