package load

import (
	"fmt"
	"net/http"

	"k8s.io/client-go/rest"
)

// proxied is a Service, reached through the API server.
type proxied struct {
	url    string
	client *http.Client
}

// URL implements Target.
func (p proxied) URL() string { return p.url }

// Client implements Target.
func (p proxied) Client() *http.Client { return p.client }

// Service reaches a port of a Service through the API server's proxy, which
// picks one of its pods for each request.
func Service(config *rest.Config, namespace, name string, port int) (Target, error) {
	base, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return nil, fmt.Errorf("reach Service %s/%s: %w", namespace, name, err)
	}
	transport, err := rest.TransportFor(config)
	if err != nil {
		return nil, fmt.Errorf("reach Service %s/%s: %w", namespace, name, err)
	}
	path := fmt.Sprintf("/api/v1/namespaces/%s/services/%s:%d/proxy", namespace, name, port)
	return proxied{base.JoinPath(path).String(), &http.Client{Transport: transport, CheckRedirect: noRedirect}}, nil
}
