package watch

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/transport"
)

// health says how soon a connection whose other end vanished is noticed.
// client-go waits 30 s for a frame and 15 s more for the answer to a ping; a
// promise judged meanwhile would find nothing and call it the stack's fault.
type health struct {
	idle time.Duration // without a frame for so long, ping
	ping time.Duration // without an answer for so long, the connection is lost
}

// silence is how long a connection may have been dead when that is noticed.
func (h health) silence() time.Duration { return h.idle + h.ping }

var defaultHealth = health{idle: 2 * time.Second, ping: 3 * time.Second}

// Clients reach one API server. Make them once and share them: their
// connections carry the watches of all apps.
type Clients struct {
	Kubernetes kubernetes.Interface
	Dynamic    dynamic.Interface

	host   string
	http   *http.Client
	health health
}

// NewClients returns clients that notice a vanished API server within five
// seconds and that are not slowed down by a rate limit of their own. It also
// starts to count the process' requests, see CountRequests.
func NewClients(config *rest.Config) (Clients, error) { return newClients(config, defaultHealth) }

func newClients(config *rest.Config, h health) (Clients, error) {
	CountRequests()
	config = rest.CopyConfig(config)
	config.QPS = -1 // 20 apps sampled each second would wait for tokens, and the wait would look like the stack's
	client, err := newHTTPClient(config, h)
	if err != nil {
		return Clients{}, fmt.Errorf("reach %s: %w", config.Host, err)
	}
	host, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return Clients{}, fmt.Errorf("address of the API server: %w", err)
	}
	c := Clients{host: strings.TrimRight(host.String(), "/"), http: client, health: h}
	if c.Dynamic, err = dynamic.NewForConfigAndClient(config, client); err != nil {
		return Clients{}, fmt.Errorf("dynamic client of %s: %w", config.Host, err)
	}
	binary := rest.CopyConfig(config) // a quarter of the bytes and of the work, for the kinds that have it
	binary.ContentType = runtime.ContentTypeProtobuf
	binary.AcceptContentTypes = runtime.ContentTypeProtobuf + "," + runtime.ContentTypeJSON
	if c.Kubernetes, err = kubernetes.NewForConfigAndClient(binary, client); err != nil {
		return Clients{}, fmt.Errorf("client of %s: %w", config.Host, err)
	}
	return c, nil
}

// newHTTPClient does what rest.HTTPClientFor does, with health checks of its
// own: client-go's come from the environment and are shared by the process.
func newHTTPClient(config *rest.Config, h health) (*http.Client, error) {
	tc, err := config.TransportConfig()
	if err != nil {
		return nil, err
	}
	if tc.Transport != nil {
		return rest.HTTPClientFor(config)
	}
	tlsConfig, err := transport.TLSConfigFor(tc)
	if err != nil {
		return nil, err
	}
	dial := (&net.Dialer{Timeout: h.silence(), KeepAlive: h.silence()}).DialContext
	if tc.DialHolder != nil {
		dial = tc.DialHolder.Dial
	}
	proxy := http.ProxyFromEnvironment
	if tc.Proxy != nil {
		proxy = tc.Proxy
	}
	wrapped, err := transport.HTTPWrappersForConfig(tc, &http.Transport{
		Proxy:               proxy,
		TLSClientConfig:     tlsConfig,
		TLSHandshakeTimeout: h.silence(),
		MaxIdleConnsPerHost: 25,
		DialContext:         dial,
		DisableCompression:  tc.DisableCompression,
		ForceAttemptHTTP2:   true,
		HTTP2:               &http.HTTP2Config{SendPingTimeout: h.idle, PingTimeout: h.ping},
	})
	if err != nil {
		return nil, err
	}
	return &http.Client{Transport: wrapped}, nil
}

// raw returns the client for answers that have no watch.
func (c Clients) raw() rest.Interface { return c.Kubernetes.CoreV1().RESTClient() }
