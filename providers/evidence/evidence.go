// Package evidence writes what a cluster's API tells of a failure: the objects
// of the groups that take part in scaling, and the logs of their controllers.
// Secrets are never read, nor ConfigMaps, in which people keep them too, and the
// values of environment variables are never told.
package evidence

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"
)

// requestLimit is for each request, so that a server that hangs costs one wait.
const requestLimit = 15 * time.Second

// groups of the API whose objects are written.
var groups = []string{
	"", "apps", "autoscaling", "batch", "discovery.k8s.io", "apiregistration.k8s.io", "metrics.k8s.io",
	"keda.sh", "monitoring.coreos.com", "karpenter.sh", "source.toolkit.fluxcd.io", "kustomize.toolkit.fluxcd.io",
}

// withheld are resources of those groups that may hold secrets, or that the API
// itself calls obsolete.
var withheld = []string{"secrets", "configmaps", "serviceaccounts", "endpoints", "componentstatuses"}

// Collect writes below dir: objects/<resource>.yaml, and logs/<namespace>/<pod>/,
// of what is in the namespaces, or in all if none is given, and of what is in no
// namespace. It writes what it can get and returns what it could not, joined.
func Collect(ctx context.Context, config *rest.Config, dir string, namespaces ...string) error {
	config = rest.CopyConfig(config)
	config.Timeout = requestLimit
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	if _, err := client.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx); err != nil {
		return fmt.Errorf("no objects and logs: the API server does not serve: %w", err)
	}
	return errors.Join(
		collectObjects(ctx, config, client.Discovery(), filepath.Join(dir, "objects"), namespaces),
		collectLogs(ctx, client, filepath.Join(dir, "logs"), namespaces),
	)
}

// collectObjects writes a file for each resource that has objects.
func collectObjects(ctx context.Context, config *rest.Config, finder discovery.DiscoveryInterface, dir string, namespaces []string) error {
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return err
	}
	// With an error there still are the groups that did answer: an aggregated
	// API that is down is a likely cause of the failure, not a reason to stop.
	lists, err := finder.ServerPreferredResources()
	failed := []error{err}
	for _, list := range lists {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		for _, resource := range list.APIResources {
			if wanted(version.Group, resource) {
				failed = append(failed, writeObjects(ctx, client, version.WithResource(resource.Name), dir, namespaces))
			}
		}
	}
	return errors.Join(failed...)
}

// wanted tells whether a resource's objects are written.
func wanted(group string, resource metav1.APIResource) bool {
	return slices.Contains(groups, group) && slices.Contains(resource.Verbs, "list") &&
		!slices.Contains(withheld, resource.Name) && !strings.Contains(resource.Name, "/")
}

func writeObjects(ctx context.Context, client dynamic.Interface, resource schema.GroupVersionResource, dir string, namespaces []string) error {
	list, err := client.Resource(resource).List(ctx, metav1.ListOptions{})
	if err != nil {
		return fmt.Errorf("%s: %w", resource.GroupResource(), err)
	}
	list.Items = slices.DeleteFunc(list.Items, func(o unstructured.Unstructured) bool {
		return o.GetNamespace() != "" && !chosen(o.GetNamespace(), namespaces)
	})
	if len(list.Items) == 0 {
		return nil
	}
	for i := range list.Items {
		list.Items[i].SetManagedFields(nil)
		hide(list.Items[i].Object)
	}
	data, err := yaml.Marshal(list)
	if err != nil {
		return fmt.Errorf("%s: %w", resource.GroupResource(), err)
	}
	return write(filepath.Join(dir, resource.GroupResource().String()+".yaml"), data)
}

// chosen tells whether a namespace is one of those that were given, if any were.
func chosen(namespace string, namespaces []string) bool {
	return len(namespaces) == 0 || slices.Contains(namespaces, namespace)
}

func write(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}
