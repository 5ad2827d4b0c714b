package grafana

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/e2e/dashboard"
)

// The one user of the Grafana below. The password has what a URL or a header
// would not carry as it is.
const (
	user     = "admin"
	password = "prom-operator/+=&€"
	session  = "5f8e1b"
)

// answer is what a path is answered by: a file of testdata.
type answer struct {
	code int
	file string
}

// serve is a Grafana that lets in who has logged in, and answers as recorded.
func serve(t *testing.T, answers map[string]answer) *Client {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		var got struct{ User, Password string }
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil || r.Header.Get("Content-Type") != "application/json" {
			http.Error(w, `{"message":"bad login data"}`, http.StatusBadRequest)
			return
		}
		if got.User != user || got.Password != password {
			send(t, w, answer{http.StatusUnauthorized, "login-refused.json"})
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "grafana_session", Value: session, Path: "/", HttpOnly: true})
		send(t, w, answer{http.StatusOK, "login-ok.json"})
	})
	for path, a := range answers {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			if cookie, err := r.Cookie("grafana_session"); err != nil || cookie.Value != session {
				http.Error(w, `{"message":"Unauthorized"}`, http.StatusUnauthorized)
				return
			}
			send(t, w, a)
		})
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	client, err := New(server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func send(t *testing.T, w http.ResponseWriter, a answer) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", a.file))
	if err != nil {
		t.Error(err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(a.code)
	if _, err := w.Write(text); err != nil {
		t.Error(err)
	}
}

// opened is a Grafana that one has logged in to.
func opened(t *testing.T, answers map[string]answer) *Client {
	t.Helper()
	client := serve(t, answers)
	if err := client.Login(t.Context(), user, password); err != nil {
		t.Fatal(err)
	}
	return client
}

func TestLogin(t *testing.T) {
	client := serve(t, map[string]answer{"GET /api/datasources/uid/prometheus/health": {http.StatusOK, "health-ok.json"}})
	_, err := client.Health(t.Context(), "prometheus")
	if err == nil || !strings.Contains(err.Error(), "401: Unauthorized") {
		t.Errorf("before the login: %v", err)
	}
	err = client.Login(t.Context(), user, "another secret")
	if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "Invalid username or password") {
		t.Errorf("with a wrong password: %v", err)
	}
	if strings.Contains(err.Error(), "another secret") {
		t.Errorf("the error tells the password: %v", err)
	}
	if err := client.Login(t.Context(), user, password); err != nil {
		t.Fatal(err)
	}
	if health, err := client.Health(t.Context(), "prometheus"); err != nil || !health.OK {
		t.Errorf("after the login: %+v, %v", health, err)
	}
}

func TestHealth(t *testing.T) {
	const path = "GET /api/datasources/uid/prometheus/health"
	for name, test := range map[string]struct {
		answer answer
		want   Health
	}{
		"healthy": {answer{http.StatusOK, "health-ok.json"}, Health{true, "Successfully queried the Prometheus API."}},
		"it fails": {answer{http.StatusBadRequest, "health-error.json"}, Health{false,
			`Post "http://kube-prometheus-stack-prometheus.monitoring:9090/api/v1/query": dial tcp 10.96.0.9:9090: connect: connection refused` +
				" - There was an error returned querying the Prometheus API."}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := opened(t, map[string]answer{path: test.answer}).Health(t.Context(), "prometheus")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("health (-want +got):\n%s", diff)
			}
		})
	}
	got, err := opened(t, nil).Health(t.Context(), "none")
	if err != nil || got.OK || got.Message == "" {
		t.Errorf("no such datasource: %+v, %v", got, err)
	}
}

func TestDashboard(t *testing.T) {
	client := opened(t, map[string]answer{"GET /api/dashboards/uid/scaleproof-hpa": {http.StatusOK, "dashboard.json"}})
	got, err := client.Dashboard(t.Context(), "scaleproof-hpa")
	if err != nil {
		t.Fatal(err)
	}
	want := []dashboard.Query{
		{Name: "Replicas desired", Expr: `max(desired{namespace="$namespace"})`},
		{Name: "Metric value", Expr: "max by (metric) (keda_scaler_metrics_value)"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("queries (-want +got):\n%s", diff)
	}
	if _, err := client.Dashboard(t.Context(), "other"); !errors.Is(err, ErrAbsent) {
		t.Errorf("no such dashboard: %v", err)
	}
}

// compare checks that a question was answered as wanted or, if says has a
// text, refused with it.
func compare[T any](t *testing.T, got T, err error, want T, says string) {
	t.Helper()
	if says != "" {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v does not say %q", err, says)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
}

func TestDraw(t *testing.T) {
	for name, test := range map[string]struct {
		answer answer
		want   []float64
		says   string
	}{
		"two series":     {answer{http.StatusOK, "query.json"}, []float64{31, 4.5}, ""},
		"nothing":        {answer{http.StatusOK, "query-empty.json"}, nil, ""},
		"not a number":   {answer{http.StatusOK, "query-nan.json"}, nil, ""},
		"it fails":       {answer{http.StatusOK, "query-error.json"}, nil, "panel Metric value in Grafana: Post"},
		"no result":      {answer{http.StatusOK, "health-ok.json"}, nil, "no result for query A"},
		"no datasource":  {answer{http.StatusNotFound, "login-refused.json"}, nil, "Grafana answers 404"},
		"something else": {answer{http.StatusOK, "README.md"}, nil, "not the JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			client := opened(t, map[string]answer{"POST /api/ds/query": test.answer})
			got, err := client.Draw(t.Context(), "prometheus", dashboard.Query{Name: "Metric value", Expr: "up"})
			compare(t, got, err, test.want, test.says)
		})
	}
}

// TestDrawAsks compares what is sent with the request of Grafana's
// documentation.
func TestDrawAsks(t *testing.T) {
	var got map[string]any
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		send(t, w, answer{http.StatusOK, "query-empty.json"})
	}))
	defer server.Close()
	client, err := New(server.URL+"/grafana", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Draw(t.Context(), "prometheus", dashboard.Query{Name: "p", Expr: `up{a="b"}`}); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"from": "now-5m", "to": "now", "queries": []any{map[string]any{
		"refId": "A", "datasource": map[string]any{"type": "prometheus", "uid": "prometheus"}, "expr": `up{a="b"}`,
		"instant": true, "range": false, "intervalMs": 1000.0, "maxDataPoints": 100.0,
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

func TestAbsentGrafana(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "<html>bad gateway</html>\nmore", http.StatusBadGateway)
	}))
	client, err := New(server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Login(t.Context(), user, password); err == nil || !strings.Contains(err.Error(), "502: <html>bad gateway</html>") {
		t.Errorf("a proxy answers: %v", err)
	}
	server.Close()
	if err := client.Login(t.Context(), user, password); err == nil || errors.Is(err, ErrRefused) {
		t.Errorf("nobody answers: %v", err)
	}
}
