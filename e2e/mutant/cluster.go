package mutant

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/go-logr/logr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"
	"k8s.io/klog/v2"
)

var (
	deployments    = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}
	pods           = schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	apiServices    = schema.GroupVersionResource{Group: "apiregistration.k8s.io", Version: "v1", Resource: "apiservices"}
	kustomizations = schema.GroupVersionResource{Group: "kustomize.toolkit.fluxcd.io", Version: "v1", Resource: "kustomizations"}
)

// cluster is what mutants break. What it comes to be is waited for by watches.
type cluster struct{ objects dynamic.Interface }

func connect(config *rest.Config) (cluster, error) {
	objects, err := dynamic.NewForConfig(config)
	if err != nil {
		return cluster{}, fmt.Errorf("connect to the cluster: %w", err)
	}
	return cluster{objects}, nil
}

// patch makes a change, which is written as JSON, to one object.
func (c cluster) patch(ctx context.Context, of schema.GroupVersionResource, namespace, name string, kind types.PatchType, change any) error {
	data, err := json.Marshal(change)
	if err != nil {
		return err
	}
	_, err = c.objects.Resource(of).Namespace(namespace).Patch(ctx, name, kind, data, metav1.PatchOptions{})
	return err
}

// available waits until the controller of a Deployment has seen what is asked
// of it, and all of its replicas serve.
func (c cluster) available(ctx context.Context, namespace, name string) error {
	what := fmt.Sprintf("Deployment %s/%s is available", namespace, name)
	return c.until(ctx, what, deployments, namespace, labels.Everything(), object(name, func(o *unstructured.Unstructured) bool {
		asked, _, _ := unstructured.NestedInt64(o.Object, "spec", "replicas")
		seen, _, _ := unstructured.NestedInt64(o.Object, "status", "observedGeneration")
		serving, _, _ := unstructured.NestedInt64(o.Object, "status", "availableReplicas")
		return seen >= o.GetGeneration() && serving >= asked
	}))
}

// noPods waits until no pod is left, not even one that is ending.
func (c cluster) noPods(ctx context.Context, namespace string, selector labels.Selector) error {
	what := fmt.Sprintf("no pod in %s is labelled %s", namespace, selector)
	return c.until(ctx, what, pods, namespace, selector, func(list []any) bool { return len(list) == 0 })
}

// served waits until the aggregator says that an API is served, or that it is
// not.
func (c cluster) served(ctx context.Context, api string, is bool) error {
	what := fmt.Sprintf("APIService %s is available: %t", api, is)
	return c.until(ctx, what, apiServices, "", labels.Everything(), object(api, func(o *unstructured.Unstructured) bool {
		return condition(o, "Available") == is
	}))
}

// until returns once the objects of a list are as they must be. The error says
// what was waited for in vain.
func (c cluster) until(ctx context.Context, what string, resource schema.GroupVersionResource, namespace string, selector labels.Selector, are func([]any) bool) error {
	objects := c.objects.Resource(resource).Namespace(namespace)
	source := cache.ToListWatcherWithWatchListSemantics(&cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			options.LabelSelector = selector.String()
			return objects.List(ctx, options)
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			options.LabelSelector = selector.String()
			return objects.Watch(ctx, options)
		},
	}, c.objects)
	var store cache.Store
	// What client-go would log of a failed read does not concern whoever waits.
	quiet := klog.NewContext(ctx, logr.Discard())
	_, err := watchtools.UntilWithSync(quiet, source, &unstructured.Unstructured{},
		func(synced cache.Store) (bool, error) { store = synced; return are(store.List()), nil },
		func(watch.Event) (bool, error) { return are(store.List()), nil })
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	if err != nil {
		return fmt.Errorf("wait until %s: %w", what, err)
	}
	return nil
}

// object asks of the one object of that name. One that is not there is nothing.
func object(name string, is func(*unstructured.Unstructured) bool) func([]any) bool {
	return func(list []any) bool {
		for _, item := range list {
			if o, ok := item.(*unstructured.Unstructured); ok && o.GetName() == name {
				return is(o)
			}
		}
		return false
	}
}

// condition is the status of a condition; one that is not there is not true.
func condition(o *unstructured.Unstructured, kind string) bool {
	list, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	for _, item := range list {
		if fields, ok := item.(map[string]any); ok && fields["type"] == kind {
			return fields["status"] == "True"
		}
	}
	return false
}
