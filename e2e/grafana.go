package e2e

import (
	"context"
	"errors"

	"github.com/onsi/ginkgo/v2"

	"github.com/scaleproof/scaleproof/e2e/dashboard"
	"github.com/scaleproof/scaleproof/e2e/grafana"
	"github.com/scaleproof/scaleproof/e2e/load"
	"github.com/scaleproof/scaleproof/e2e/timeline"
	"github.com/scaleproof/scaleproof/e2e/watch"
	"github.com/scaleproof/scaleproof/fixtures/stack"
)

// OpenGrafana logs in to the stack's Grafana by the password of its Secret, and
// records from now on whether its Prometheus is healthy and what the HPA
// dashboard, as Grafana has it, draws of one of the app's ScaledObjects.
func (a *App) OpenGrafana(ctx context.Context, scaledObject string) {
	ginkgo.GinkgoHelper()
	place, err := grafana.Find(ctx, a.env.watched.Kubernetes, stack.MonitoringNamespace, stack.Grafana)
	if err != nil {
		ginkgo.Fail(err.Error())
	}
	tunnel, err := load.Forward(context.WithoutCancel(ctx), a.env.rest, place.Namespace, place.Pod, place.Port)
	if err != nil {
		ginkgo.Fail(err.Error())
	}
	ginkgo.DeferCleanup(tunnel.Close)
	client, err := grafana.New(tunnel.URL(), tunnel.Client().Transport)
	if err != nil {
		ginkgo.Fail(err.Error())
	}
	switch err := client.Login(ctx, place.User, place.Password); {
	case errors.Is(err, grafana.ErrRefused):
		a.Timeline.Record(timeline.Moment{Kind: timeline.Grafana, Object: "login", Field: "ok", Text: err.Error()})
		return
	case err != nil:
		ginkgo.Fail(err.Error())
	}
	a.Timeline.Record(timeline.Moment{Kind: timeline.Grafana, Object: "login", Field: "ok", Value: 1})
	a.recorder.Sample(samplePeriod, health(client))
	queries, err := client.Dashboard(ctx, stack.HPADashboard)
	switch {
	case errors.Is(err, grafana.ErrAbsent):
		a.Timeline.Record(timeline.Moment{Kind: timeline.Grafana, Object: "dashboard", Field: "found", Text: err.Error()})
		return
	case err != nil:
		ginkgo.Fail(err.Error())
	}
	for _, query := range a.filled(queries, scaledObject) {
		a.recorder.Sample(samplePeriod, drawn(client, query))
	}
}

// health reads what Grafana says of its Prometheus.
func health(client *grafana.Client) watch.Sampler {
	const object = "datasource"
	return watch.Sampler{Kind: timeline.Grafana, Object: object, Read: func(ctx context.Context) ([]timeline.Moment, error) {
		found, err := client.Health(ctx, stack.GrafanaPrometheus)
		if err != nil {
			return nil, err
		}
		m := timeline.Moment{Kind: timeline.Grafana, Object: object, Field: "healthy", Text: found.Message}
		if found.OK {
			m.Value = 1
		}
		return []timeline.Moment{m}, nil
	}}
}

// drawn reads what a panel draws in Grafana.
func drawn(client *grafana.Client, query dashboard.Query) watch.Sampler {
	return watch.Sampler{Kind: timeline.Grafana, Object: query.Name, Read: func(ctx context.Context) ([]timeline.Moment, error) {
		values, err := client.Draw(ctx, stack.GrafanaPrometheus, query)
		if err != nil {
			return nil, err
		}
		return watch.Drawn(timeline.Grafana, query.Name, values), nil
	}}
}
