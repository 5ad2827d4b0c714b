package existing

import (
	"context"
	"errors"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
)

// Need is something a cluster must have for a suite.
type Need struct {
	// Name of the thing, as in "no KEDA: ...".
	Name string
	// check returns why it is not there, or nil.
	check func(context.Context, clients) error
}

// clients are the two ways to look at a cluster.
type clients struct {
	discovery discovery.DiscoveryInterface
	dynamic   dynamic.Interface
}

// What the suites ask for. Each is looked for in the way it is used: an API by
// discovery, an aggregated one by its Available condition, a service by name.
var (
	KEDA               = Need{"KEDA", serves("keda.sh/v1alpha1", "scaledobjects")}
	ExternalMetrics    = Need{"external metrics API", available("v1beta1.external.metrics.k8s.io")}
	ResourceMetrics    = Need{"metrics-server", available("v1beta1.metrics.k8s.io")}
	PrometheusOperator = Need{"prometheus-operator", serves("monitoring.coreos.com/v1", "podmonitors")}
	Prometheus         = Need{"Prometheus", service("monitoring", "kube-prometheus-stack-prometheus")}
	FluxSource         = Need{"Flux source-controller", serves("source.toolkit.fluxcd.io/v1", "gitrepositories")}
	FluxKustomize      = Need{"Flux kustomize-controller", serves("kustomize.toolkit.fluxcd.io/v1", "kustomizations")}
	// AppMonitor has Prometheus scrape the app of every spec: none brings one of
	// its own.
	AppMonitor = Need{
		"PodMonitor for the apps of the specs (fixtures/stack/infra/prometheus/podmonitor.yaml)",
		monitor("monitoring", "prometheus-example-app"),
	}
	Karpenter = Need{"Karpenter", serves("karpenter.sh/v1", "nodepools")}
)

// Core is what the specs of every suite use.
func Core() []Need {
	return []Need{KEDA, ExternalMetrics, ResourceMetrics, PrometheusOperator, Prometheus, AppMonitor}
}

// Flux is what delivers.
func Flux() []Need { return []Need{FluxSource, FluxKustomize} }

// Nodes is what makes nodes: Karpenter, and the NodePool that says of what.
func Nodes(pool string) []Need {
	return []Need{Karpenter, {"NodePool " + pool + ", whose NodeClass the nodes of specs are of", nodePool(pool)}}
}

// Stack is everything the whole stack brings with it.
func Stack() []Need { return append(Core(), Flux()...) }

// Require refuses a cluster that lacks one of the needs, and names each.
func Require(ctx context.Context, config *rest.Config, needs ...Need) error {
	if len(needs) == 0 {
		return nil
	}
	finder, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return err
	}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return err
	}
	return require(ctx, clients{finder, client}, needs)
}

func require(ctx context.Context, with clients, needs []Need) error {
	var lacking []error
	for _, need := range needs {
		if err := need.check(ctx, with); err != nil {
			lacking = append(lacking, fmt.Errorf("no %s: %w", need.Name, err))
		}
	}
	if lacking == nil {
		return nil
	}
	return fmt.Errorf("the cluster lacks what the suites need; install it, or have it installed by --install:\n%w", errors.Join(lacking...))
}

// serves looks for a resource of the API.
func serves(groupVersion, resource string) func(context.Context, clients) error {
	return func(_ context.Context, with clients) error {
		list, err := with.discovery.ServerResourcesForGroupVersion(groupVersion)
		if err != nil {
			return fmt.Errorf("%s: %w", groupVersion, err)
		}
		for _, found := range list.APIResources {
			if found.Name == resource {
				return nil
			}
		}
		return fmt.Errorf("%s has no %s", groupVersion, resource)
	}
}

// available looks for an aggregated API that answers.
func available(name string) func(context.Context, clients) error {
	services := schema.GroupVersionResource{Group: "apiregistration.k8s.io", Version: "v1", Resource: "apiservices"}
	return func(ctx context.Context, with clients) error {
		object, err := with.dynamic.Resource(services).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		status, _ := object.Object["status"].(map[string]any)
		conditions, _ := status["conditions"].([]any)
		for _, entry := range conditions {
			condition, _ := entry.(map[string]any)
			if condition["type"] == "Available" && condition["status"] == "True" {
				return nil
			} else if condition["type"] == "Available" {
				return fmt.Errorf("apiservice %s is not available: %v", name, condition["message"])
			}
		}
		return fmt.Errorf("apiservice %s does not say that it is available", name)
	}
}

// monitor looks for a PodMonitor by name, which must take pods of any namespace.
func monitor(namespace, name string) func(context.Context, clients) error {
	monitors := schema.GroupVersionResource{Group: "monitoring.coreos.com", Version: "v1", Resource: "podmonitors"}
	return func(ctx context.Context, with clients) error {
		object, err := with.dynamic.Resource(monitors).Namespace(namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if everywhere, _, _ := unstructured.NestedBool(object.Object, "spec", "namespaceSelector", "any"); !everywhere {
			return fmt.Errorf("podmonitor %s/%s does not select pods of any namespace", namespace, name)
		}
		return nil
	}
}

// nodePool looks for a NodePool by name.
func nodePool(name string) func(context.Context, clients) error {
	return exists(schema.GroupVersionResource{Group: "karpenter.sh", Version: "v1", Resource: "nodepools"}, "", name)
}

// service looks for a service by name.
func service(namespace, name string) func(context.Context, clients) error {
	return exists(schema.GroupVersionResource{Version: "v1", Resource: "services"}, namespace, name)
}

// exists looks for an object by name; the namespace is empty where its kind has none.
func exists(resource schema.GroupVersionResource, namespace, name string) func(context.Context, clients) error {
	return func(ctx context.Context, with clients) error {
		_, err := with.dynamic.Resource(resource).Namespace(namespace).Get(ctx, name, metav1.GetOptions{})
		return err
	}
}
