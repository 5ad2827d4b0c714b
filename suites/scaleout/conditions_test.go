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
		// unsampled is what the HPA read before the next sample did.
		unsampled bool
		want      bool
	}{
		"as foretold":                                {steps: []float64{4, 8, 10}, want: false},
		"a step too small":                           {steps: []float64{2}, want: true},
		"a step too large":                           {steps: []float64{5}, want: true},
		"back to where it began":                     {steps: []float64{4, 1, 4, 8, 10}, want: true},
		"back from the maximum":                      {steps: []float64{4, 8, 10, 8}, want: true},
		"from the maximum to one":                    {steps: []float64{4, 8, 10, 1}, want: true},
		"past the maximum":                           {steps: []float64{4, 8, 10, 12}, want: true},
		"past the maximum on its way":                {steps: []float64{4, 8, 16}, want: true},
		"too small, unless a scrape came in between": {steps: []float64{2}, unsampled: true},
		"too large, whatever scrape came in between": {steps: []float64{5}, unsampled: true, want: true},
		"back, whatever scrape came in between":      {steps: []float64{4, 1}, unsampled: true, want: true},
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
			if !test.unsampled {
				moments = append(moments, timeline.Moment{Kind: timeline.Metric, Object: stack.FirstMetric, Field: "value", Value: 31})
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
