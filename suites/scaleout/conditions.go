package scaleout

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/scaleproof/scaleproof/e2e/hpa"
	"github.com/scaleproof/scaleproof/e2e/timeline"
	"github.com/scaleproof/scaleproof/fixtures/stack"
)

var seen = []timeline.Kind{timeline.HPA, timeline.Metric, timeline.Replicas}

// What is promised is promised for what the fixtures ask for, and not for
// whatever is in force.
var (
	// seed is the seed's ScaledObject.
	seed = hpa.Spec{Min: 1, Max: 10, Target: 2}
	// gauge is the app whose metric a spec sets: any number of pods in a step.
	gauge = hpa.Spec{Min: 1, Max: 10, Target: 10, ScaleUp: []hpa.Policy{{Pods: 10, Period: 15 * time.Second}}}
)

// steps returns the replicas that the scale target was told to have since the
// clock started, the number it started from first.
func steps(s *timeline.State) []int {
	from, ok := start(s)
	if !ok {
		return nil
	}
	steps := []int{from}
	for _, m := range s.History(timeline.Replicas, "spec") {
		if n := int(m.Value); n != steps[len(steps)-1] {
			steps = append(steps, n)
		}
	}
	return steps
}

// pathEnds holds at the end of the path that the seed's numbers foretell for
// what was sent: 1, 4, 8, 10 for 31 requests.
var pathEnds = timeline.Condition{
	Text:  "the scale target is where the path of the HPA's rules ends",
	Kinds: []timeline.Kind{timeline.Metric, timeline.Replicas},
	Holds: func(s *timeline.State) bool {
		sent, done := s.Value(timeline.Load, "done")
		climbed := steps(s)
		if !done || len(climbed) < 2 {
			return false
		}
		path := seed.Path(climbed[0], sent)
		return climbed[len(climbed)-1] == path[len(path)-1]
	},
}

// leavesPath asks of each step whether it goes up, and whether the HPA's rules
// explain it by a value that the metric had, or may have had since the last sample:
// the HPA may read it before the next one does, and a scrape between two requests
// makes one of its own.
var leavesPath = timeline.Condition{
	Text:  "a step back, or one that the HPA's rules do not foretell",
	Kinds: []timeline.Kind{timeline.Metric, timeline.Replicas},
	Holds: func(s *timeline.State) bool {
		climbed := steps(s)
		sent, _ := s.Value(timeline.Load, "started")
		var values []float64
		for _, m := range s.History(timeline.Metric, "value") {
			values = append(values, m.Value)
		}
		last := 0.0
		if len(values) > 0 {
			last = values[len(values)-1]
		}
		for unsampled := last; unsampled <= sent; unsampled++ {
			values = append(values, unsampled)
		}
		for i := 1; i < len(climbed); i++ {
			foretold := func(v float64) bool { return seed.Step(climbed[i-1], v) == climbed[i] }
			if climbed[i] < climbed[i-1] || !slices.ContainsFunc(values, foretold) {
				return true
			}
		}
		return false
	},
}

// settled returns the value that a spec set, once the metrics API reads it, and
// the HPA's current and desired replicas.
func settled(s *timeline.State) (value float64, current, desired int, ok bool) {
	set, ok1 := s.Value(timeline.Load, "gauge")
	read, ok2 := s.Get(timeline.Metric, stack.FirstMetric, "value")
	now, ok3 := s.Value(timeline.HPA, "current")
	wants, ok4 := s.Value(timeline.HPA, "desired")
	return set, int(now), int(wants), ok1 && ok2 && ok3 && ok4 && read.Value == set
}

var desiredIsCeiling = timeline.Condition{
	Text:  "desired = ceiling(value / threshold) within bounds",
	Kinds: seen,
	Holds: func(s *timeline.State) bool {
		value, _, desired, ok := settled(s)
		ceiling := int(math.Ceil(value / gauge.Target))
		return ok && desired == min(max(ceiling, gauge.Min), gauge.Max) && synced(s)
	},
}

// synced holds once the HPA's own status shows the value: before, its desired
// replicas are the answer to an older question.
func synced(s *timeline.State) bool {
	average, ok1 := s.Value(timeline.HPA, "average")
	current, ok2 := s.Value(timeline.HPA, "current")
	value, ok3 := s.Get(timeline.Metric, stack.FirstMetric, "value")
	return ok1 && ok2 && ok3 && hpa.Shows(average, current, value.Value)
}

// start returns the replicas that the spec started from.
func start(s *timeline.State) (int, bool) {
	v, ok := s.Value(timeline.Act, "replicas")
	return int(v), ok
}

