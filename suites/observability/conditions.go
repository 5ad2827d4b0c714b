package observability

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/scaleproof/scaleproof/e2e/timeline"
	"github.com/scaleproof/scaleproof/fixtures/stack"
)

// KEDA's own metrics, by which they are recorded too.
const (
	kedaValue  = "keda_scaler_metrics_value"
	kedaActive = "keda_scaler_active"
	kedaErrors = "keda_scaler_detail_errors_total"
)

// queries ask Prometheus for KEDA's metrics of one app: a few pods of KEDA's
// operator may have told of it, one after the other. KEDA's label for the
// namespace makes way for that of its pod.
func queries(namespace, scaledObject string) map[string]string {
	of := fmt.Sprintf(`{exported_namespace=%q, scaledObject=%q, metric=%q}`, namespace, scaledObject, stack.FirstMetric)
	return map[string]string{
		kedaValue:  "max(" + kedaValue + of + ")",
		kedaActive: "max(" + kedaActive + of + ")",
		kedaErrors: "sum(" + kedaErrors + of + ")",
	}
}

// kedaTellsWhatWasObserved compares KEDA's metrics with the value that the
// metrics API serves and the activity that the ScaledObject shows. While the API
// serves none, what KEDA must tell of is an error more than when the value was
// taken away.
var kedaTellsWhatWasObserved = timeline.Condition{
	Text:  "KEDA's metrics are what the metrics API and the ScaledObject show",
	Kinds: []timeline.Kind{timeline.Prometheus, timeline.Metric, timeline.ScaledObject},
	Holds: func(s *timeline.State) bool {
		served, isServed := s.Get(timeline.Metric, stack.FirstMetric, "value")
		if !isServed {
			before, ok1 := s.Get(timeline.Act, "", "errors")
			errors, ok2 := s.Get(timeline.Prometheus, kedaErrors, "value")
			return ok1 && ok2 && errors.Value > before.Value
		}
		value, ok1 := s.Get(timeline.Prometheus, kedaValue, "value")
		active, ok2 := s.Get(timeline.Prometheus, kedaActive, "value")
		shown, ok3 := s.Value(timeline.ScaledObject, "Active")
		return ok1 && ok2 && ok3 && value.Value == served.Value && active.Value == shown
	},
}

// stages are the conditions of a NodeClaim that come true one after the other.
var stages = []string{"Launched", "Registered", "Initialized", "Ready"}

// rounding is how far Karpenter's metrics may be from the truth: they are
// differences of a condition's times, which the API keeps in whole seconds.
const rounding = 2 * time.Second

// durations ask Prometheus for how long, by Karpenter's metrics, the stages of
// the NodeClaims of a pool were awaited.
func durations(pool string) map[string]string {
	const name = "operator_nodeclaim_status_condition_transition_seconds"
	all := map[string]string{}
	for _, stage := range stages {
		of := fmt.Sprintf(`{karpenter_sh_nodepool=%q, type=%q, status="Unknown"}`, pool, stage)
		all[stage] = "sum(" + name + "_sum" + of + ") / sum(" + name + "_count" + of + ")"
	}
	return all
}

// anyReady holds once a node that was asked for is there.
var anyReady = timeline.Condition{
	Text:  "a NodeClaim is ready",
	Kinds: []timeline.Kind{timeline.NodeClaim},
	Holds: func(s *timeline.State) bool {
		return slices.ContainsFunc(s.All(timeline.NodeClaim, "Ready"), func(m timeline.Moment) bool { return m.Value == 1 })
	},
}

// karpenterAgrees compares Karpenter's durations, the mean of a pool's NodeClaims,
// with the times at which the claims were seen to begin and to go on.
var karpenterAgrees = timeline.Condition{
	Text:  "Karpenter's durations are those that were seen",
	Kinds: []timeline.Kind{timeline.Prometheus, timeline.NodeClaim},
	Holds: func(s *timeline.State) bool {
		for _, stage := range stages {
			told, ok := s.Get(timeline.Prometheus, stage, "value")
			seen, n := 0.0, 0.0
			for _, began := range s.All(timeline.NodeClaim, "requests") {
				if reached, ok := s.Get(timeline.NodeClaim, began.Object, stage); ok && reached.Value == 1 {
					seen, n = seen+reached.At.Sub(began.At).Seconds(), n+1
				}
			}
			if !ok || n == 0 || math.Abs(told.Value-seen/n) > rounding.Seconds() {
				return false
			}
		}
		return true
	},
}

// same are the queries of the dashboard that must show just what was observed
// elsewhere. Of the others it is enough that they show something.
var same = []struct {
	panel string
	is    func(*timeline.State) (float64, bool)
}{
	{"Replicas desired", of(timeline.HPA, "desired")},
	{"Replicas answering", of(timeline.Replicas, "ready")},
	{"Metric value", of(timeline.Metric, "value")},
	{"Requests counted", of(timeline.Load, "done")},
	{"Activity active", of(timeline.ScaledObject, "Active")},
}

func of(kind timeline.Kind, field string) func(*timeline.State) (float64, bool) {
	return func(s *timeline.State) (float64, bool) { return s.Value(kind, field) }
}

// shows holds while every query of the dashboard draws something, and those
// above what happened.
func shows(kind timeline.Kind) timeline.Condition {
	return timeline.Condition{
		Text:  "every panel draws something, and replicas, metric, requests and activity as they are",
		Kinds: []timeline.Kind{kind, timeline.HPA, timeline.Replicas, timeline.Metric, timeline.ScaledObject},
		Holds: func(s *timeline.State) bool {
			panels, known := s.Get(timeline.Act, "", "panels")
			all := s.All(kind, "series")
			if !known || float64(len(all)) != panels.Value {
				return false
			}
			for _, panel := range all {
				if panel.Value == 0 {
					return false
				}
			}
			for _, one := range same {
				is, ok1 := one.is(s)
				drawn, ok2 := s.Get(kind, one.panel, "value")
				if !ok1 || !ok2 || drawn.Value != is {
					return false
				}
			}
			return true
		},
	}
}

var opened = timeline.Condition{
	Text:  "the login is accepted",
	Kinds: []timeline.Kind{timeline.Grafana},
	Holds: func(s *timeline.State) bool { return is(s, "login", "ok") },
}

var healthy = timeline.Condition{
	Text:  "Grafana finds its Prometheus healthy",
	Kinds: []timeline.Kind{timeline.Grafana},
	Holds: func(s *timeline.State) bool { return is(s, "datasource", "healthy") },
}

func is(s *timeline.State, object, field string) bool {
	m, ok := s.Get(timeline.Grafana, object, field)
	return ok && m.Value == 1
}
