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
		steps []float64
		want  bool
	}{
		"as foretold":                 {[]float64{4, 8, 10}, false},
		"a step too small":            {[]float64{2}, true},
		"a step too large":            {[]float64{5}, true},
		"back to where it began":      {[]float64{4, 1, 4, 8, 10}, true},
		"back from the maximum":       {[]float64{4, 8, 10, 8}, true},
		"from the maximum to one":     {[]float64{4, 8, 10, 1}, true},
		"past the maximum":            {[]float64{4, 8, 10, 12}, true},
		"past the maximum on its way": {[]float64{4, 8, 16}, true},
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			state := timeline.NewState()
			state.Since = began
			moments := []timeline.Moment{
				{Kind: timeline.Act, Field: "replicas", Value: 1},
				{Kind: timeline.Metric, Object: stack.FirstMetric, Field: "value", Value: 1},
				{Kind: timeline.Load, Field: "started", Value: 31},
			}
			for _, n := range test.steps {
				moments = append(moments, timeline.Moment{Kind: timeline.Replicas, Object: "app", Field: "spec", Value: n})
			}
			for i, m := range moments {
				m.At = began.Add(time.Duration(i) * time.Second)
				state.Apply(m)
			}
			if got := leavesPath.Holds(state); got != test.want {
				t.Errorf("steps from 1 to %v leave the path: %t", test.steps, got)
			}
		})
	}
}
