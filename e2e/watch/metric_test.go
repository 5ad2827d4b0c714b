package watch

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

const externalPath = "/apis/external.metrics.k8s.io/v1beta1/namespaces/shop/s0-prometheus"

func TestExternalMetric(t *testing.T) {
	values := func(items ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if got := r.URL.Query().Get("labelSelector"); got != "scaledobject.keda.sh/name=shop" {
				status(w, http.StatusBadRequest, "BadRequest", "selector "+got)
				return
			}
			fmt.Fprintf(w, `{"kind":"ExternalMetricValueList","apiVersion":"external.metrics.k8s.io/v1beta1","metadata":{},"items":[%s]}`, strings.Join(items, ","))
		}
	}
	says := func(code int, reason, message string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { status(w, code, reason, message) }
	}
	plain := func(code int, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, text, code) }
	}
	item := func(value string) string {
		return fmt.Sprintf(`{"metricName":"s0-prometheus","metricLabels":null,"timestamp":"2026-01-01T00:00:00Z","value":%q}`, value)
	}
	for _, test := range []struct {
		name   string
		server http.HandlerFunc
		want   []string
		err    string
	}{
		{name: "one value", server: values(item("31")), want: []string{"metric s0-prometheus value 31"}},
		{name: "a fraction, as written", server: values(item("21800m")), want: []string{"metric s0-prometheus value 21.8"}},
		{name: "the HPA adds up", server: values(item("1"), item("2500m")), want: []string{"metric s0-prometheus value 3.5"}},
		{name: "no item is no value", server: values()},
		{name: "unknown to the API is no value", server: says(404, "NotFound", "the server could not find the metric")},
		{name: "no such API is no value", server: plain(404, "404 page not found")},
		{name: "KEDA could not get it, which is its answer",
			server: says(500, "", "rpc error: code = Unknown desc = error when getting metric values metric:s0-prometheus encountered error")},
		{name: "the API server's own failure says nothing", server: says(500, "InternalError", "etcd is away"), err: "etcd is away"},
		{name: "a failure of no known form says nothing", server: plain(500, "oops"), err: "oops"},
		{name: "an adapter that is away has no value", server: plain(503, "service unavailable")},
		{name: "an API server that is not ready says nothing", server: plain(503, "apiserver not ready"), err: "currently unable to handle the request"},
		{name: "an API server that is shutting down says nothing", server: says(503, "ServiceUnavailable", "service unavailable"), err: "service unavailable"},
		{name: "too many requests say nothing", server: plain(429, "later"), err: "too many requests"},
		{name: "not JSON", server: func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "{") }, err: "not the JSON"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := newFakeAPI(t)
			a.answer(externalPath, test.server)
			got, err := sampleOnce(t, a, func(c Clients) Sampler { return ExternalMetric(c, "shop", "s0-prometheus", "shop") })
			compareRead(t, got, err, test.want, test.err)
		})
	}
}

func sampleOnce(t *testing.T, a *fakeAPI, sampler func(Clients) Sampler) ([]timeline.Moment, error) {
	t.Helper()
	clients, err := NewClients(a.config(""))
	if err != nil {
		t.Fatal(err)
	}
	return sampler(clients).Read(t.Context())
}

func compareRead(t *testing.T, got []timeline.Moment, err error, want []string, wantErr string) {
	t.Helper()
	if wantErr != "" {
		if err == nil || !strings.Contains(err.Error(), wantErr) {
			t.Errorf("error is %v, want one that says %q", err, wantErr)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, lines(got)); diff != "" {
		t.Errorf("moments (-want +got):\n%s", diff)
	}
}

func requests(t *testing.T) func(Clients) Sampler {
	return func(c Clients) Sampler {
		t.Helper()
		sampler, err := PromQL(c, Service{Namespace: "monitoring", Name: "prometheus", Port: 9090}, "requests", "sum(x)")
		if err != nil {
			t.Fatal(err)
		}
		return sampler
	}
}

// queryPath is where the Prometheus of the tests answers queries.
const queryPath = "/api/v1/namespaces/monitoring/services/prometheus:9090/proxy/api/v1/query"

// answerQuery has Prometheus answer the query sum(x), and no other, with the data.
func (a *fakeAPI) answerQuery(data string) {
	a.answer(queryPath, func(w http.ResponseWriter, r *http.Request) {
		if got := r.FormValue("query"); got != "sum(x)" {
			http.Error(w, "query is "+got, http.StatusBadRequest)
			return
		}
		fmt.Fprintf(w, `{"status":"success","data":%s}`, data)
	})
}

func TestPromQL(t *testing.T) {
	for _, test := range []struct {
		name, data string
		want       []string
		err        string
	}{
		{name: "a vector of one", data: `{"resultType":"vector","result":[{"metric":{},"value":[1,"31"]}]}`, want: []string{"prometheus requests value 31"}},
		{name: "a scalar", data: `{"resultType":"scalar","result":[1,"2.5"]}`, want: []string{"prometheus requests value 2.5"}},
		{name: "nothing yet", data: `{"resultType":"vector","result":[]}`},
		{name: "not a number", data: `{"resultType":"vector","result":[{"metric":{},"value":[1,"NaN"]}]}`},
		{name: "infinite", data: `{"resultType":"vector","result":[{"metric":{},"value":[1,"+Inf"]}]}`},
		{name: "several series", data: `{"resultType":"vector","result":[{"metric":{"a":"1"},"value":[1,"1"]},{"metric":{"a":"2"},"value":[1,"1"]}]}`,
			err: "query requests (sum(x)): 2 series and not one: aggregate them"},
		{name: "a matrix", data: `{"resultType":"matrix","result":[]}`, err: "a matrix and not a number"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := newFakeAPI(t)
			a.answerQuery(test.data)
			got, err := sampleOnce(t, a, requests(t))
			compareRead(t, got, err, test.want, test.err)
		})
	}
	t.Run("no endpoints", func(t *testing.T) {
		a := newFakeAPI(t)
		a.answer(queryPath,
			func(w http.ResponseWriter, _ *http.Request) {
				status(w, http.StatusServiceUnavailable, "ServiceUnavailable", "no endpoints available")
			})
		got, err := sampleOnce(t, a, requests(t))
		compareRead(t, got, err, nil, "query requests")
	})
}

func TestUsage(t *testing.T) {
	a := newFakeAPI(t)
	a.answer("/apis/metrics.k8s.io/v1beta1/nodes", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"kind":"NodeMetricsList","items":[{"metadata":{"name":"one"},"usage":{"cpu":"260578744n","memory":"1Ki"}}]}`)
	})
	a.answer("/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"kind":"PodMetricsList","items":[
			{"metadata":{"name":"shop-1"},"containers":[{"usage":{"cpu":"1","memory":"1M"}},{"usage":{"cpu":"500m","memory":"2M"}}]},
			{"metadata":{"name":"shop-2"},"containers":[]}]}`)
	})
	nodes, err := sampleOnce(t, a, func(c Clients) Sampler { return NodeUsage(c) })
	compareRead(t, nodes, err, []string{"usage node/one cpu 0.260578744", "usage node/one memory 1024"}, "")
	pods, err := sampleOnce(t, a, func(c Clients) Sampler { return PodUsage(c, "shop") })
	compareRead(t, pods, err, []string{"usage pod/shop-1 cpu 1.5", "usage pod/shop-1 memory 3000000"}, "")
}
