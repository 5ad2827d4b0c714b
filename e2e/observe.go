package e2e

import (
	"io"

	"github.com/onsi/ginkgo/v2"

	"github.com/scaleproof/scaleproof/e2e/dashboard"
	"github.com/scaleproof/scaleproof/e2e/watch"
	"github.com/scaleproof/scaleproof/fixtures"
	"github.com/scaleproof/scaleproof/fixtures/stack"
)

// prometheus is the stack's own.
var prometheus = watch.Service{Namespace: stack.MonitoringNamespace, Name: stack.Prometheus, Port: stack.PrometheusPort}

// Query records, under a name, what Prometheus answers to a query from now on.
func (a *App) Query(name, query string) {
	ginkgo.GinkgoHelper()
	sampler, err := watch.PromQL(a.env.watched, prometheus, name, query)
	if err != nil {
		ginkgo.Fail(err.Error())
	}
	a.recorder.Sample(samplePeriod, sampler)
}

// Draw records what the panels of the HPA dashboard draw of one of the app's
// ScaledObjects from now on, by asking Prometheus what they ask for, and notes
// how many queries there are.
func (a *App) Draw(scaledObject string) {
	ginkgo.GinkgoHelper()
	file, err := fixtures.Open(stack.HPADashboardFile)
	if err != nil {
		ginkgo.Fail(err.Error())
	}
	defer file.Close()
	data, err := io.ReadAll(file)
	if err != nil {
		ginkgo.Fail(err.Error())
	}
	queries, err := dashboard.Parse(data)
	if err != nil {
		ginkgo.Fail(err.Error())
	}
	for _, query := range a.filled(queries, scaledObject) {
		sampler, err := watch.Panel(a.env.watched, prometheus, query.Name, query.Expr)
		if err != nil {
			ginkgo.Fail(err.Error())
		}
		a.recorder.Sample(samplePeriod, sampler)
	}
}

// filled are a dashboard's queries for one of the app's ScaledObjects, as the
// run's mutant has them.
func (a *App) filled(queries []dashboard.Query, scaledObject string) []dashboard.Query {
	ginkgo.GinkgoHelper()
	a.Wants("panels", float64(len(queries)))
	values := map[string]string{"namespace": a.namespace, "scaledobject": scaledObject}
	filled := make([]dashboard.Query, len(queries))
	for i, query := range queries {
		query, err := query.Fill(values)
		if err != nil {
			ginkgo.Fail(err.Error())
		}
		query.Expr = a.env.mutant.QueryOf(query.Expr)
		filled[i] = query
	}
	return filled
}
