package watch

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

func deployment(name string, asked, ready int) map[string]any {
	return map[string]any{
		"apiVersion": "apps/v1", "kind": "Deployment", "metadata": map[string]any{"name": name, "namespace": "shop"},
		"spec":   map[string]any{"replicas": asked},
		"status": map[string]any{"replicas": asked, "readyReplicas": ready},
	}
}

func pod(name, phase string, ready bool) map[string]any {
	truth := "False"
	if ready {
		truth = "True"
	}
	return map[string]any{
		"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": name, "namespace": "shop"},
		"status": map[string]any{"phase": phase, "conditions": []any{map[string]any{"type": "Ready", "status": truth}}},
	}
}

func autoscaler(name string, desired int) map[string]any {
	return map[string]any{
		"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": map[string]any{"name": name, "namespace": "shop"},
		"spec": map[string]any{"minReplicas": 1, "maxReplicas": 10,
			"scaleTargetRef": map[string]any{"kind": "Deployment", "name": "shop"}},
		"status": map[string]any{"currentReplicas": 1, "desiredReplicas": desired},
	}
}

func scaledObject(name, target string) map[string]any {
	return map[string]any{
		"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": map[string]any{"name": name, "namespace": "shop"},
		"spec": map[string]any{"scaleTargetRef": map[string]any{"name": target}},
	}
}

// lines prints moments without their times, one field a line.
func lines(moments []timeline.Moment) []string {
	var all []string
	for _, m := range moments {
		line := fmt.Sprintf("%s %s %s", m.Kind, m.Object, m.Field)
		switch {
		case m.Gone:
			line += " gone"
		case m.Text != "":
			line += fmt.Sprintf(" %s %q", timeline.Number(m.Value), m.Text)
		default:
			line += " " + timeline.Number(m.Value)
		}
		all = append(all, line)
	}
	return all
}

// seenLines leaves out what the recorder says of itself.
func seenLines(moments []timeline.Moment) []string {
	var rest []timeline.Moment
	for _, m := range moments {
		if m.Kind != timeline.Gap {
			rest = append(rest, m)
		}
	}
	return lines(rest)
}

// await waits until a line is written after the first n moments, and returns
// how many moments there are then.
func await(t *testing.T, tl *timeline.Timeline, n int, line string) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		changed := tl.Changed()
		all := lines(tl.Moments())
		for i := n; i < len(all); i++ {
			if strings.HasPrefix(all[i], line) {
				return i + 1
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("%q was never written after moment %d:\n%s", line, n, strings.Join(all, "\n"))
		}
	}
}

// relay stands between a client and a server, and can stop the traffic.
type relay struct {
	listener net.Listener
	backend  string

	mu     sync.Mutex
	frozen bool
	thaw   chan struct{}
	conns  []net.Conn
}

func newRelay(t *testing.T, backend string) *relay {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{listener: listener, backend: backend, thaw: make(chan struct{})}
	t.Cleanup(func() { listener.Close(); r.unfreeze(); r.drop() })
	go r.accept(listener)
	return r
}

func (r *relay) accept(listener net.Listener) {
	for {
		client, err := listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", r.backend)
		if err != nil {
			client.Close()
			continue
		}
		r.mu.Lock()
		r.conns = append(r.conns, client, server)
		r.mu.Unlock()
		go r.copy(client, server)
		go r.copy(server, client)
	}
}

// copy passes bytes on, but none while frozen: both ends believe in a
// connection that carries nothing.
func (r *relay) copy(to io.WriteCloser, from io.Reader) {
	defer to.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		r.mu.Lock()
		frozen, thaw := r.frozen, r.thaw
		r.mu.Unlock()
		if frozen {
			<-thaw
		}
		if _, werr := to.Write(buffer[:n]); err != nil || werr != nil {
			return
		}
	}
}

func (r *relay) freeze() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.frozen = true
}

func (r *relay) unfreeze() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.frozen {
		r.frozen = false
		close(r.thaw)
		r.thaw = make(chan struct{})
	}
}

// drop cuts all connections.
func (r *relay) drop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.conns {
		c.Close()
	}
	r.conns = nil
}

// down refuses connections and cuts those there are; up takes new ones again.
func (r *relay) down() {
	r.listener.Close()
	r.drop()
}

func (r *relay) up(t *testing.T) {
	t.Helper()
	listener, err := net.Listen("tcp", r.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go r.accept(listener)
}

func (r *relay) url() string { return "https://" + r.listener.Addr().String() }
