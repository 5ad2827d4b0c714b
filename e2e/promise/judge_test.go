package promise

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

var (
	start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	costs = Costs{"scrape": 5 * time.Second, "KEDA poll": 5 * time.Second, "consolidateAfter": 10 * time.Second}
)

func at(seconds float64, m timeline.Moment) timeline.Moment {
	m.At = start.Add(time.Duration(seconds * float64(time.Second)))
	return m
}

func ready(n float64) timeline.Moment {
	return timeline.Moment{Kind: timeline.Replicas, Object: "app", Field: "ready", Value: n}
}

func sampled(within float64, m timeline.Moment) timeline.Moment {
	m.Within = time.Duration(within * float64(time.Second))
	return m
}

func lost(since float64) timeline.Moment {
	return timeline.Lost(timeline.Replicas, "", time.Duration(since*float64(time.Second)), "connection refused")
}

var (
	within   = Promise{ID: "a.within", Level: Must, Claim: "c", Kept: timeline.Ready(2), Limit: Sum(Scrape, KEDAPoll)}
	holds    = Promise{ID: "a.holds", Level: Must, Claim: "c", Never: timeline.Ready(3), For: Sum(ConsolidateAfter)}
	twoSided = Promise{ID: "a.two-sided", Level: Must, Claim: "c", Kept: timeline.Ready(2), Early: Sum(ConsolidateAfter), Limit: Sum(ConsolidateAfter, Scrape)}
	pathed   = Promise{ID: "a.path", Level: Must, Claim: "c", Kept: timeline.Ready(2), Limit: Sum(Scrape, KEDAPoll), Never: timeline.Ready(3)}
)

// What two-sided conditions, and those of absence, are about.
var (
	podsGone = timeline.Moment{Kind: timeline.Pod, Object: "web", Field: "ready", Gone: true}
	lostPods = timeline.Lost(timeline.Pod, "", 0, "connection refused")

	windowed = Promise{ID: "a.windowed", Level: Must, Claim: "c", Kept: timeline.Ready(2), Limit: Sum(ConsolidateAfter, Scrape), Never: timeline.Ready(3), For: Sum(ConsolidateAfter)}
	watched  = Promise{ID: "a.watched", Level: Must, Claim: "c", Kept: timeline.Ready(2), Limit: Sum(Scrape, KEDAPoll), Never: timeline.Ready(3), After: Sum(Scrape)}
	emptied  = Promise{ID: "a.emptied", Level: Must, Claim: "c", Kept: timeline.None(timeline.Pod, "ready"), Limit: Sum(ConsolidateAfter)}
	unwanted = Promise{ID: "a.unwanted", Level: Must, Claim: "c", Never: timeline.All(timeline.Ready(2), timeline.None(timeline.Pod, "ready")), For: Sum(ConsolidateAfter)}
)

func pods(ready float64) timeline.Moment {
	return timeline.Moment{Kind: timeline.Pod, Object: "web", Field: "ready", Value: ready}
}