// toleranceStep returns the replicas that the spec started from, those that the
// HPA desires, and those that the model asks for from there.
func toleranceStep(s *timeline.State) (from, desired, asked int, ok bool) {
	value, _, desired, ok1 := settled(s)
	from, ok2 := start(s)
	return from, desired, gauge.Step(from, value), ok1 && ok2
}

var desiredHeedsTolerance = timeline.Condition{
	Text:  "desired is what the ratio asks for, its tolerance heeded",
	Kinds: seen,
	Holds: func(s *timeline.State) bool {
		_, desired, asked, ok := toleranceStep(s)
		return ok && desired == asked && synced(s)
	},
}

var movesWithinTolerance = timeline.Condition{
	Text:  "a step that the ratio does not ask for",
	Kinds: seen,
	Holds: func(s *timeline.State) bool {
		from, desired, asked, ok := toleranceStep(s)
		return ok && desired != from && desired != asked
	},
}

// rightReasons compares the HPA's three conditions with those that the model
// gives for the same replicas and value.
var rightReasons = timeline.Condition{
	Text:  "AbleToScale, ScalingActive by ValidMetricFound, and ScalingLimited for the right reason",
	Kinds: seen,
	Holds: func(s *timeline.State) bool {
		value, current, _, ok1 := settled(s)
		able, ok2 := s.Value(timeline.HPA, "AbleToScale")
		active, ok3 := s.Only(timeline.HPA, "ScalingActive")
		limited, ok4 := s.Only(timeline.HPA, "ScalingLimited")
		return ok1 && ok2 && ok3 && ok4 && synced(s) &&
			able == 1 && active.Value == 1 && active.Text == "ValidMetricFound" &&
			limited.Text == gauge.Limited(current, value)
	},
}

// mirrors compares the HPA with its ScaledObject, field by field as the seed's
// listing shows them.
var mirrors = timeline.Condition{
	Text:  "name, owner, labels, reference, bounds, target type and threshold are the ScaledObject's",
	Kinds: []timeline.Kind{timeline.HPA, timeline.ScaledObject},
	Holds: func(s *timeline.State) bool {
		high, ok := s.Only(timeline.ScaledObject, "max")
		if !ok || !editsTaken(s) {
			return false // an edit that was not seen yet is not mirrored
		}
		name := high.Object
		for field, want := range expectedHPA(s, name) {
			got, ok := s.Get(timeline.HPA, "keda-hpa-"+name, field)
			if !ok || want == "" || described(got) != want {
				return false
			}
		}
		owned, ok := s.Get(timeline.HPA, "keda-hpa-"+name, "labels")
		return ok && hasLabels(owned.Text, map[string]string{
			"app.kubernetes.io/managed-by": "keda-operator",
			"app.kubernetes.io/name":       "keda-hpa-" + name,
			"app.kubernetes.io/part-of":    name,
			stack.ScaledObjectLabel:        name,
		}) && strings.Contains(owned.Text, "app.kubernetes.io/version=")
	},
}

// editsTaken holds while the ScaledObject reads all that the spec has edited it to.
func editsTaken(s *timeline.State) bool {
	high, _ := s.Only(timeline.ScaledObject, "max")
	triggers, _ := s.Only(timeline.ScaledObject, "triggers")
	for field, reads := range map[string]string{"max": described(high), "threshold": threshold(triggers.Text)} {
		if edited, isEdited := s.Only(timeline.Act, field); isEdited && described(edited) != reads {
			return false
		}
	}
	return true
}

// expectedHPA says what each field of the HPA must read.
func expectedHPA(s *timeline.State, name string) map[string]string {
	text := func(field string) string {
		m, _ := s.Get(timeline.ScaledObject, name, field)
		return described(m)
	}
	return map[string]string{
		"owner": "ScaledObject/" + name,
		"ref":   text("ref"),
		"min":   text("min"),
		"max":   text("max"),
		"metrics": stack.FirstMetric + "{" + stack.ScaledObjectLabel + "=" + name + "} AverageValue " +
			threshold(text("triggers")),
	}
}

// threshold is that of the only trigger, as the recorder prints it: "prometheus
// threshold=2".
func threshold(triggers string) string {
	_, value, _ := strings.Cut(triggers, "threshold=")
	return value
}

// described is a moment's word, or its number where it has none.
func described(m timeline.Moment) string {
	if m.Text != "" || m.At.IsZero() {
		return m.Text
	}
	return timeline.Number(m.Value)
}

func hasLabels(text string, want map[string]string) bool {
	labels := strings.Split(text, ",")
	for key, value := range want {
		if !slices.Contains(labels, key+"="+value) {
			return false
		}
	}
	return true
}
