package scaleout

import (
	"testing"
	"time"

	"github.com/scaleproof/scaleproof/e2e/timeline"
	"github.com/scaleproof/scaleproof/fixtures/stack"
)

// TestPathOfWhatWasSent has the HPA read a value before the next sample does.
func TestPathOfWhatWasSent(t *testing.T) {
	for name, test := range map[string]struct {
		step float64
		want bool
	}{"as foretold": {4, false}, "a step too small": {2, true}, "a step too large": {5, true}} {
		t.Run(name, func(t *testing.T) {
			began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			state := timeline.NewState()
			state.Since = began
			for i, m := range []timeline.Moment{
				{Kind: timeline.Act, Field: "replicas", Value: 1},
				{Kind: timeline.Metric, Object: stack.FirstMetric, Field: "value", Value: 1},
				{Kind: timeline.Load, Field: "started", Value: 31},
				{Kind: timeline.Replicas, Object: "app", Field: "spec", Value: test.step},
			} {
				m.At = began.Add(time.Duration(i) * time.Second)
				state.Apply(m)
			}
			if got := leavesPath.Holds(state); got != test.want {
				t.Errorf("a step from 1 to %g leaves the path: %t", test.step, got)
			}
		})
	}
}
