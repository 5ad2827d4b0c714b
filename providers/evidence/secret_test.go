package evidence

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic/fake"
)

var (
	deployments = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}
	nodes       = schema.GroupVersionResource{Version: "v1", Resource: "nodes"}
)

// deployment has passwords where people write them.
func deployment(namespace, name string) *unstructured.Unstructured {
	container := map[string]any{"name": "it", "env": []any{
		map[string]any{"name": "DB_PASSWORD", "value": "hunter2"},
		map[string]any{"name": "DB_USER", "valueFrom": map[string]any{"secretKeyRef": map[string]any{"name": "db", "key": "user"}}},
	}}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apps/v1", "kind": "Deployment",
		"metadata": map[string]any{"namespace": namespace, "name": name, "annotations": map[string]any{
			lastApplied: `{"spec":{"template":{"spec":{"containers":[{"env":[{"name":"DB_PASSWORD","value":"hunter2"}]}]}}}}`,
		}},
		"spec": map[string]any{"template": map[string]any{"spec": map[string]any{
			"initContainers": []any{container}, "containers": []any{container},
		}}},
	}}
}

// TestObjectsAreOfTheNamespacesWithoutSecrets: on a cluster that others have
// made, what runs beside the stack is not ours to tell of.
func TestObjectsAreOfTheNamespacesWithoutSecrets(t *testing.T) {
	node := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Node", "metadata": map[string]any{"name": "n1"}}}
	for name, test := range map[string]struct {
		namespaces []string
		resource   schema.GroupVersionResource
		has, lacks []string
	}{
		"some": {
			namespaces: []string{"keda", "monitoring"}, resource: deployments,
			has: []string{"operator", "DB_PASSWORD", "secretKeyRef"}, lacks: []string{"hunter2", "checkout"},
		},
		"all":               {resource: deployments, has: []string{"operator", "checkout"}, lacks: []string{"hunter2"}},
		"what is of no one": {namespaces: []string{"keda"}, resource: nodes, has: []string{"n1"}},
		"none has any":      {namespaces: []string{"workload"}, resource: deployments},
	} {
		t.Run(name, func(t *testing.T) {
			client := fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(),
				map[schema.GroupVersionResource]string{deployments: "DeploymentList", nodes: "NodeList"},
				deployment("keda", "operator"), deployment("shop", "checkout"), node)
			dir := t.TempDir()
			if err := writeObjects(t.Context(), client, test.resource, dir, test.namespaces); err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(filepath.Join(dir, test.resource.GroupResource().String()+".yaml"))
			if (err == nil) != (len(test.has) > 0) {
				t.Fatalf("the file: %v", err)
			}
			for _, text := range test.has {
				if !strings.Contains(string(data), text) {
					t.Errorf("nothing tells of %s:\n%s", text, data)
				}
			}
			for _, text := range test.lacks {
				if strings.Contains(string(data), text) {
					t.Errorf("%s is told:\n%s", text, data)
				}
			}
		})
	}
}
