package e2e

import (
	"context"
	"fmt"
	"time"

	"github.com/onsi/ginkgo/v2"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/scaleproof/scaleproof/e2e/promise"
	"github.com/scaleproof/scaleproof/fixtures/stack"
)

// defaultScrape is what Prometheus' operator sets where nobody says anything.
const defaultScrape = 30 * time.Second

// monitor is an object that tells Prometheus what to scrape, and how often.
type monitor struct {
	term            promise.Term
	kind, endpoints string
	namespace, name string
	optional        bool
}

// monitors are those that promises are made of. Who tells of HPAs differs: the
// controller-manager where its metrics can be reached, kube-state-metrics where
// it is installed.
var monitors = []monitor{
	{term: promise.Scrape, kind: "PodMonitor", endpoints: "podMetricsEndpoints", namespace: stack.MonitoringNamespace, name: stack.PodMonitor},
	{term: promise.KEDAScrape, kind: "PodMonitor", endpoints: "podMetricsEndpoints", namespace: stack.KEDANamespace, name: stack.KEDAPodMonitor, optional: true},
	{term: promise.KarpenterScrape, kind: "PodMonitor", endpoints: "podMetricsEndpoints", namespace: stack.KarpenterNamespace, name: stack.Karpenter, optional: true},
	{term: promise.SlowestScrape, kind: "ServiceMonitor", endpoints: "endpoints", namespace: stack.MonitoringNamespace,
		name: stack.ControllerManagerMonitor, optional: true},
	{term: promise.SlowestScrape, kind: "ServiceMonitor", endpoints: "endpoints", namespace: stack.MonitoringNamespace,
		name: stack.StateMetricsMonitor, optional: true},
}

// scrapeIntervals reads how often Prometheus asks whom. A monitor that is not
// there has no cost, and a promise that needs it is an error.
func (e *Env) scrapeIntervals(ctx context.Context, costs promise.Costs) error {
	for _, m := range monitors {
		interval, err := e.scrapeInterval(ctx, m)
		if apierrors.IsNotFound(err) && m.optional {
			continue
		}
		if err != nil {
			return fmt.Errorf("read the %s in force: %w", m.term.Name, err)
		}
		costs[m.term.Name] = max(costs[m.term.Name], interval)
	}
	if hpa, ok := costs[promise.SlowestScrape.Name]; ok {
		costs[promise.SlowestScrape.Name] = max(hpa, costs[promise.Scrape.Name], costs[promise.KEDAScrape.Name])
	}
	return nil
}

// Scraped tells whether Prometheus asks those whose interval a term is.
func (e *Env) Scraped(ctx context.Context, term promise.Term) bool {
	ginkgo.GinkgoHelper()
	costs := promise.Costs{}
	if err := e.scrapeIntervals(ctx, costs); err != nil {
		ginkgo.Fail(err.Error())
	}
	_, scraped := costs[term.Name]
	return scraped
}

// scrapeInterval is that of a monitor's slowest endpoint; where that has none,
// Prometheus' own.
func (e *Env) scrapeInterval(ctx context.Context, m monitor) (time.Duration, error) {
	object, err := e.monitoring(ctx, m.kind, m.namespace, m.name)
	if err != nil {
		return 0, err
	}
	endpoints, _, _ := unstructured.NestedSlice(object.Object, "spec", m.endpoints)
	var longest time.Duration
	for _, endpoint := range endpoints {
		fields, _ := endpoint.(map[string]any)
		text, _, _ := unstructured.NestedString(fields, "interval")
		interval, err := e.orDefault(ctx, text)
		if err != nil {
			return 0, fmt.Errorf("interval of %s %s: %w", m.kind, m.name, err)
		}
		longest = max(longest, interval)
	}
	if longest == 0 {
		return 0, fmt.Errorf("%s %s/%s has no endpoint", m.kind, m.namespace, m.name)
	}
	return longest, nil
}

// orDefault reads an interval; none is the one of the Prometheus.
func (e *Env) orDefault(ctx context.Context, text string) (time.Duration, error) {
	if text == "" {
		prometheus, err := e.monitoring(ctx, "Prometheus", stack.MonitoringNamespace, stack.Prometheus)
		if err != nil {
			return 0, err
		}
		if text, _, _ = unstructured.NestedString(prometheus.Object, "spec", "scrapeInterval"); text == "" {
			return defaultScrape, nil
		}
	}
	return time.ParseDuration(text)
}

// monitoring gets an object of Prometheus' operator.
func (e *Env) monitoring(ctx context.Context, kind, namespace, name string) (*unstructured.Unstructured, error) {
	object := &unstructured.Unstructured{}
	object.SetAPIVersion("monitoring.coreos.com/v1")
	object.SetKind(kind)
	return object, e.client.Resources().Get(ctx, name, namespace, object)
}
