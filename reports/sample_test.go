package reports_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/scaleproof/scaleproof/e2e/promise"
	"github.com/scaleproof/scaleproof/e2e/timeline"
	"github.com/scaleproof/scaleproof/providers"
	"github.com/scaleproof/scaleproof/reports"
)

var start = time.Date(2026, 4, 1, 12, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time {
	return start.Add(time.Duration(seconds * float64(time.Second)))
}

// sample is a run without results.
func sample(results ...reports.Result) *reports.Run {
	return &reports.Run{
		ID: "20260401T120000.000Z", Started: start, Finished: at(171.25),
		Provider: "kind", Cluster: "scaleproof",
		Traits:     providers.Traits{HPASync: 15 * time.Second, PodStart: 6 * time.Second, Architectures: []string{"amd64"}},
		Components: []reports.Component{{Name: "keda", Version: "v2.21.0", Reference: "ghcr.io/kedacore/keda:2.21.0", Digest: "sha256:00", Source: "built"}},
		Phases:     []reports.Phase{{Name: "images", Seconds: 0.4}, {Name: "cluster", Seconds: 28.1}, {Name: "stack", Seconds: 61}, {Name: "specs", Seconds: 81.2}},
		Requests:   reports.Requests{Total: 12, ByKind: map[string]int{"get": 8, "watch": 4}},
		Results:    results,
	}
}

var limit = promise.Parts{
	{Name: "scrape", Count: 1, Each: 5 * time.Second},
	{Name: "KEDA poll", Count: 1, Each: 2 * time.Second},
	{Name: "HPA sync", Count: 3, Each: 15 * time.Second},
	{Name: "pod start", Count: 1, Each: 6 * time.Second},
}

// result is a verdict of a promise whose id says its suite.
func result(suite, claim string, level promise.Level, outcome promise.Outcome, took float64) reports.Result {
	r := reports.Result{Suite: suite, Spec: suite + " a spec"}
	r.Verdict = promise.Verdict{
		Promise: suite + "." + claim, Level: level, Claim: "what was said is done", Outcome: outcome,
		Since: at(90), Until: at(300), Took: time.Duration(took * float64(time.Second)), Limit: limit,
	}
	return r
}

func failed(suite, claim, why string) reports.Result {
	r := reports.Result{Suite: suite, Spec: suite + " a spec", Error: why}
	r.Promise = suite + "." + claim
	return r
}

func skipped(suite, claim, why string) reports.Result {
	r := failed(suite, claim, "")
	r.Skipped = why
	return r
}

// late is a broken MUST whose timeline lies in dir.
func late(t *testing.T, dir string) reports.Result {
	t.Helper()
	r := result("scaleout", "reaches-max", promise.Must, promise.Late, 84)
	r.Timeline = "timelines/reaches-max.jsonl"
	moment := func(seconds float64, kind timeline.Kind, object, field string, value float64) timeline.Moment {
		return timeline.Moment{At: at(90 + seconds), Kind: kind, Object: object, Field: field, Value: value}
	}
	moments := timeline.Of(
		moment(-1, timeline.Replicas, "example-app", "ready", 1),
		moment(0, timeline.Load, "", "done", 30),
		moment(4.1, timeline.Metric, "s0-prometheus", "value", 31),
		moment(14.9, timeline.HPA, "keda-hpa-example-app", "desired", 4),
		moment(84, timeline.Replicas, "example-app", "ready", 10),
		moment(90, timeline.Replicas, "example-app", "ready", 9),
	)
	if err := moments.Save(filepath.Join(dir, filepath.FromSlash(r.Timeline))); err != nil {
		t.Fatal(err)
	}
	return r
}

// runs are the runs that golden files show.
func runs(t *testing.T, dir string) map[string]*reports.Run {
	t.Helper()
	unseen := result("metrics", "counts-requests", promise.Must, promise.Blind, 7)
	unseen.Why = "metric could not be seen from +2.0s on: connection refused"
	watched := result("capacity", "consolidates", promise.Must, promise.Early, 4)
	watched.Early, watched.Window, watched.After = limit[:1], limit[1:2], limit[2:3]
	setUp := sample()
	setUp.Phases = []reports.Phase{{Name: "images", Seconds: 12, Error: "build keda: exit status 1\n# github.com/kedacore/keda\nundefined: x"}}
	stopped := sample(result("metrics", "starts-at-zero", promise.Must, promise.Kept, 2))
	stopped.Problems = []string{"interrupted in phase specs"}
	mutated := sample(late(t, dir), failed("scaleout", "path", "not judged, since MUST scaleout.reaches-max: late by 26s"))
	mutated.Mutant = "replicas-in-git"
	with := func(outcomes ...reports.Result) *reports.Run {
		run := sample(outcomes...)
		run.Mutant, run.Breaks = "five-pods", []string{"scaleout.reaches-max"}
		return run
	}
	killed := with(late(t, dir), result("scaleout", "path", promise.Must, promise.Kept, 41))
	survived := with(result("scaleout", "reaches-max", promise.Must, promise.Kept, 43), result("scaleout", "path", promise.Must, promise.Kept, 41))
	overkill := with(late(t, dir), result("scaleout", "path", promise.Should, promise.Late, 90))
	several := sample()
	for i, run := range []*reports.Run{killed, survived, overkill, with(unseen)} {
		run.Finished = run.Started.Add(time.Duration(60+i) * time.Second)
		m := run.Of()
		m.Name = []string{"five-pods", "max-five", "slow", "adapter-down"}[i]
		several.Mutants = append(several.Mutants, m)
	}
	return map[string]*reports.Run{
		"kept": sample(
			result("metrics", "starts-at-zero", promise.Must, promise.Kept, 2),
			result("scaleout", "formula", promise.Must, promise.Kept, 17.5),
			result("scaleout", "formula", promise.Must, promise.Kept, 21.25),
			result("metrics", "reset-lowers-sum", promise.Should, promise.Late, 61),
			skipped("capacity", "provisions", "no trait NodeLaunch: this cluster makes no nodes"),
		),
		"early": sample(watched),
		"broken": sample(
			result("scaleout", "reaches-max", promise.Must, promise.Kept, 20),
			late(t, dir),
			result("metrics", "starts-at-zero", promise.Must, promise.Kept, 2),
		),
		"mutated":  mutated,
		"killed":   killed,
		"survived": survived,
		"overkill": overkill,
		"mutants":  several,
		"unjudged": sample(unseen, failed("metrics", "pod-usage", "forbidden: a <b> & \x1b[31mred\nsecond line (prove.go:12)"),
			failed("scaleout", "formula", "the API server is gone"), failed("scaleout", "path", "the API server is gone")),
		"set-up":      setUp,
		"interrupted": stopped,
	}
}