func TestJudge(t *testing.T) {
	up := []timeline.Moment{at(-1, ready(1)), at(4, ready(2))}
	for _, test := range []struct {
		name    string
		promise Promise
		moments []timeline.Moment
		now     float64
		want    Outcome
		took    float64
	}{
		{"in time", within, up, 5, Kept, 4},
		{"already so when the clock starts", within, []timeline.Moment{at(-1, ready(2))}, 1, Kept, 0},
		{"what was so before and is no more does not count", within, []timeline.Moment{at(-2, ready(2)), at(-1, ready(1))}, 5, Undecided, 5},
		{"at the limit itself", within, []timeline.Moment{at(10, ready(2))}, 10, Kept, 10},
		{"late, and measured", within, []timeline.Moment{at(0, ready(1)), at(12, ready(2))}, 13, Late, 12},
		{"late by less than the sample's error", within, []timeline.Moment{at(0, ready(1)), at(10.4, sampled(0.5, ready(2)))}, 13, Kept, 10.4},
		{"late by more than the sample's error", within, []timeline.Moment{at(0, ready(1)), at(10.6, sampled(0.5, ready(2)))}, 13, Late, 10.6},
		{"too soon to say", within, []timeline.Moment{at(0, ready(1))}, 29, Undecided, 29},
		{"never within the patience", within, []timeline.Moment{at(0, ready(1))}, 30, Never, 30},
		{"moments after now are not read", within, up, 3, Undecided, 3},
		{"a gap after the moment does not matter", within, []timeline.Moment{at(4, ready(2)), at(6, lost(1))}, 7, Kept, 4},
		{"a gap before a moment in time does not matter", within, []timeline.Moment{at(1, lost(0)), at(4, timeline.Seen(timeline.Replicas, "")), at(4, ready(2))}, 7, Kept, 4},
		{"a gap hides what may have been in time", within, []timeline.Moment{at(0, ready(1)), at(9, lost(2)), at(12, timeline.Seen(timeline.Replicas, "")), at(12, ready(2))}, 13, Blind, 12},
		{"an open gap hides everything", within, []timeline.Moment{at(0, ready(1)), at(9, lost(2))}, 30, Blind, 30},
		{"nothing was ever recorded", within, nil, 30, Blind, 30},

		{"holds", holds, []timeline.Moment{at(0, ready(1)), at(5, ready(2))}, 10, Kept, 10},
		{"holds, not for long enough yet", holds, []timeline.Moment{at(0, ready(1))}, 9, Undecided, 9},
		{"broken at once seen", holds, []timeline.Moment{at(0, ready(1)), at(5, ready(3))}, 6, Broken, 5},
		{"broken when the clock starts", holds, []timeline.Moment{at(-1, ready(3))}, 6, Broken, 0},
		{"broken after the window is another matter", holds, []timeline.Moment{at(0, ready(1)), at(11, ready(3))}, 12, Kept, 10},
		{"holding needs eyes", holds, []timeline.Moment{at(0, ready(1)), at(6, lost(1)), at(7, timeline.Seen(timeline.Replicas, ""))}, 12, Blind, 10},
		{"holding with nothing recorded", holds, nil, 12, Blind, 10},

		{"between its two limits", twoSided, []timeline.Moment{at(0, ready(1)), at(12, ready(2))}, 13, Kept, 12},
		{"early", twoSided, []timeline.Moment{at(0, ready(1)), at(8, ready(2))}, 13, Early, 8},
		{"late for its second limit", twoSided, []timeline.Moment{at(0, ready(1)), at(16, ready(2))}, 17, Late, 16},

		{"kept without breaking", pathed, up, 5, Kept, 4},
		{"kept and broken in one moment", pathed, []timeline.Moment{at(0, ready(1)), at(4, ready(3))}, 5, Broken, 4},
		{"kept and broken in one moment after the window", windowed, []timeline.Moment{at(0, ready(1)), at(12, ready(3))}, 13, Broken, 12},
		{"kept, and not watched for long enough yet", watched, up, 8, Undecided, 8},
		{"kept, and nothing broke it after", watched, up, 9, Kept, 4},
		{"kept at the last moment, and nothing broke it after", watched, []timeline.Moment{at(0, ready(1)), at(10, ready(2))}, 15, Kept, 10},
		{"kept, and then broken", watched, append(up, at(8, ready(3))), 9, Broken, 8},
		{"kept, and broken when nobody looks any more", watched, append(up, at(10, ready(3))), 11, Kept, 4},
		{"kept, and then out of sight", watched, append(up, at(8, lost(1))), 9, Blind, 4},
		{"late, and watched all the same", watched, []timeline.Moment{at(0, ready(1)), at(29, ready(2)), at(33, ready(3))}, 34, Broken, 33},
		{"never kept, and so never watched after", watched, []timeline.Moment{at(0, ready(1))}, 30, Never, 30},
		{"what is absent while nobody sees is not gone", emptied, []timeline.Moment{at(-1, pods(1)), at(2, lostPods), at(2, podsGone), at(6, timeline.Seen(timeline.Pod, "")), at(6, pods(1))}, 7, Undecided, 7},
		{"what is absent when sight returns is gone", emptied, []timeline.Moment{at(-1, pods(1)), at(2, lostPods), at(6, podsGone), at(6, timeline.Seen(timeline.Pod, ""))}, 7, Kept, 6},
		{"nothing breaks what nobody sees", unwanted, []timeline.Moment{at(0, ready(1)), at(5, ready(2))}, 11, Blind, 10},
		{"broken before it was kept", pathed, []timeline.Moment{at(1, ready(3)), at(4, ready(2))}, 5, Broken, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := test.promise.Validate(); err != nil {
				t.Fatal(err)
			}
			now := start.Add(time.Duration(test.now * float64(time.Second)))
			got, err := test.promise.Judge(timeline.Of(test.moments...).Moments(), start, now, costs)
			if err != nil {
				t.Fatal(err)
			}
			if got.Outcome != test.want || got.Took.Seconds() != test.took {
				t.Errorf("%s after %s, want %s after %gs", got.Headline(), got.Took, test.want, test.took)
			}
		})
	}
}

