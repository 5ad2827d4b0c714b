package watch

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"k8s.io/client-go/rest"
)

// fakeAPI is an API server that knows list and watch, with resource versions,
// over real HTTP. Objects are whatever JSON the test puts there.
type fakeAPI struct {
	server *httptest.Server

	mu       sync.Mutex
	version  int
	oldest   int                                  // versions before this one are gone
	objects  map[string]map[string]map[string]any // collection path -> name -> object
	events   []event
	changed  chan struct{} // closed at the next event
	cut      chan struct{} // closed to end all watches
	answers  map[string]http.HandlerFunc
	lists    map[string]int
	versions map[string][]string // versions that watches began from, by path
}

type event struct {
	path    string
	version int
	line    []byte
}

// newFakeAPI serves until the test ends. Its protocol is HTTP/2 over TLS, like
// an API server's.
func newFakeAPI(t testing.TB) *fakeAPI {
	t.Helper()
	a := &fakeAPI{
		version: 100,
		objects: map[string]map[string]map[string]any{},
		changed: make(chan struct{}),
		cut:     make(chan struct{}),
		answers: map[string]http.HandlerFunc{},
		lists:   map[string]int{}, versions: map[string][]string{},
	}
	a.namespace("shop")
	a.server = httptest.NewUnstartedServer(a)
	a.server.EnableHTTP2 = true
	a.server.StartTLS()
	t.Cleanup(func() {
		a.end()
		a.server.CloseClientConnections()
		a.server.Close()
	})
	return a
}

// The collections of the namespace that the tests record.
const (
	deploymentsPath    = "/apis/apps/v1/namespaces/shop/deployments"
	podsPath           = "/api/v1/namespaces/shop/pods"
	hpasPath           = "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers"
	scaledObjectsPath  = "/apis/keda.sh/v1alpha1/namespaces/shop/scaledobjects"
	kustomizationsPath = "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/shop/kustomizations"
	gitReposPath       = "/apis/source.toolkit.fluxcd.io/v1/namespaces/shop/gitrepositories"
	apiServicesPath    = "/apis/apiregistration.k8s.io/v1/apiservices"
)

// listKinds are the apiVersion and kind of each collection's list.
var listKinds = map[string][2]string{
	"deployments": {"apps/v1", "DeploymentList"}, "pods": {"v1", "PodList"},
	"horizontalpodautoscalers": {"autoscaling/v2", "HorizontalPodAutoscalerList"},
	"scaledobjects":            {"keda.sh/v1alpha1", "ScaledObjectList"},
	"kustomizations":           {"kustomize.toolkit.fluxcd.io/v1", "KustomizationList"},
	"gitrepositories":          {"source.toolkit.fluxcd.io/v1", "GitRepositoryList"},
	"apiservices":              {"apiregistration.k8s.io/v1", "APIServiceList"},
	"nodes":                    {"v1", "NodeList"}, "events": {"v1", "EventList"},
	"nodepools": {"karpenter.sh/v1", "NodePoolList"}, "nodeclaims": {"karpenter.sh/v1", "NodeClaimList"},
}

// namespace makes the collections of an app's namespace.
func (a *fakeAPI) namespace(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, path := range []string{deploymentsPath, podsPath, hpasPath, scaledObjectsPath} {
		a.objects[in(name, path)] = map[string]map[string]any{}
	}
}

// in is a collection's path in another namespace.
func in(namespace, path string) string {
	return strings.Replace(path, "/namespaces/shop/", "/namespaces/"+namespace+"/", 1)
}

// config reaches the server, or whatever stands in front of it at host.
func (a *fakeAPI) config(host string) *rest.Config {
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.server.Certificate().Raw})
	if host == "" {
		host = a.server.URL
	}
	return &rest.Config{Host: host, TLSClientConfig: rest.TLSClientConfig{CAData: ca}}
}

