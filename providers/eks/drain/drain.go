// Package drain empties a cluster before it is removed, in the order in which
// nothing comes back: who delivers, who scales, what holds things of the cloud,
// what runs. What a cluster's controllers do not remove while it lives, such as
// load balancers and disks, would stay when it is gone.
package drain

import (
	"context"
	"errors"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/scaleproof/scaleproof/providers/eks/cloud"
)

// Drain empties one cluster.
type Drain struct {
	Client dynamic.Interface
	Pace   cloud.Pace
	// BuiltIn are node pools that the cloud itself removes.
	BuiltIn []string
}

func resource(group, version, name string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: group, Version: version, Resource: name}
}

// deliverers bring back what is deleted, unless they are suspended.
var deliverers = []schema.GroupVersionResource{
	resource("kustomize.toolkit.fluxcd.io", "v1", "kustomizations"),
	resource("helm.toolkit.fluxcd.io", "v2", "helmreleases"),
}

var (
	services = resource("", "v1", "services")
	pools    = resource("karpenter.sh", "v1", "nodepools")
	claims   = resource("karpenter.sh", "v1", "nodeclaims")
)

// cloudly are what stands for something in the cloud, and goes when that is
// gone. Of services only those with a load balancer do.
var cloudly = []schema.GroupVersionResource{
	services,
	resource("networking.k8s.io", "v1", "ingresses"),
	resource("gateway.networking.k8s.io", "v1", "gateways"),
	resource("", "v1", "persistentvolumeclaims"),
	resource("", "v1", "persistentvolumes"),
}

// running are what pods come from, owners before what they own. Budgets and
// scalers are first: they would keep pods, or bring them back.
var running = []schema.GroupVersionResource{
	resource("keda.sh", "v1alpha1", "scaledobjects"),
	resource("keda.sh", "v1alpha1", "scaledjobs"),
	resource("policy", "v1", "poddisruptionbudgets"),
	resource("apps", "v1", "deployments"),
	resource("apps", "v1", "statefulsets"),
	resource("apps", "v1", "daemonsets"),
	resource("batch", "v1", "cronjobs"),
	resource("batch", "v1", "jobs"),
	resource("", "v1", "pods"),
}

// system are namespaces whose workloads stay: the cluster's own.
var system = []string{"kube-system", "kube-public", "kube-node-lease"}

// Empty deletes what is on the cluster and waits, as long as the context lets
// it, until nothing of it stands for something in the cloud. It goes on after
// errors, and returns all of them.
func (d Drain) Empty(ctx context.Context) error {
	failed := []error{}
	for _, kind := range deliverers {
		failed = append(failed, d.each(ctx, kind, nil, d.suspend))
	}
	for _, kind := range running {
		failed = append(failed, d.each(ctx, kind, func(o unstructured.Unstructured) bool {
			return !slices.Contains(system, o.GetNamespace())
		}, d.remove))
	}
	for _, kind := range cloudly {
		if kind.Resource != "persistentvolumes" { // these follow their claims
			failed = append(failed, d.each(ctx, kind, d.inCloud(kind), d.remove))
		}
	}
	failed = append(failed, d.each(ctx, pools, func(o unstructured.Unstructured) bool {
		return !slices.Contains(d.BuiltIn, o.GetName())
	}, d.remove))
	for _, kind := range cloudly {
		failed = append(failed, d.gone(ctx, kind))
	}
	return errors.Join(failed...)
}

// AwaitNodes waits until no machine is claimed any more.
func (d Drain) AwaitNodes(ctx context.Context) error { return d.gone(ctx, claims) }

// inCloud picks the objects of a kind that stand for something in the cloud;
// nil picks all.
func (d Drain) inCloud(kind schema.GroupVersionResource) func(unstructured.Unstructured) bool {
	if kind != services {
		return nil
	}
	return func(o unstructured.Unstructured) bool {
		is, _, _ := unstructured.NestedString(o.Object, "spec", "type")
		return is == "LoadBalancer"
	}
}

// list returns the objects of a kind that are picked. A kind that the cluster
// does not know has none.
func (d Drain) list(ctx context.Context, kind schema.GroupVersionResource, pick func(unstructured.Unstructured) bool) ([]unstructured.Unstructured, error) {
	all, err := d.Client.Resource(kind).List(ctx, metav1.ListOptions{})
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", kind.GroupResource(), err)
	}
	if pick == nil {
		return all.Items, nil
	}
	return slices.DeleteFunc(all.Items, func(o unstructured.Unstructured) bool { return !pick(o) }), nil
}

// each does something to every picked object of a kind.
func (d Drain) each(ctx context.Context, kind schema.GroupVersionResource, pick func(unstructured.Unstructured) bool,
	do func(context.Context, dynamic.ResourceInterface, string) error,
) error {
	objects, err := d.list(ctx, kind, pick)
	failed := []error{err}
	for _, object := range objects {
		if err := do(ctx, d.Client.Resource(kind).Namespace(object.GetNamespace()), object.GetName()); err != nil && !apierrors.IsNotFound(err) {
			failed = append(failed, fmt.Errorf("%s %s/%s: %w", kind.GroupResource(), object.GetNamespace(), object.GetName(), err))
		}
	}
	return errors.Join(failed...)
}

func (Drain) suspend(ctx context.Context, of dynamic.ResourceInterface, name string) error {
	_, err := of.Patch(ctx, name, types.MergePatchType, []byte(`{"spec":{"suspend":true}}`), metav1.PatchOptions{})
	return err
}

func (Drain) remove(ctx context.Context, of dynamic.ResourceInterface, name string) error {
	behind := metav1.DeletePropagationBackground
	return of.Delete(ctx, name, metav1.DeleteOptions{PropagationPolicy: &behind})
}

// gone waits until nothing of a kind stands for something in the cloud. The
// error names what does.
func (d Drain) gone(ctx context.Context, kind schema.GroupVersionResource) error {
	var left []unstructured.Unstructured
	err := d.Pace.Until(ctx, func(ctx context.Context) (_ bool, err error) {
		left, err = d.list(ctx, kind, d.inCloud(kind))
		return err == nil && len(left) == 0, err
	})
	if err == nil || len(left) == 0 {
		return err
	}
	var names []string
	for _, object := range left {
		names = append(names, object.GetNamespace()+"/"+object.GetName())
	}
	return fmt.Errorf("%s %v stay: %w", kind.GroupResource(), names, err)
}
