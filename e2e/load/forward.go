package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"k8s.io/apimachinery/pkg/util/httpstream"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/transport/spdy"
	streaming "k8s.io/streaming/pkg/httpstream"
)

// Tunnel is a port-forward to one pod. Its address is on this machine.
type Tunnel struct {
	url    string
	client *http.Client
	cancel context.CancelFunc
	ended  chan struct{} // closed once err is set
	err    error
}

// Forward opens a port-forward to a pod's port. It lasts until it is closed,
// the context ends or the pod is gone; what is sent after that fails.
func Forward(ctx context.Context, config *rest.Config, namespace, pod string, port int) (*Tunnel, error) {
	dialer, err := dialer(config, namespace, pod)
	if err != nil {
		return nil, fmt.Errorf("port-forward to pod %s/%s: %w", namespace, pod, err)
	}
	ctx, cancel := context.WithCancel(ctx)
	ready := make(chan struct{})
	var said complaints
	forwarder, err := portforward.NewOnAddressesWithContext(ctx, dialer, []string{"127.0.0.1"}, []string{fmt.Sprintf("0:%d", port)}, ready, io.Discard, &said)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("port-forward to pod %s/%s: %w", namespace, pod, err)
	}
	t := &Tunnel{cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(t.ended)
		t.err = forwarder.ForwardPorts()
	}()
	select {
	case <-ready:
	case <-t.ended:
		cancel()
		return nil, fmt.Errorf("port-forward to pod %s/%s: %w", namespace, pod, errors.Join(t.err, said.err()))
	case <-ctx.Done():
		cancel()
		return nil, fmt.Errorf("port-forward to pod %s/%s: %w", namespace, pod, ctx.Err())
	}
	ports, err := forwarder.GetPorts()
	if err != nil {
		t.Close()
		return nil, fmt.Errorf("port-forward to pod %s/%s: %w", namespace, pod, err)
	}
	t.url = fmt.Sprintf("http://127.0.0.1:%d", ports[0].Local)
	t.client = once(&http.Transport{})
	return t, nil
}

// URL implements Target.
func (t *Tunnel) URL() string { return t.url }

// Client implements Target.
func (t *Tunnel) Client() *http.Client { return t.client }

// Close ends the port-forward. It may be called more than once.
func (t *Tunnel) Close() {
	t.cancel()
	<-t.ended
}

// dialer speaks WebSocket, and SPDY to an API server too old for that.
func dialer(config *rest.Config, namespace, pod string) (httpstream.Dialer, error) {
	base, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return nil, err
	}
	target := base.JoinPath("/api/v1/namespaces", namespace, "pods", pod, "portforward")
	transport, upgrader, err := spdy.RoundTripperFor(config)
	if err != nil {
		return nil, err
	}
	old := spdy.NewDialer(upgrader, &http.Client{Transport: transport}, http.MethodPost, target)
	current, err := portforward.NewSPDYOverWebsocketDialer(target, config)
	if err != nil {
		return nil, err
	}
	return portforward.NewFallbackDialer(current, old, func(err error) bool {
		return streaming.IsUpgradeFailure(err) || streaming.IsHTTPSProxyError(err)
	}), nil
}

// complaints keeps what client-go would print of a port-forward that fails.
type complaints struct {
	mu   sync.Mutex
	text []byte
}

// Write implements io.Writer.
func (c *complaints) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.text = append(c.text, p...)
	return len(p), nil
}

func (c *complaints) err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.text) == 0 {
		return nil
	}
	return errors.New(firstLine(c.text))
}
