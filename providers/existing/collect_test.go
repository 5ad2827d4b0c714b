package existing

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/client-go/rest"
)

// crowded is an API server with pods of the stack, of a run and of others.
func crowded(w http.ResponseWriter, r *http.Request) {
	answers := map[string]string{
		"/readyz":      `ok`,
		"/api":         `{"kind":"APIVersions","versions":["v1"]}`,
		"/apis":        `{"kind":"APIGroupList","apiVersion":"v1","groups":[]}`,
		"/api/v1":      `{"kind":"APIResourceList","groupVersion":"v1","resources":[{"name":"pods","kind":"Pod","namespaced":true,"verbs":["list"]}]}`,
		"/api/v1/pods": `{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[` + pod("keda", "operator") + `,` + pod("proof-1", "app") + `,` + pod("shop", "checkout") + `]}`,
	}
	answer, found := answers[r.URL.Path]
	switch {
	case found:
	case r.URL.Path == "/api/v1/namespaces" && r.URL.Query().Get("labelSelector") == "run=7":
		answer = `{"kind":"NamespaceList","apiVersion":"v1","metadata":{},"items":[{"metadata":{"name":"proof-1"}}]}`
	default:
		answer = `{"kind":"List","apiVersion":"v1","metadata":{},"items":[]}`
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(answer))
}

func pod(namespace, name string) string {
	return fmt.Sprintf(`{"kind":"Pod","apiVersion":"v1","metadata":{"namespace":%q,"name":%q}}`, namespace, name)
}

// TestCollectTellsOfNoOneElse: a report is passed on, and the cluster is not ours.
func TestCollectTellsOfNoOneElse(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(crowded))
	defer server.Close()
	for own, has := range map[string][]string{"": {"operator"}, "run=7": {"operator", "app"}} {
		dir := t.TempDir()
		if err := (&cluster{config: &rest.Config{Host: server.URL}, own: own}).Collect(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(filepath.Join(dir, "objects", "pods.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(data), "kind: Pod\n"); n != len(has) || strings.Contains(string(data), "checkout") {
			t.Errorf("namespaces of %q: want %v, got\n%s", own, has, data)
		}
		for _, name := range has {
			if !strings.Contains(string(data), "name: "+name) {
				t.Errorf("namespaces of %q: nothing of %s", own, name)
			}
		}
	}
}
