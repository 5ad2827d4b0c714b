package mutant

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"k8s.io/client-go/rest"
)

// theirs is any object, as the owner of a cluster may want it: each of the ways
// in which mutants change one.
func theirs(name string) map[string]any {
	return map[string]any{
		"metadata": map[string]any{"name": name, "annotations": map[string]any{notByFlux: "disabled"}},
		"spec": map[string]any{
			"replicas": 0,
			"template": map[string]any{"spec": map[string]any{
				"nodeSelector": map[string]any{noNode: "true"},
				"nodeClassRef": map[string]any{"name": "none-no-more"},
				"containers":   []any{map[string]any{"name": "it", "args": []any{noMetrics}}},
			}},
		},
	}
}

// TestMendHeedsOnlyMarks: mending runs on clusters that others have made, before
// anyone has asked for a mutant.
func TestMendHeedsOnlyMarks(t *testing.T) {
	read := map[string]bool{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		name := path.Base(r.URL.Path)
		switch {
		case strings.HasPrefix(name, "scaleproof-"): // ours, and not there
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404}`))
		case r.Method == http.MethodGet:
			read[name] = true
			object := theirs(name)
			object["apiVersion"], object["kind"] = "v1", "Thing"
			_ = json.NewEncoder(w).Encode(object)
		default:
			t.Errorf("changed something: %s %s", r.Method, r.URL.Path)
			http.Error(w, "no", http.StatusForbidden)
		}
	}))
	defer server.Close()
	if err := Mend(t.Context(), &rest.Config{Host: server.URL}); err != nil {
		t.Errorf("mending what is well: %v", err)
	}
	for _, name := range []string{adapter.deployment, operator.deployment, metricsServer.deployment, karpenter.deployment, classless, routes} {
		if !read[name] {
			t.Errorf("nobody looked at %s", name)
		}
	}
}

// TestMarkRemembersWhatFluxWasTold: the owner may keep Flux from an object, too.
func TestMarkRemembersWhatFluxWasTold(t *testing.T) {
	for name, had := range map[string]map[string]string{
		"nothing":        {"a": "b"},
		"to leave it":    {"a": "b", notByFlux: "disabled"},
		"to take care":   {notByFlux: "enabled"},
		"nothing at all": nil,
	} {
		c := newCluster(t)
		o, err := thing.get(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		o.SetAnnotations(had)
		put(t, c, deployments, o.Object)
		if err := thing.scale(t.Context(), c, 0, hadReplicas.set(o, "2")); err != nil {
			t.Fatal(err)
		}
		if o, err = thing.get(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if value, marked := hadReplicas.on(o); value != "2" || !marked || o.GetAnnotations()[notByFlux] != "disabled" {
			t.Errorf("%s: marked with %v", name, o.GetAnnotations())
		}
		if err := thing.scale(t.Context(), c, 2, hadReplicas.clear(o)); err != nil {
			t.Fatal(err)
		}
		_, got := c.thing(t)
		if diff := cmp.Diff(had, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: annotations afterwards (-want +got):\n%s", name, diff)
		}
	}
}