func TestJudgeAsksForEveryCost(t *testing.T) {
	if _, err := within.Judge(nil, start, start, Costs{"scrape": time.Second}); err == nil {
		t.Error("a limit without a cost was judged")
	}
}

// Whatever is recorded after a decision, the decision stays.
func TestDecisionsAreFinal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.IntRange(0, 4), 1, 40).Draw(t, "ready")
		moments := make([]timeline.Moment, len(values))
		for i, v := range values {
			moments[i] = at(float64(i)-3, ready(float64(v)))
		}
		for _, p := range []Promise{within, holds, twoSided, pathed, windowed, watched} {
			var decided *Verdict
			for now := 0.0; now <= 45; now++ {
				v, err := p.Judge(moments, start, start.Add(time.Duration(now)*time.Second), costs)
				if err != nil {
					t.Fatal(err)
				}
				if decided != nil && (decided.Outcome != v.Outcome || decided.Took != v.Took) {
					t.Fatalf("%s: %s became %s at %gs", p.ID, decided.Headline(), v.Headline(), now)
				}
				if v.Decided() {
					decided = &v
				} else if !v.Next.After(v.Until) {
					t.Fatalf("%s is undecided at %gs, and when to look again is past: %s", p.ID, now, v.Next)
				}
			}
			if decided == nil {
				t.Fatalf("%s is never decided", p.ID)
			}
		}
	})
}

func TestValidate(t *testing.T) {
	for name, p := range map[string]Promise{
		"no id":         {Level: Must, Claim: "c", Kept: timeline.Ready(1), Limit: Sum(Scrape)},
		"slash in id":   {ID: "a/b", Level: Must, Claim: "c", Kept: timeline.Ready(1), Limit: Sum(Scrape)},
		"no level":      {ID: "a.b", Claim: "c", Kept: timeline.Ready(1), Limit: Sum(Scrape)},
		"no claim":      {ID: "a.b", Level: Must, Kept: timeline.Ready(1), Limit: Sum(Scrape)},
		"no condition":  {ID: "a.b", Level: Must, Claim: "c"},
		"no limit":      {ID: "a.b", Level: Must, Claim: "c", Kept: timeline.Ready(1)},
		"no window":     {ID: "a.b", Level: Must, Claim: "c", Never: timeline.Ready(1)},
		"no breaking":   {ID: "a.b", Level: Must, Claim: "c", Kept: timeline.Ready(1), Limit: Sum(Scrape), For: Sum(Scrape)},
		"after none":    {ID: "a.b", Level: Must, Claim: "c", Never: timeline.Ready(1), For: Sum(Scrape), After: Sum(Scrape)},
		"none after":    {ID: "a.b", Level: Must, Claim: "c", Kept: timeline.Ready(1), Limit: Sum(Scrape), After: Sum(Scrape)},
		"limit of none": {ID: "a.b", Level: Must, Claim: "c", Never: timeline.Ready(1), For: Sum(Scrape), Limit: Sum(Scrape)},
	} {
		if p.Validate() == nil {
			t.Errorf("%s: valid", name)
		}
	}
}

func TestLimitText(t *testing.T) {
	limit := Sum(Scrape, KEDAPoll.Times(3))
	parts, err := limit.Resolve(Costs{"scrape": 5 * time.Second, "KEDA poll": 1500 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	got := []string{limit.String(), parts.String()}
	if diff := cmp.Diff([]string{"scrape + 3 x KEDA poll", "9.5s = scrape 5s + 3 x KEDA poll 1.5s"}, got); diff != "" {
		t.Error(diff)
	}
}
