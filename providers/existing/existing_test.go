package existing

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	discoveryfake "k8s.io/client-go/discovery/fake"
	dynamicfake "k8s.io/client-go/dynamic/fake"
	"k8s.io/client-go/rest"
	clienttesting "k8s.io/client-go/testing"

	"github.com/scaleproof/scaleproof/providers"
)

const twoContexts = `apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: u, user: {}}]
contexts:
- {name: staging, context: {cluster: c, user: u}}
- {name: production, context: {cluster: c, user: u}}
`

func TestUpSaysWhatIsWrongWithTheKubeconfig(t *testing.T) {
	for name, test := range map[string]struct {
		content string
		context string
		says    []string
	}{
		"there is none":            {says: []string{"there is no kubeconfig at", "--kubeconfig"}},
		"it has no contexts":       {content: "apiVersion: v1\nkind: Config\n", says: []string{"no contexts"}},
		"no current context":       {content: twoContexts, says: []string{"--context", "production, staging"}},
		"the context is unknown":   {content: twoContexts, context: "prod", says: []string{`no context "prod"`, "production, staging"}},
		"it is no kubeconfig":      {content: "{", says: []string{"cannot be read"}},
		"the cluster is not there": {content: twoContexts, context: "staging", says: []string{"context staging", "https://127.0.0.1:1", "does not serve"}},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "kubeconfig")
			if test.content != "" {
				if err := os.WriteFile(path, []byte(test.content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			t.Setenv("KUBECONFIG", path)
			_, err := New(Options{Context: test.context}).Up(t.Context(), "any")
			if err == nil {
				t.Fatal("no error")
			}
			for _, text := range test.says {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("%q does not say %q", err, text)
				}
			}
		})
	}
}

func TestUpStopsWithItsContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, []byte(twoContexts), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := New(Options{Kubeconfig: path, Context: "staging"}).Up(ctx, "any")
	if err == nil || !strings.Contains(err.Error(), context.Canceled.Error()) {
		t.Errorf("error %v", err)
	}
}

func apiService(name, status, message string) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": map[string]any{"name": name},
		"status": map[string]any{"conditions": []any{map[string]any{"type": "Available", "status": status, "message": message}}},
	}}
}

func prometheusService() *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Service",
		"metadata": map[string]any{"name": "kube-prometheus-stack-prometheus", "namespace": "monitoring"},
	}}
}

func podMonitor(anyNamespace bool) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "monitoring.coreos.com/v1", "kind": "PodMonitor",
		"metadata": map[string]any{"name": "prometheus-example-app", "namespace": "monitoring"},
		"spec":     map[string]any{"namespaceSelector": map[string]any{"any": anyNamespace}},
	}}
}

// whole are the resources of a cluster that has the stack.
func whole() []*metav1.APIResourceList {
	list := func(groupVersion, resource string) *metav1.APIResourceList {
		return &metav1.APIResourceList{GroupVersion: groupVersion, APIResources: []metav1.APIResource{{Name: resource}}}
	}
	return []*metav1.APIResourceList{
		list("keda.sh/v1alpha1", "scaledobjects"), list("monitoring.coreos.com/v1", "podmonitors"),
		list("source.toolkit.fluxcd.io/v1", "gitrepositories"), list("kustomize.toolkit.fluxcd.io/v1", "kustomizations"),
	}
}

func TestRequireNamesEachThingThatIsMissing(t *testing.T) {
	external, resource := "v1beta1.external.metrics.k8s.io", "v1beta1.metrics.k8s.io"
	for name, test := range map[string]struct {
		resources []*metav1.APIResourceList
		objects   []runtime.Object
		says      []string
	}{
		"everything is there": {
			resources: whole(),
			objects:   []runtime.Object{apiService(external, "True", ""), apiService(resource, "True", ""), prometheusService(), podMonitor(true)},
		},
		"nothing is there": {says: []string{
			"no KEDA: ", "no external metrics API: ", "no metrics-server: ", "no prometheus-operator: ", "no Prometheus: ",
			"no PodMonitor for the apps of the specs", "no Flux source-controller: ", "no Flux kustomize-controller: ",
		}},
		"the monitor is of one namespace": {
			resources: whole(),
			objects:   []runtime.Object{apiService(external, "True", ""), apiService(resource, "True", ""), prometheusService(), podMonitor(false)},
			says:      []string{"no PodMonitor for the apps", "podmonitor monitoring/prometheus-example-app does not select pods of any namespace"},
		},
		"the adapter is down": {
			resources: whole(),
			objects:   []runtime.Object{apiService(external, "False", "no endpoints"), apiService(resource, "True", ""), prometheusService()},
			says:      []string{"no external metrics API: ", "no endpoints"},
		},
		"another version of the API": {
			resources: append(whole()[1:], &metav1.APIResourceList{GroupVersion: "keda.sh/v1alpha1", APIResources: []metav1.APIResource{{Name: "scaledjobs"}}}),
			objects:   []runtime.Object{apiService(external, "True", ""), apiService(resource, "True", ""), prometheusService()},
			says:      []string{"no KEDA: keda.sh/v1alpha1 has no scaledobjects"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			with := clients{
				discovery: &discoveryfake.FakeDiscovery{Fake: &clienttesting.Fake{Resources: test.resources}},
				dynamic:   dynamicfake.NewSimpleDynamicClient(runtime.NewScheme(), test.objects...),
			}
			err := require(t.Context(), with, Stack())
			if (err != nil) != (test.says != nil) {
				t.Fatalf("error %v", err)
			}
			if err == nil {
				return
			}
			if lines := strings.Count(err.Error(), "\nno "); lines != len(test.says) && name == "nothing is there" {
				t.Errorf("names %d things, want %d", lines, len(test.says))
			}
			for _, text := range test.says {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("%q does not say %q", err, text)
				}
			}
		})
	}
}

