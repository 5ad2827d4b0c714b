package watch

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"time"

	promapi "github.com/prometheus/client_golang/api"
	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// Service names a port of a Service that is reached through the API server.
type Service struct {
	Namespace, Name string
	Port            int
}

// proxy returns the path at which the API server passes requests on.
func (s Service) proxy() string {
	return fmt.Sprintf("/api/v1/namespaces/%s/services/%s:%d/proxy", s.Namespace, s.Name, s.Port)
}

// PromQL asks Prometheus itself for the value of a query that returns one
// number: a scalar, or a vector with one element. name is the moment's object.
//
// The query has no value while its vector is empty, or not a number. A vector
// of several elements is a mistake in the query: no value can be told.
func PromQL(c Clients, prometheus Service, name, query string) (Sampler, error) {
	api, err := c.prometheus(prometheus)
	if err != nil {
		return Sampler{}, err
	}
	return Sampler{Kind: timeline.Prometheus, Object: name, Read: func(ctx context.Context) ([]timeline.Moment, error) {
		answer, _, _, err := api.Query(ctx, query, time.Time{})
		if err != nil {
			return nil, fmt.Errorf("query %s: %w", name, err)
		}
		value, ok, err := one(answer)
		if err != nil {
			return nil, fmt.Errorf("query %s (%s): %w", name, query, err)
		}
		if !ok {
			return nil, nil
		}
		w := writer{kind: timeline.Prometheus, object: name}
		w.number("value", value)
		return w.moments, nil
	}}, nil
}

// prometheus returns the API of a Prometheus.
func (c Clients) prometheus(service Service) (promv1.API, error) {
	client, err := promapi.NewClient(promapi.Config{
		Address:      c.host + service.proxy(),
		RoundTripper: counted{c.http.Transport},
	})
	if err != nil {
		return nil, fmt.Errorf("reach Prometheus %s/%s: %w", service.Namespace, service.Name, err)
	}
	return promv1.NewAPI(client), nil
}

// one returns the only number of an answer. It is false where there is none.
func one(value model.Value) (float64, bool, error) {
	var number float64
	switch v := value.(type) {
	case *model.Scalar:
		number = float64(v.Value)
	case model.Vector:
		switch len(v) {
		case 0:
			return 0, false, nil
		case 1:
			number = float64(v[0].Value)
		default:
			return 0, false, fmt.Errorf("%d series and not one: aggregate them", len(v))
		}
	default:
		return 0, false, fmt.Errorf("a %s and not a number", value.Type())
	}
	if math.IsNaN(number) || math.IsInf(number, 0) {
		return 0, false, nil
	}
	return number, true, nil
}

// counted counts requests that client-go's hooks do not see.
type counted struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (c counted) RoundTrip(r *http.Request) (*http.Response, error) {
	counts.request(r.Context(), r.Method)
	return c.next.RoundTrip(r)
}
