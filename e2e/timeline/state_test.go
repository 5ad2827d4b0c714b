package timeline_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

func podReady(name string, v float64) timeline.Moment {
	return timeline.Moment{Kind: timeline.Pod, Object: name, Field: "ready", Value: v}
}

func gone(m timeline.Moment) timeline.Moment {
	m.Gone, m.Value = true, 0
	return m
}

func after(moments ...timeline.Moment) *timeline.State {
	s := timeline.NewState()
	for i, m := range moments {
		s.Apply(at(i, m))
	}
	return s
}

func TestStateKnowsWhatIsThere(t *testing.T) {
	s := after(podReady("a", 0), podReady("b", 1), podReady("c", 1), podReady("a", 1), gone(podReady("b", 0)))
	var got []string
	for _, m := range s.All(timeline.Pod, "ready") {
		got = append(got, m.Object)
	}
	if diff := cmp.Diff([]string{"a", "c"}, got); diff != "" {
		t.Errorf("pods (-want +got):\n%s", diff)
	}
	if _, ok := s.Get(timeline.Pod, "b", "ready"); ok {
		t.Error("a pod that is gone is still ready")
	}
	if _, ok := s.Only(timeline.Pod, "ready"); ok {
		t.Error("one of two pods is taken for the only one")
	}
	s.Apply(gone(podReady("c", 0)))
	if m, ok := s.Only(timeline.Pod, "ready"); !ok || m.Object != "a" {
		t.Errorf("the only pod is %v, %t; want a", m.Object, ok)
	}
	s.Apply(gone(podReady("a", 0)))
	if _, ok := s.Value(timeline.Pod, "ready"); ok {
		t.Error("no pod has a value")
	}
}

func TestApplyReturnsWhatIsReplaced(t *testing.T) {
	s := timeline.NewState()
	if before := s.Apply(at(1, ready(1))); !before.At.IsZero() {
		t.Errorf("the first moment replaces %v", before)
	}
	if before := s.Apply(at(2, ready(4))); before.Value != 1 {
		t.Errorf("the second moment replaces %v, want 1", before.Value)
	}
}

func TestHistoryBeginsWithTheClock(t *testing.T) {
	s := after(ready(1))
	s.Since = at(5, timeline.Moment{}).At
	s.Apply(at(6, ready(4)))
	s.Apply(at(7, ready(8)))
	var got []float64
	for _, m := range s.History(timeline.Replicas, "ready") {
		got = append(got, m.Value)
	}
	if diff := cmp.Diff([]float64{4, 8}, got); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
}

// TestWas knows a value that was there when the clock started, also of what is
// gone by now, and none that was there before.
func TestWas(t *testing.T) {
	s := after(ready(1), ready(2))
	s.Since = at(5, timeline.Moment{}).At
	was := func(v float64) bool { return s.Was(timeline.Replicas, ready(v).Object, "ready", v) }
	if was(1) || !was(2) {
		t.Errorf("1: %v, 2: %v, want only what was there when the clock started", was(1), was(2))
	}
	s.Apply(at(6, ready(4)))
	s.Apply(at(7, gone(ready(4))))
	if was(1) || !was(2) || !was(4) {
		t.Errorf("1: %v, 2: %v, 4: %v, want what was there since the clock started", was(1), was(2), was(4))
	}
	if s.Was(timeline.Replicas, "other", "ready", 4) || s.Was(timeline.Replicas, ready(4).Object, "ready", 0) {
		t.Error("something was what it was not")
	}
}

func TestConditions(t *testing.T) {
	spec := func(v float64) timeline.Moment {
		return timeline.Moment{Kind: timeline.Replicas, Object: "shop", Field: "spec", Value: v}
	}
	phase := timeline.Moment{Kind: timeline.Pod, Object: "a", Field: "phase", Text: "Running"}
	metric := timeline.Moment{Kind: timeline.Metric, Object: "s0-prometheus", Field: "value", Value: 31}
	nothing := after()
	for _, test := range []struct {
		condition timeline.Condition
		text      string
		holds     *timeline.State
		fails     []*timeline.State
	}{
		{timeline.Ready(4), "replicas ready >= 4", after(ready(5)), []*timeline.State{nothing, after(ready(3)), after(gone(ready(5)))}},
		{timeline.Settled(4), "replicas spec = 4, and replicas ready = 4", after(spec(4), ready(4)), []*timeline.State{nothing, after(spec(4)), after(spec(8), ready(4))}},
		{timeline.Above(timeline.Replicas, "spec", 1), "replicas spec > 1", after(spec(2)), []*timeline.State{nothing, after(spec(1))}},
		{timeline.Reads("s0-prometheus", 31), "metric s0-prometheus = 31", after(metric), []*timeline.State{nothing, after(gone(metric))}},
		{timeline.Says(timeline.Pod, "a", "phase", "Running"), `pod a phase is "Running"`, after(phase), []*timeline.State{nothing, after(gone(phase))}},
		{timeline.Says(timeline.Pod, "", "phase", "Running"), `pod phase is "Running"`, after(phase), []*timeline.State{nothing}},
	} {
		t.Run(test.text, func(t *testing.T) {
			if test.condition.Text != test.text {
				t.Errorf("its text is %q", test.condition.Text)
			}
			if !test.condition.Holds(test.holds) {
				t.Error("does not hold where it should")
			}
			for i, s := range test.fails {
				if test.condition.Holds(s) {
					t.Errorf("holds in state %d, where it should not", i)
				}
			}
			if test.condition.IsZero() || !(timeline.Condition{}).IsZero() {
				t.Error("a condition is zero just when it is left out")
			}
		})
	}
}
