package watch

import (
	"context"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	apiwatch "k8s.io/apimachinery/pkg/watch"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// collection is what the API lists of one sort in a namespace (or in the
// cluster), and what is written of its objects. It may be written as several
// kinds.
type collection struct {
	name    string
	kinds   []timeline.Kind
	list    func(context.Context, metav1.ListOptions) (runtime.Object, error)
	watch   func(context.Context, metav1.ListOptions) (apiwatch.Interface, error)
	fields  func(runtime.Object) []timeline.Moment
	deleted func(name string) // optional: told of objects that are no more
}

// typed is the part of a typed client that a follower needs.
type typed[L runtime.Object] interface {
	List(context.Context, metav1.ListOptions) (L, error)
	Watch(context.Context, metav1.ListOptions) (apiwatch.Interface, error)
}

func of[L runtime.Object](c typed[L]) collection {
	return collection{
		list:  func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) { return c.List(ctx, o) },
		watch: c.Watch,
	}
}

// written completes a collection with the pure function that reads its objects.
func written[T any](c collection, name string, fields func(T) []timeline.Moment, kinds ...timeline.Kind) collection {
	c.name, c.kinds = name, kinds
	c.fields = func(o runtime.Object) []timeline.Moment {
		object, ok := o.(T)
		if !ok {
			return nil
		}
		return fields(object)
	}
	return c
}

// The collections that have no typed client in client-go.
var (
	scaledObjects  = schema.GroupVersionResource{Group: "keda.sh", Version: "v1alpha1", Resource: "scaledobjects"}
	gitRepos       = schema.GroupVersionResource{Group: "source.toolkit.fluxcd.io", Version: "v1", Resource: "gitrepositories"}
	kustomizations = schema.GroupVersionResource{Group: "kustomize.toolkit.fluxcd.io", Version: "v1", Resource: "kustomizations"}
	apiServices    = schema.GroupVersionResource{Group: "apiregistration.k8s.io", Version: "v1", Resource: "apiservices"}
)

func (c Clients) dynamic(r schema.GroupVersionResource, namespace string) collection {
	return of(c.Dynamic.Resource(r).Namespace(namespace))
}

func (c Clients) scaledObjects(namespace string, targets *scaleTargets) collection {
	r := written(c.dynamic(scaledObjects, namespace), "scaledobjects", targets.note, timeline.ScaledObject)
	r.deleted = targets.forget
	return r
}

// deployments are written as kind deployment, until the ledger says otherwise.
func (c Clients) deployments(namespace string) collection {
	r := of(c.Kubernetes.AppsV1().Deployments(namespace))
	return written(r, "deployments", deploymentFields, timeline.Replicas, timeline.Deployment)
}

func (c Clients) autoscalers(namespace string) collection {
	r := of(c.Kubernetes.AutoscalingV2().HorizontalPodAutoscalers(namespace))
	return written(r, "horizontalpodautoscalers", hpaFields, timeline.HPA)
}

func (c Clients) pods(namespace string) collection {
	return written(of(c.Kubernetes.CoreV1().Pods(namespace)), "pods", podFields, timeline.Pod)
}

func (c Clients) sources(namespace string) collection {
	return written(c.dynamic(gitRepos, namespace), "gitrepositories", sourceFields, timeline.Source)
}

func (c Clients) kustomizations(namespace string) collection {
	return written(c.dynamic(kustomizations, namespace), "kustomizations", kustomizationFields, timeline.Kustomization)
}

// aggregation watches all APIServices and writes those of these names.
func (c Clients) aggregation(names []string) collection {
	return written(c.dynamic(apiServices, ""), "apiservices", func(o *unstructured.Unstructured) []timeline.Moment {
		if !slices.Contains(names, o.GetName()) {
			return nil
		}
		return apiServiceFields(o)
	}, timeline.APIService)
}
