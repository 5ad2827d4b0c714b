package timeline_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

func ready(v float64) timeline.Moment {
	return timeline.Moment{Kind: timeline.Replicas, Object: "shop", Field: "ready", Value: v}
}

func at(seconds int, m timeline.Moment) timeline.Moment {
	m.At = time.Unix(1000+int64(seconds), 0).UTC()
	return m
}

func TestRecordStampsAllMomentsOfACallAlike(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tl := timeline.New()
		first := tl.Record(ready(1), at(-500, ready(2)))
		<-time.After(time.Second)
		second := tl.Record(ready(3))
		got := tl.Moments()
		if !got[0].At.Equal(first) || !got[1].At.Equal(first) || !got[2].At.Equal(second) {
			t.Errorf("moments at %s, %s and %s; want %s twice and %s", got[0].At, got[1].At, got[2].At, first, second)
		}
		if second.Sub(first) != time.Second {
			t.Errorf("calls a second apart are stamped %s apart", second.Sub(first))
		}
	})
}

func TestMomentsOnceReadDoNotChange(t *testing.T) {
	tl := timeline.New()
	tl.Record(ready(1))
	before := tl.Moments()
	tl.Record(ready(2), ready(3))
	_ = append(before, ready(99)) // must not reach into the timeline
	if got := tl.Moments(); len(before) != 1 || len(got) != 3 || got[1].Value != 2 {
		t.Errorf("read %d moments, then %v; want 1, then 1 2 3", len(before), got)
	}
}

func TestChangedIsClosedByTheNextMoment(t *testing.T) {
	tl := timeline.New()
	changed := tl.Changed()
	tl.Record()
	select {
	case <-changed:
		t.Error("changed by no moment")
	default:
	}
	tl.Record(ready(1))
	select {
	case <-changed:
	default:
		t.Error("not changed by a moment")
	}
	if changed == tl.Changed() {
		t.Error("the same channel serves again")
	}
}

func TestOfSortsByTimeAndKeepsTheOrderOfOneTime(t *testing.T) {
	tl := timeline.Of(at(2, ready(3)), at(1, ready(1)), at(1, ready(2)))
	var got []float64
	for _, m := range tl.Moments() {
		got = append(got, m.Value)
	}
	if diff := cmp.Diff([]float64{1, 2, 3}, got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

func TestBlinds(t *testing.T) {
	lost := func(seconds int, object, why string) timeline.Moment {
		return at(seconds, timeline.Lost(timeline.HPA, object, 2*time.Second, why))
	}
	seen := func(seconds int, object string) timeline.Moment {
		return at(seconds, timeline.Seen(timeline.HPA, object))
	}
	blind := func(from, to int, why string) timeline.Blind {
		b := timeline.Blind{Kind: timeline.HPA, From: at(from, timeline.Moment{}).At, Why: why}
		if to != 0 {
			b.To = at(to, timeline.Moment{}).At
		}
		return b
	}
	for _, test := range []struct {
		name    string
		moments []timeline.Moment
		want    []timeline.Blind
	}{
		{"none", []timeline.Moment{at(1, ready(1)), seen(2, "a")}, nil},
		{"a gap begins before it is noticed", []timeline.Moment{lost(5, "a", "cut"), seen(9, "a")}, []timeline.Blind{blind(3, 9, "cut")}},
		{"open", []timeline.Moment{lost(5, "a", "cut")}, []timeline.Blind{blind(3, 0, "cut")}},
		{"lost again while lost", []timeline.Moment{lost(5, "a", "cut"), lost(6, "a", "again"), seen(9, "a")}, []timeline.Blind{blind(3, 9, "cut")}},
		{"one after the other", []timeline.Moment{lost(5, "a", "cut"), seen(6, "a"), lost(9, "a", "cut"), seen(10, "a")},
			[]timeline.Blind{blind(3, 6, "cut"), blind(7, 10, "cut")}},
		{"two recorders of a kind", []timeline.Moment{lost(5, "a", "cut"), lost(6, "b", "refused"), seen(7, "a")},
			[]timeline.Blind{blind(3, 7, "cut"), blind(4, 0, "refused")}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, timeline.Blinds(test.moments)); diff != "" {
				t.Errorf("gaps (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOverlaps(t *testing.T) {
	second := func(n int) time.Time { return at(n, timeline.Moment{}).At }
	for _, test := range []struct {
		name     string
		from, to int // of the gap; to 0: open
		want     bool
	}{
		{"before", 1, 10, false}, {"into", 1, 11, true}, {"inside", 12, 13, true}, {"around", 1, 30, true},
		{"out of", 19, 30, true}, {"after", 20, 30, false}, {"open", 12, 0, true}, {"open after", 21, 0, false},
	} {
		b := timeline.Blind{From: second(test.from)}
		if test.to != 0 {
			b.To = second(test.to)
		}
		if got := b.Overlaps(second(10), second(20)); got != test.want {
			t.Errorf("%s: a gap from %d to %d overlaps 10 to 20: %t, want %t", test.name, test.from, test.to, got, test.want)
		}
	}
}

func TestChange(t *testing.T) {
	active := func(v float64, reason string) timeline.Moment {
		return timeline.Moment{Kind: timeline.HPA, Object: "hpa", Field: "ScalingActive", Value: v, Text: reason}
	}
	gone := ready(0)
	gone.Gone = true
	for _, test := range []struct {
		before, now timeline.Moment
		want        string
	}{
		{timeline.Moment{}, ready(4), "shop ready 4"},
		{at(1, ready(1)), ready(4), "shop ready 1 -> 4"},
		{at(1, ready(1)), gone, "shop ready gone"},
		{at(1, gone), ready(1), "shop ready 1"},
		{at(1, active(0, "InvalidMetric")), active(1, "ValidMetricFound"), "hpa ScalingActive InvalidMetric -> ValidMetricFound"},
		{timeline.Moment{}, active(1, "ValidMetricFound"), "hpa ScalingActive ValidMetricFound"},
		{timeline.Moment{}, timeline.Moment{Kind: timeline.Load, Field: "done", Value: 0.5}, "done 0.5"},
	} {
		if got := test.now.Change(test.before); got != test.want {
			t.Errorf("change is told as %q, want %q", got, test.want)
		}
	}
}
