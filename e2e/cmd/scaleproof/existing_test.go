package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/client-go/rest"

	"github.com/scaleproof/scaleproof/providers"
)

// staging is the API server of a cluster that others have made, with a KEDA of
// their own. It notes which namespaces it was asked for, and what would change
// something.
type staging struct {
	selectors, changes []string
}

// ServeHTTP implements http.Handler.
func (s *staging) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answers := map[string]string{
		"/readyz":                             `ok`,
		"/api":                                `{"kind":"APIVersions","versions":["v1"]}`,
		"/apis":                               `{"kind":"APIGroupList","apiVersion":"v1","groups":[]}`,
		"/api/v1":                             `{"kind":"APIResourceList","groupVersion":"v1","resources":[{"name":"namespaces","kind":"Namespace","verbs":["list"]}]}`,
		"/api/v1/namespaces":                  `{"kind":"NamespaceList","apiVersion":"v1","metadata":{},"items":[]}`,
		"/api/v1/namespaces/keda":             `{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"keda"}}`,
		"/api/v1/namespaces/kube-system/pods": `{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[]}`,
		"/api/v1/nodes":                       `{"kind":"NodeList","apiVersion":"v1","metadata":{},"items":[]}`,
		"/api/v1/pods":                        `{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[]}`,
	}
	if r.Method != http.MethodGet {
		s.changes = append(s.changes, r.Method+" "+r.URL.Path)
	}
	if selector := r.URL.Query().Get("labelSelector"); selector != "" && r.URL.Path == "/api/v1/namespaces" {
		s.selectors = append(s.selectors, selector)
	}
	w.Header().Set("Content-Type", "application/json")
	answer, found := answers[r.URL.Path]
	if !found {
		w.WriteHeader(http.StatusNotFound)
		answer = `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404}`
	}
	_, _ = w.Write([]byte(answer))
}

// start returns a kubeconfig of the cluster.
func (s *staging) start(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "kubeconfig")
	text := fmt.Sprintf("apiVersion: v1\nkind: Config\ncurrent-context: here\ncontexts: [{name: here, context: {cluster: c, user: u}}]\n"+
		"clusters: [{name: c, cluster: {server: %q}}]\nusers: [{name: u, user: {}}]\n", server.URL)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestRefusedRunRemovesNothing: others may run theirs on the same cluster, and
// what they made for it is none of ours.
func TestRefusedRunRemovesNothing(t *testing.T) {
	cluster, f, out := &staging{}, &fake{}, t.TempDir()
	w := f.world()
	w.provider = newProvider
	w.install = func(ctx context.Context, _, _ string, _ settings, _ imageSet, c providers.Cluster, _ log) (installation, error) {
		return installation{}, installExisting(ctx, c.Config(), func(*rest.Config) error {
			t.Error("it was installed over what others have")
			return nil
		})
	}
	got := do(t, t.Context(), w, "run", "--provider", "existing", "--install", "--git-address", "192.0.2.7",
		"--kubeconfig", cluster.start(t), "--out", out)
	run := stored(t, out)
	if got.code != 2 || !strings.Contains(got.stdout, "Namespace keda") || phases(run) != "suite images cluster stack! collect down" {
		t.Errorf("exit code %d, phases %q\n%s", got.code, phases(run), got.stdout)
	}
	if own := "scaleproof.dev/run=" + run.ID; len(cluster.changes) > 0 || len(cluster.selectors) == 0 ||
		slices.ContainsFunc(cluster.selectors, func(s string) bool { return s != own }) {
		t.Errorf("changed %v, and asked for the namespaces of %v, not only of %s", cluster.changes, cluster.selectors, own)
	}
}

// TestDownRemovesTheNamespacesOfAllRuns: who types it knows that no run goes on.
func TestDownRemovesTheNamespacesOfAllRuns(t *testing.T) {
	cluster := &staging{}
	w := (&fake{}).world()
	w.provider = newProvider
	got := do(t, t.Context(), w, "down", "--provider", "existing", "--kubeconfig", cluster.start(t))
	if got.code != 0 || !slices.Equal(cluster.selectors, []string{"scaleproof.dev/run"}) || len(cluster.changes) > 0 {
		t.Errorf("exit code %d, changed %v, and asked for the namespaces of %v\n%s", got.code, cluster.changes, cluster.selectors, got.stderr)
	}
}
