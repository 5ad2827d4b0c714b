package load

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"k8s.io/apimachinery/pkg/util/httpstream"
	"k8s.io/apimachinery/pkg/util/httpstream/spdy"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/portforward"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// kubelet serves port-forwards over SPDY to one backend, as an API server does
// that is too old for WebSockets.
type kubelet struct {
	backend string
	mu      sync.Mutex
	conns   []httpstream.Connection
}

const portforwardPath = "/api/v1/namespaces/shop/pods/shop-1/portforward"

// ServeHTTP implements http.Handler.
func (k *kubelet) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != portforwardPath {
		http.Error(w, `pods "`+r.URL.Path+`" not found`, http.StatusNotFound)
		return
	}
	if r.Header.Get("Upgrade") == "websocket" {
		http.Error(w, "unknown upgrade", http.StatusBadRequest)
		return
	}
	if _, err := httpstream.Handshake(r, w, []string{portforward.PortForwardProtocolV1Name}); err != nil {
		return
	}
	streams := make(chan httpstream.Stream, 100)
	conn := spdy.NewResponseUpgrader().UpgradeResponse(w, r, func(s httpstream.Stream, _ <-chan struct{}) error {
		streams <- s
		return nil
	})
	if conn == nil {
		return
	}
	k.mu.Lock()
	k.conns = append(k.conns, conn)
	k.mu.Unlock()
	k.pass(conn, streams)
}

// pass joins each data stream to the backend; error streams just end.
func (k *kubelet) pass(conn httpstream.Connection, streams <-chan httpstream.Stream) {
	for {
		select {
		case <-conn.CloseChan():
			return
		case s := <-streams:
			if s.Headers().Get("streamType") == "error" {
				s.Close()
				continue
			}
			go func() {
				defer s.Close()
				pod, err := net.Dial("tcp", k.backend)
				if err != nil {
					return
				}
				defer pod.Close()
				go io.Copy(pod, s)
				io.Copy(s, pod)
			}()
		}
	}
}

// die ends all port-forwards, as when the pod is deleted.
func (k *kubelet) die() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, c := range k.conns {
		c.Close()
	}
}

func newKubelet(t *testing.T, backend string) (*kubelet, *rest.Config) {
	t.Helper()
	k := &kubelet{backend: strings.TrimPrefix(backend, "http://")}
	s := httptest.NewServer(k)
	t.Cleanup(func() { k.die(); s.Close() })
	return k, &rest.Config{Host: s.URL}
}

func TestSendThroughAPortForward(t *testing.T) {
	app, n := serve(t, well)
	k, config := newKubelet(t, app.URL)
	tunnel, err := Forward(t.Context(), config, "shop", "shop-1", 8080)
	if err != nil {
		t.Fatal(err)
	}
	defer tunnel.Close()
	if _, err := Send(t.Context(), timeline.New(), tunnel, 31); err != nil {
		t.Fatal(err)
	}
	if n.Load() != 31 {
		t.Errorf("the app counted %d requests, want 31", n.Load())
	}
	k.die()
	<-tunnel.ended
	if _, err := Send(t.Context(), timeline.New(), tunnel, 1); err == nil {
		t.Error("a port-forward whose pod is gone still sends")
	}
	if n.Load() != 31 {
		t.Errorf("the app counted %d requests after its port-forward was gone, want 31", n.Load())
	}
}

func TestCloseEndsAPortForward(t *testing.T) {
	app, _ := serve(t, well)
	_, config := newKubelet(t, app.URL)
	tunnel, err := Forward(t.Context(), config, "shop", "shop-1", 8080)
	if err != nil {
		t.Fatal(err)
	}
	tunnel.Close()
	tunnel.Close()
	if _, err := Send(t.Context(), timeline.New(), tunnel, 1); err == nil {
		t.Error("a closed port-forward still sends")
	}
}

func TestForwardNamesThePodItCannotReach(t *testing.T) {
	_, config := newKubelet(t, "127.0.0.1:1")
	_, err := Forward(t.Context(), config, "shop", "nobody", 8080)
	if err == nil || !strings.Contains(err.Error(), "port-forward to pod shop/nobody") || !strings.Contains(err.Error(), "not found") {
		t.Errorf("error is %v, want one that names the pod and the answer", err)
	}
}