// TestRequireNodes wants Karpenter, and the pool that says of what nodes are.
func TestRequireNodes(t *testing.T) {
	karpenter := &metav1.APIResourceList{GroupVersion: "karpenter.sh/v1", APIResources: []metav1.APIResource{{Name: "nodepools"}}}
	general := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": map[string]any{"name": "general-purpose"},
	}}
	for name, test := range map[string]struct {
		resources []*metav1.APIResourceList
		objects   []runtime.Object
		says      string
	}{
		"both are there":    {[]*metav1.APIResourceList{karpenter}, []runtime.Object{general}, ""},
		"no Karpenter":      {nil, nil, "no Karpenter: "},
		"no pool that says": {[]*metav1.APIResourceList{karpenter}, nil, "no NodePool general-purpose"},
	} {
		t.Run(name, func(t *testing.T) {
			err := require(t.Context(), clients{
				discovery: &discoveryfake.FakeDiscovery{Fake: &clienttesting.Fake{Resources: test.resources}},
				dynamic:   dynamicfake.NewSimpleDynamicClient(runtime.NewScheme(), test.objects...),
			}, Nodes("general-purpose"))
			if (err != nil) != (test.says != "") || err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %v, want one that says %q", err, test.says)
			}
		})
	}
}

// answering is an API server that is ready, with no nodes.
func answering(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path != "/readyz" {
			_, _ = w.Write([]byte(`{"kind":"List","apiVersion":"v1","metadata":{},"items":[]}`))
		}
	}))
	t.Cleanup(server.Close)
	path := filepath.Join(t.TempDir(), "kubeconfig")
	text := strings.ReplaceAll(twoContexts, "https://127.0.0.1:1", server.URL)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestHostReachableOnlyIfSaid: what a cluster's pods reach cannot be seen from
// here.
func TestHostReachableOnlyIfSaid(t *testing.T) {
	for _, said := range []string{"", "192.0.2.7:8000"} {
		found, err := New(Options{Kubeconfig: answering(t), Context: "staging", HostAddress: said}).Up(t.Context(), "any")
		if err != nil {
			t.Fatal(err)
		}
		host, ok := found.(providers.HostReachable)
		if ok != (said != "") {
			t.Fatalf("reachable: %t, of %q", ok, said)
		}
		if !ok {
			continue
		}
		if address, err := host.HostAddress(t.Context()); address.Reached != said || address.Listen != said || err != nil {
			t.Errorf("address %q, %v, want %q", address, err, said)
		}
	}
}

// TestDownRemovesOnlyWhatItIsToldTo: by default nothing, however the cluster
// was got hold of.
func TestDownRemovesOnlyWhatItIsToldTo(t *testing.T) {
	kubeconfig := answering(t)
	broken := errors.New("it cannot be removed")
	for name, remove := range map[string]func(context.Context, *rest.Config) error{
		"nothing": nil, "what was installed": func(context.Context, *rest.Config) error { return broken },
	} {
		p := New(Options{Kubeconfig: kubeconfig, Context: "staging", Remove: remove})
		raised, err := p.Up(t.Context(), "any")
		if err != nil {
			t.Fatal(err)
		}
		found, err := p.Find(t.Context(), "any")
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []providers.Cluster{raised, found} {
			if err := c.Down(t.Context()); errors.Is(err, broken) != (remove != nil) {
				t.Errorf("%s: error %v", name, err)
			}
		}
	}
}
