package eks

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble"
	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
)

// api is as much of a Kubernetes API as the provider and its contract look at.
// It takes only tokens of EKS, and lives only while its cluster does.
type api struct {
	*httptest.Server
	alive func() bool
	death atomic.Pointer[func() bool] // set by a test that breaks it
	birth types.UID
}

// serveAPI stands behind the double's cluster of that name.
func serveAPI(t *testing.T, double *awsdouble.Running, name string) *api {
	t.Helper()
	a := &api{alive: func() bool { return exists(double, cloud.Cluster) }, birth: types.UID(name + "-0")}
	mux := http.NewServeMux()
	for path, object := range a.objects() {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { answer(w, object) })
	}
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") })
	mux.HandleFunc("GET /api/v1/namespaces/kube-system/pods/pod/log", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "a line\n") })
	mux.HandleFunc("GET /api/v1/namespaces/kube-system", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "kube-system", UID: a.birth}})
	})
	mux.HandleFunc("POST /api/v1/namespaces/default/secrets", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "made"}})
	})
	mux.HandleFunc("DELETE /api/v1/namespaces/default/secrets/made", func(w http.ResponseWriter, _ *http.Request) { answer(w, metav1.Status{}) })
	a.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case a.dead() || !a.alive():
			w.WriteHeader(http.StatusServiceUnavailable) // a connection that is cut client-go tries again for 10 s
		case !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer k8s-aws-v1."):
			w.WriteHeader(http.StatusUnauthorized)
		default:
			mux.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(a.Close)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.Certificate().Raw})
	double.Back(name, cloud.DataPlane{Endpoint: a.URL, CA: ca})
	return a
}

func (a *api) dead() bool {
	dead := a.death.Load()
	return dead != nil && (*dead)()
}

// kill breaks the API for as long as the function says.
func (a *api) kill(dead func() bool) { a.death.Store(&dead) }

func answer(w http.ResponseWriter, object any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(object); err != nil {
		panic(err)
	}
}

// objects are what never changes, by method and path.
func (*api) objects() map[string]any {
	pool := func(name string, architectures ...any) map[string]any {
		return map[string]any{
			"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": map[string]any{"name": name},
			"spec": map[string]any{"template": map[string]any{"spec": map[string]any{"requirements": []any{
				map[string]any{"key": "kubernetes.io/arch", "operator": "In", "values": architectures},
			}}}},
		}
	}
	list := func(version, kind string, items ...any) map[string]any {
		return map[string]any{"apiVersion": version, "kind": kind, "items": append([]any{}, items...)}
	}
	resources := func(version string, names ...string) metav1.APIResourceList {
		all := metav1.APIResourceList{TypeMeta: metav1.TypeMeta{Kind: "APIResourceList", APIVersion: "v1"}, GroupVersion: version}
		for _, name := range names {
			all.APIResources = append(all.APIResources, metav1.APIResource{Name: name, Kind: name, Verbs: []string{"list"}})
		}
		return all
	}
	object := func(kind, name string) map[string]any {
		return map[string]any{"apiVersion": "v1", "kind": kind, "metadata": map[string]any{"name": name, "namespace": "kube-system"}}
	}
	pod := object("Pod", "pod")
	pod["spec"] = map[string]any{"nodeName": "i-0123", "containers": []any{map[string]any{"name": "main", "image": awsdouble.Someone().Account + ".dkr.ecr.eu-west-1.amazonaws.com/x"}}}
	pod["status"] = map[string]any{"containerStatuses": []any{map[string]any{"name": "main", "state": map[string]any{"running": map[string]any{}}}}}
	return map[string]any{
		"GET /version":      map[string]any{"major": "1", "minor": "36"},
		"GET /api":          metav1.APIVersions{TypeMeta: metav1.TypeMeta{Kind: "APIVersions"}, Versions: []string{"v1"}},
		"GET /apis":         metav1.APIGroupList{TypeMeta: metav1.TypeMeta{Kind: "APIGroupList", APIVersion: "v1"}},
		"GET /api/v1":       resources("v1", "nodes", "pods", "events", "secrets"),
		"GET /api/v1/nodes": list("v1", "NodeList", object("Node", "i-0123")),
		"GET /api/v1/pods":  list("v1", "PodList", pod),
		"GET /api/v1/namespaces/kube-system/pods":        list("v1", "PodList", pod),
		"GET /api/v1/events":                             list("v1", "EventList", object("Event", "event")),
		"GET /apis/karpenter.sh/v1/nodepools":            list("karpenter.sh/v1", "NodePoolList", pool("general-purpose", "amd64"), pool("system", "amd64", "arm64")),
		"DELETE /api/v1/namespaces/kube-system/pods/pod": metav1.Status{},
	}
}

// exists tells whether the double has any of a kind.
func exists(double *awsdouble.Running, kind cloud.Kind) bool {
	for _, left := range double.Left() {
		if left.Kind == kind {
			return true
		}
	}
	return false
}
