package promise_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/scaleproof/scaleproof/e2e/promise"
	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// longRun returns n moments of an app whose 50 pods, HPA and metric change all
// the time, one moment each ten milliseconds.
func longRun(n int) []timeline.Moment {
	began := time.Unix(0, 0)
	moments := make([]timeline.Moment, n)
	for i := range moments {
		m := timeline.Moment{At: began.Add(time.Duration(i) * 10 * time.Millisecond), Value: float64(i % 7)}
		switch i % 5 {
		case 0:
			m.Kind, m.Object, m.Field = timeline.Replicas, "shop", "ready"
		case 1:
			m.Kind, m.Object, m.Field = timeline.HPA, "keda-hpa-shop", "desired"
		case 2:
			m.Kind, m.Object, m.Field, m.Within = timeline.Metric, "s0-prometheus", "value", time.Second
		case 3:
			m.Kind, m.Object, m.Field = timeline.Pod, fmt.Sprintf("shop-%d", i%50), "ready"
		case 4:
			m.Kind, m.Object, m.Field = timeline.Pod, fmt.Sprintf("shop-%d", i%50), "restarts"
		}
		moments[i] = m
	}
	return moments
}

// BenchmarkJudge judges a timeline of 100,000 moments in which nothing decides
// before the end: the most that a judge can have to do.
func BenchmarkJudge(b *testing.B) {
	const n = 100_000
	moments := longRun(n)
	since, now := moments[0].At, moments[n-1].At.Add(time.Second)
	costs := promise.Costs{promise.HPASync.Name: now.Sub(since)}
	for name, p := range map[string]promise.Promise{
		"within": {ID: "bench.within", Level: promise.Must, Claim: "c",
			Kept: timeline.Ready(100), Limit: promise.Sum(promise.HPASync)},
		"holds": {ID: "bench.holds", Level: promise.Must, Claim: "c",
			Never: timeline.All(timeline.AtLeast(timeline.HPA, "desired", 100), timeline.Reads("s0-prometheus", 100)), For: promise.Sum(promise.HPASync)},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := p.Judge(moments, since, now, costs); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/judge")
			b.ReportMetric(0, "ns/op")
		})
	}
}