// put adds or changes an object.
func (a *fakeAPI) put(path string, object map[string]any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	name := nameOf(object)
	verb := "MODIFIED"
	if a.objects[path] == nil {
		a.objects[path] = map[string]map[string]any{}
	}
	if _, ok := a.objects[path][name]; !ok {
		verb = "ADDED"
	}
	a.objects[path][name] = object
	a.publish(verb, path, object)
}

// remove deletes an object.
func (a *fakeAPI) remove(path, name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	object := a.objects[path][name]
	delete(a.objects[path], name)
	a.publish("DELETED", path, object)
}

// forget makes all versions so far too old to watch from, as etcd's compaction
// does.
func (a *fakeAPI) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.version++
	a.oldest = a.version
	a.events = nil
}

// end closes all watches, as an API server does after a while.
func (a *fakeAPI) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	close(a.cut)
	a.cut = make(chan struct{})
}

// answer serves a path by hand.
func (a *fakeAPI) answer(path string, h http.HandlerFunc) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answers[path] = h
}

func (a *fakeAPI) publish(verb, path string, object map[string]any) {
	a.version++
	metadata(object)["resourceVersion"] = strconv.Itoa(a.version)
	line, err := json.Marshal(map[string]any{"type": verb, "object": object})
	if err != nil {
		panic(err)
	}
	a.events = append(a.events, event{path, a.version, append(line, '\n')})
	close(a.changed)
	a.changed = make(chan struct{})
}

// ServeHTTP implements http.Handler.
func (a *fakeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	handler, known := a.answers[r.URL.Path], a.objects[r.URL.Path] != nil
	a.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	switch {
	case handler != nil:
		handler(w, r)
	case !known:
		status(w, http.StatusNotFound, "NotFound", "the server could not find the requested resource")
	case r.URL.Query().Get("watch") == "true":
		a.stream(w, r)
	default:
		a.list(w, r.URL.Path)
	}
}

func (a *fakeAPI) list(w http.ResponseWriter, path string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.lists[path]++
	items := []any{}
	for _, object := range a.objects[path] {
		items = append(items, object)
	}
	kind := listKinds[path[strings.LastIndex(path, "/")+1:]]
	json.NewEncoder(w).Encode(map[string]any{
		"apiVersion": kind[0], "kind": kind[1], "items": items,
		"metadata": map[string]any{"resourceVersion": strconv.Itoa(a.version)},
	})
}

func (a *fakeAPI) stream(w http.ResponseWriter, r *http.Request) {
	from := r.URL.Query().Get("resourceVersion")
	version, _ := strconv.Atoi(from)
	a.mu.Lock()
	a.versions[r.URL.Path] = append(a.versions[r.URL.Path], from)
	oldest, cut := a.oldest, a.cut
	a.mu.Unlock()
	if version < oldest {
		status(w, http.StatusGone, "Expired", "too old resource version: "+from)
		return
	}
	flusher := w.(http.Flusher)
	flusher.Flush()
	for next := 0; ; {
		a.mu.Lock()
		events, changed, over := a.events, a.changed, a.cut != cut
		a.mu.Unlock()
		if over { // what came after the end is for the next watch
			return
		}
		next = min(next, len(events)) // forget drops events
		fresh := events[next:]
		next = len(events)
		for _, e := range fresh {
			if e.path == r.URL.Path && e.version > version {
				w.Write(e.line)
				version = e.version
			}
		}
		flusher.Flush()
		select {
		case <-changed:
		case <-cut:
			return
		case <-r.Context().Done():
			return
		}
	}
}

// listed returns how often a collection was listed, and the versions that
// watches of it began from.
func (a *fakeAPI) listed(path string) (int, []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.lists[path], a.versions[path]
}

// status answers as an API server says no.
func status(w http.ResponseWriter, code int, reason, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	fmt.Fprintf(w, `{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":%q,"reason":%q,"code":%d}`, message, reason, code)
}

func metadata(object map[string]any) map[string]any { return object["metadata"].(map[string]any) }

func nameOf(object map[string]any) string { return metadata(object)["name"].(string) }
