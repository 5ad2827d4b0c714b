package kind

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/dynamic"
)

var (
	//go:embed coredns.yaml
	corednsYAML []byte
	//go:embed routes.yaml
	routesYAML []byte
)

// addonResources are the kinds in those files, which need no discovery then.
var addonResources = map[string]schema.GroupVersionResource{
	"ServiceAccount":     {Version: "v1", Resource: "serviceaccounts"},
	"ClusterRole":        {Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "clusterroles"},
	"ClusterRoleBinding": {Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "clusterrolebindings"},
	"DaemonSet":          {Group: "apps", Version: "v1", Resource: "daemonsets"},
	"Deployment":         {Group: "apps", Version: "v1", Resource: "deployments"},
}

// applyAddons applies what a cluster needs beside what kubeadm installs. The
// routes' image comes from our registry.
func (c *cluster) applyAddons(ctx context.Context) error {
	objects, err := addons(c.options.RegistryImage != "")
	if err != nil {
		return err
	}
	client, err := dynamic.NewForConfig(c.config)
	if err != nil {
		return err
	}
	for _, object := range objects {
		resource := client.Resource(addonResources[object.GetKind()])
		_, err := resource.Namespace(object.GetNamespace()).Apply(ctx, object.GetName(), object,
			metav1.ApplyOptions{FieldManager: "scaleproof", Force: true})
		if err != nil {
			return fmt.Errorf("applying %s %s: %w", object.GetKind(), object.GetName(), err)
		}
	}
	return nil
}

// addons are the objects to apply, coredns first: it is best changed before its
// pods have a node to run on.
func addons(routes bool) ([]*unstructured.Unstructured, error) {
	objects, err := decode(corednsYAML)
	if err != nil || !routes {
		return objects, err
	}
	more, err := decode(routesYAML)
	return append(objects, more...), err
}

func decode(data []byte) ([]*unstructured.Unstructured, error) {
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(data), 4096)
	var objects []*unstructured.Unstructured
	for {
		object := &unstructured.Unstructured{}
		if err := decoder.Decode(object); errors.Is(err, io.EOF) {
			return objects, nil
		} else if err != nil {
			return nil, fmt.Errorf("an addon: %w", err)
		}
		if _, known := addonResources[object.GetKind()]; !known {
			return nil, fmt.Errorf("addon %s %s: add its resource", object.GetKind(), object.GetName())
		}
		objects = append(objects, object)
	}
}
