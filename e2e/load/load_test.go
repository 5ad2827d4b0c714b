package load

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/rest"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// direct reaches a server with the client that tunnels use.
func direct(s *httptest.Server) Target { return proxied{s.URL, once(&http.Transport{})} }

// serve answers through behave, and counts the requests that came.
func serve(t *testing.T, behave func(n int, w http.ResponseWriter, r *http.Request)) (*httptest.Server, *atomic.Int64) {
	t.Helper()
	var n atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		behave(int(n.Add(1)), w, r)
	}))
	t.Cleanup(s.Close)
	return s, &n
}

func well(int, http.ResponseWriter, *http.Request) {}

func loads(tl *timeline.Timeline) []string {
	var all []string
	for _, m := range tl.Moments() {
		all = append(all, fmt.Sprintf("%s %s %s", m.Kind, m.Field, timeline.Number(m.Value)))
	}
	return all
}

func TestSendCountsOverTheWholeTimeline(t *testing.T) {
	s, n := serve(t, well)
	tl := timeline.New()
	for _, batch := range []int{1, 30} {
		done, err := Send(t.Context(), tl, direct(s), batch)
		if err != nil {
			t.Fatal(err)
		}
		if last := tl.Moments()[len(tl.Moments())-1].At; !done.Equal(last) {
			t.Errorf("Send returned %s, want the time of its last moment, %s", done, last)
		}
	}
	if n.Load() != 31 {
		t.Errorf("the server counted %d requests, want 31", n.Load())
	}
	want := []string{"load started 1", "load done 1", "load started 31", "load done 31"}
	if diff := cmp.Diff(want, loads(tl)); diff != "" {
		t.Errorf("moments (-want +got):\n%s", diff)
	}
}

func TestSendNeverSendsARequestTwice(t *testing.T) {
	for _, test := range []struct {
		name   string
		behave func(w http.ResponseWriter, r *http.Request)
		want   string
	}{
		{"a connection that breaks", func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				conn.Close()
			}
		}, "request 3 of 5: Get"},
		{"an error", func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "out of order", http.StatusServiceUnavailable)
		}, "answered 503 Service Unavailable: out of order"},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		}, "answered 302 Found"},
		{"an answer that breaks off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "10")
			w.Write([]byte("half"))
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, "the answer broke off"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, n := serve(t, func(n int, w http.ResponseWriter, r *http.Request) {
				if n == 3 {
					test.behave(w, r)
				}
			})
			tl := timeline.New()
			_, err := Send(t.Context(), tl, direct(s), 5)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want one that says %q", err, test.want)
			}
			if n.Load() != 3 {
				t.Errorf("the server counted %d requests, want 3: nothing is sent again, nor after a failure", n.Load())
			}
			if diff := cmp.Diff([]string{"load started 5", "load done 2"}, loads(tl)); diff != "" {
				t.Errorf("moments (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSendStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s, n := serve(t, func(n int, _ http.ResponseWriter, _ *http.Request) {
		if n == 2 {
			cancel()
		}
	})
	if _, err := Send(ctx, timeline.New(), direct(s), 1000); err == nil || n.Load() > 3 {
		t.Errorf("error %v after %d requests, want a cancelled batch of two", err, n.Load())
	}
}

func TestSetGauge(t *testing.T) {
	var asked atomic.Value
	s, _ := serve(t, func(n int, w http.ResponseWriter, r *http.Request) {
		asked.Store(r.Method + " " + r.URL.String())
		if n == 2 {
			http.Error(w, "value is wrong", http.StatusBadRequest)
		}
	})
	tl := timeline.New()
	if _, err := SetGauge(t.Context(), tl, direct(s), 21.8); err != nil {
		t.Fatal(err)
	}
	if want := "PUT /gauge?value=21.8"; asked.Load() != want {
		t.Errorf("asked %v, want %s", asked.Load(), want)
	}
	_, err := SetGauge(t.Context(), tl, direct(s), 5)
	if err == nil || !strings.Contains(err.Error(), "set the gauge to 5") || !strings.Contains(err.Error(), "value is wrong") {
		t.Errorf("error is %v, want one that names the value and the answer", err)
	}
	if diff := cmp.Diff([]string{"load gauge 21.8"}, loads(tl)); diff != "" {
		t.Errorf("moments: what was refused is not set (-want +got):\n%s", diff)
	}
}

func TestPaceSendsExactlyWhatWasPlanned(t *testing.T) {
	s, n := serve(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		if n%5 == 0 {
			http.Error(w, "every fifth fails", http.StatusInternalServerError)
		}
	})
	tl := timeline.New()
	summary, err := Pace(t.Context(), tl, direct(s), 20, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if n.Load() != 20 || summary.Requests != 20 || summary.Success != 0.8 {
		t.Errorf("the server counted %d requests, the summary says %+v; want 20 and success 0.8", n.Load(), summary)
	}
	got := loads(tl)
	if diff := cmp.Diff([]string{"load started 20", "load done 16", "load success 0.8"}, got[:min(3, len(got))]); diff != "" {
		t.Errorf("moments (-want +got):\n%s", diff)
	}
	if len(got) != 6 {
		t.Errorf("moments %v, want the latencies too", got)
	}
}

func TestPaceStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s, _ := serve(t, func(int, http.ResponseWriter, *http.Request) { cancel() })
	_, err := Pace(ctx, timeline.New(), direct(s), 10, time.Hour)
	if err == nil || !strings.Contains(err.Error(), "of 36000 requests") {
		t.Errorf("error is %v, want one that says how far it came", err)
	}
	if _, err := Pace(t.Context(), timeline.New(), direct(s), 0, time.Hour); err == nil {
		t.Error("a pace of nothing is no error")
	}
}

func TestServiceIsReachedThroughTheAPIServer(t *testing.T) {
	var asked atomic.Value
	s, _ := serve(t, func(_ int, _ http.ResponseWriter, r *http.Request) {
		asked.Store(r.Header.Get("Authorization") + " " + r.URL.Path)
	})
	config := &rest.Config{Host: s.URL + "/prefix/", BearerToken: "token"}
	target, err := Service(config, "shop", "web", 8080)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Send(t.Context(), timeline.New(), target, 1); err != nil {
		t.Fatal(err)
	}
	if want := "Bearer token /prefix/api/v1/namespaces/shop/services/web:8080/proxy/"; asked.Load() != want {
		t.Errorf("asked %v, want %s", asked.Load(), want)
	}
}
