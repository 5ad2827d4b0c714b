package promise

import (
	"flag"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

var update = flag.Bool("update", false, "write the golden files anew")

// late is the seed's scenario with a pod that takes half a minute too long.
func late() []timeline.Moment {
	hpa := func(seconds float64, field string, v float64) timeline.Moment {
		return at(seconds, timeline.Moment{Kind: timeline.HPA, Object: "keda-hpa-example-app", Field: field, Value: v})
	}
	load := func(seconds, v float64) timeline.Moment {
		return at(seconds, timeline.Moment{Kind: timeline.Load, Field: "done", Value: v})
	}
	metric := func(seconds, v float64) timeline.Moment {
		return sampled(0.5, at(seconds, timeline.Moment{Kind: timeline.Metric, Object: "s0-prometheus", Field: "value", Value: v}))
	}
	return []timeline.Moment{
		hpa(-9, "min", 1), hpa(-9, "max", 10), hpa(-9, "target", 2), hpa(-9, "desired", 1), at(-9, ready(1)),
		load(-8, 1), metric(-5, 1),
		load(0, 31), metric(4.1, 31),
		hpa(14.9, "desired", 4), at(17.2, ready(4)),
		hpa(29.9, "desired", 8), at(31.3, ready(8)),
		hpa(44.9, "desired", 10), at(45.6, ready(9)),
		at(50, timeline.Moment{Kind: timeline.Pod, Object: "example-app-x7k2p", Field: "waiting", Text: "ImagePullBackOff"}),
		at(84, ready(10)),
	}
}

func TestStory(t *testing.T) {
	p := Promise{
		ID: "scaleout.reaches-max", Level: Must, Claim: "ten replicas are ready soon after the metric asks for them",
		Kept: timeline.Ready(10), Limit: Sum(Scrape, KEDAPoll, HPASync.Times(3), PodStart),
	}
	costs := Costs{"scrape": 5 * time.Second, "KEDA poll": 2 * time.Second, "HPA sync": 15 * time.Second, "pod start": 6 * time.Second}
	moments := timeline.Of(late()...).Moments()
	v, err := p.Judge(moments, start, start.Add(90*time.Second), costs)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/late.txt", v.Story(moments))

	v, err = p.Judge(moments[:len(moments)-1], start, start.Add(200*time.Second), costs)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/never.txt", v.Story(moments[:len(moments)-1]))
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
}
