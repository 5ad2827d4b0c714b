package promise

import (
	"testing"
	"time"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

func TestFirstHeld(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(second int, m timeline.Moment) timeline.Moment {
		m.At = start.Add(time.Duration(second) * time.Second)
		return m
	}
	ready := func(second int, value float64) timeline.Moment {
		return at(second, timeline.Moment{Kind: timeline.Replicas, Object: "shop", Field: "ready", Value: value})
	}
	lost := func(second int) timeline.Moment {
		return at(second, timeline.Lost(timeline.Replicas, "watch", 0, "cut"))
	}
	seen := func(second int) timeline.Moment { return at(second, timeline.Seen(timeline.Replicas, "watch")) }
	one, none := timeline.Equals(timeline.Replicas, "ready", 1), timeline.None(timeline.Replicas, "ready")
	const never = -1
	for name, test := range map[string]struct {
		moments   []timeline.Moment
		condition timeline.Condition
		want      int
	}{
		"it comes to hold":                      {[]timeline.Moment{ready(1, 0), ready(7, 1), ready(9, 1)}, one, 7},
		"it held before":                        {[]timeline.Moment{ready(1, 1)}, one, 5},
		"it held before, and no more":           {[]timeline.Moment{ready(1, 1), ready(3, 0)}, one, never},
		"it holds at the very moment":           {[]timeline.Moment{ready(1, 0), ready(5, 1)}, one, 5},
		"nothing was recorded":                  {nil, one, never},
		"an absence that was seen":              {[]timeline.Moment{seen(1)}, none, 5},
		"an absence that nobody looked for":     {nil, none, never},
		"an absence while nobody could look":    {[]timeline.Moment{seen(1), lost(3)}, none, never},
		"an absence once somebody could again":  {[]timeline.Moment{seen(1), lost(3), seen(8)}, none, 8},
		"long after, and whatever happens then": {[]timeline.Moment{ready(1, 0), ready(9999, 1), ready(10000, 0)}, one, 9999},
	} {
		t.Run(name, func(t *testing.T) {
			got, held := FirstHeld(test.moments, start.Add(5*time.Second), test.condition)
			if want := start.Add(time.Duration(test.want) * time.Second); held != (test.want != never) || held && !got.Equal(want) {
				t.Errorf("held %v, at %s, want %d", held, got.Sub(start), test.want)
			}
		})
	}
}
