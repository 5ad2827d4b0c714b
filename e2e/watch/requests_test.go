package watch

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

func TestRequestsAreCountedByPurpose(t *testing.T) {
	a := newFakeAPI(t)
	a.put(deploymentsPath, deployment("shop", 1, 1))
	clients, err := NewClients(a.config(""))
	if err != nil {
		t.Fatal(err)
	}
	before := CountedRequests()
	tl := timeline.New()
	r, err := Start(t.Context(), clients, Target{Namespace: "shop"}, tl)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Stop()
	ctx, cancel := context.WithCancel(t.Context())
	sampler := ExternalMetric(clients, "shop", "s0-prometheus", "shop")
	read := sampler.Read
	sampler.Read = func(ctx context.Context) ([]timeline.Moment, error) {
		defer cancel()
		return read(ctx)
	}
	Sample(ctx, tl, time.Hour, sampler)
	for range 3 { // what a spec that polls would do
		if _, err := clients.Kubernetes.AppsV1().Deployments("shop").List(t.Context(), metav1.ListOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	want := Requests{
		Total:     12,
		ByPurpose: map[string]int{"list": 4, "watch": 4, "sample": 1, "get": 3},
		Gets:      map[string]int{"apps/deployments": 3},
	}
	if diff := cmp.Diff(want, since(before)); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// since is what was counted after an earlier snapshot.
func since(before Requests) Requests {
	now := CountedRequests()
	subtract := func(now, before map[string]int) map[string]int {
		rest := map[string]int{}
		for name, n := range now {
			if n -= before[name]; n > 0 {
				rest[name] = n
			}
		}
		return rest
	}
	return Requests{
		Total:     now.Total - before.Total,
		ByPurpose: subtract(now.ByPurpose, before.ByPurpose),
		Gets:      subtract(now.Gets, before.Gets),
	}
}

func TestResourceOf(t *testing.T) {
	for path, want := range map[string]string{
		"/api/v1/namespaces/{namespace}/pods/{name}": "pods",
		"/api/v1/nodes":                                             "nodes",
		"/api/v1/namespaces/{name}":                                 "namespaces",
		"/apis/apps/v1/namespaces/{namespace}/deployments":          "apps/deployments",
		"/apis/apps/v1/namespaces/{namespace}/deployments/{name}":   "apps/deployments",
		"/apis/apiregistration.k8s.io/v1/apiservices/{name}/status": "apiregistration.k8s.io/apiservices",
		"/version":  "version",
		"/{prefix}": "{prefix}",
		"/":         "",
	} {
		if got := resourceOf(path); got != want {
			t.Errorf("resourceOf(%q) = %q, want %q", path, got, want)
		}
	}
}
