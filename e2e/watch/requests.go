package watch

import (
	"context"
	"maps"
	"net/url"
	"strings"
	"sync"
	"time"

	"k8s.io/client-go/tools/metrics"
)

// Requests counts what this process asked of API servers. It is the proof that
// objects are watched: Gets stays small however long a run is.
type Requests struct {
	// Total counts every attempt, those that client-go made again included.
	Total int `json:"total"`
	// ByPurpose splits Total: watch, list and sample are this package's; the
	// rest is named by what it does: get, create, apply, update, delete.
	ByPurpose map[string]int `json:"byPurpose"`
	// Gets splits the reads that are neither watch, list nor sample by what
	// was read, as group/resource.
	Gets map[string]int `json:"gets"`
}

// The purposes that the recorder's own requests have.
const (
	purposeWatch  = "watch"
	purposeList   = "list"
	purposeSample = "sample"
	purposeGet    = "get"
)

type purposeKey struct{}

// withPurpose makes the requests of a context count as what they are for;
// client-go's hooks know nothing but the HTTP method.
func withPurpose(ctx context.Context, purpose string) context.Context {
	return context.WithValue(ctx, purposeKey{}, purpose)
}

func purposeOf(ctx context.Context, method string) string {
	if purpose, ok := ctx.Value(purposeKey{}).(string); ok {
		return purpose
	}
	switch method {
	case "GET":
		return purposeGet
	case "POST":
		return "create"
	case "PATCH":
		return "apply"
	case "PUT":
		return "update"
	default:
		return strings.ToLower(method)
	}
}

// counter holds the process' counts; client-go's hooks are global, so it is too.
type counter struct {
	mu       sync.Mutex
	requests Requests
}

var counts = &counter{requests: Requests{ByPurpose: map[string]int{}, Gets: map[string]int{}}}

// CountRequests starts counting, once for the process. Call it before the first
// client is made: the hooks are plain variables of client-go. They are put in
// front of what is there, because Register serves just one caller, and
// controller-runtime's init is that one.
var CountRequests = sync.OnceFunc(func() {
	metrics.RequestResult = resultHook{metrics.RequestResult}
	metrics.RequestLatency = latencyHook{metrics.RequestLatency}
})

// CountedRequests returns the counts so far.
func CountedRequests() Requests {
	counts.mu.Lock()
	defer counts.mu.Unlock()
	r := counts.requests
	r.ByPurpose, r.Gets = maps.Clone(r.ByPurpose), maps.Clone(r.Gets)
	return r
}

func (c *counter) request(ctx context.Context, method string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests.Total++
	c.requests.ByPurpose[purposeOf(ctx, method)]++
}

func (c *counter) read(ctx context.Context, method, resource string) {
	if purposeOf(ctx, method) != purposeGet {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests.Gets[resource]++
}

type resultHook struct{ next metrics.ResultMetric }

func (h resultHook) Increment(ctx context.Context, code, method, host string) {
	counts.request(ctx, method)
	h.next.Increment(ctx, code, method, host)
}

type latencyHook struct{ next metrics.LatencyMetric }

func (h latencyHook) Observe(ctx context.Context, verb string, u url.URL, latency time.Duration) {
	counts.read(ctx, verb, resourceOf(u.Path))
	h.next.Observe(ctx, verb, u, latency)
}

// resourceOf names what an API path reads: apps/deployments, or pods of the
// core group; other paths are named by their first element.
func resourceOf(path string) string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	group := ""
	switch {
	case parts[0] == "api" && len(parts) > 2:
		parts = parts[2:]
	case parts[0] == "apis" && len(parts) > 3:
		group, parts = parts[1]+"/", parts[3:]
	default:
		return parts[0]
	}
	if parts[0] == "namespaces" && len(parts) > 2 {
		parts = parts[2:]
	}
	return group + parts[0]
}
