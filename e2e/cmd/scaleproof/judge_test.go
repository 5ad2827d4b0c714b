package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scaleproof/scaleproof/e2e/promise"
	"github.com/scaleproof/scaleproof/e2e/timeline"
	"github.com/scaleproof/scaleproof/reports"
)

// keep stores a run of one verdict that its timeline bears out: kept after two
// seconds of a limit of five.
func keep(t *testing.T, change func(*reports.Run, string)) (out string) {
	t.Helper()
	out = t.TempDir()
	since := time.Date(2026, 4, 1, 12, 0, 0, 0, time.UTC)
	id, dir, err := reports.Create(out, since)
	if err != nil {
		t.Fatal(err)
	}
	r := verdict(promise.Kept)
	r.Since, r.Until, r.Took, r.Timeline = since, since.Add(20*time.Second), 2*time.Second, "timelines/a.jsonl"
	moments := timeline.Of(timeline.Moment{At: since.Add(2 * time.Second), Kind: timeline.Metric, Object: "s0-prometheus", Field: "value"})
	if err := moments.Save(filepath.Join(dir, "timelines", "a.jsonl")); err != nil {
		t.Fatal(err)
	}
	run := &reports.Run{ID: id, Started: since, Finished: r.Until, Results: []reports.Result{r}}
	if change != nil {
		change(run, dir)
	}
	if err := run.Save(dir); err != nil {
		t.Fatal(err)
	}
	if err := reports.Point(out, id); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestJudge(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*reports.Run, string)
		code   int
		stdout []string
		stderr string
	}{
		"as it was": {stdout: []string{"KEPT"}, stderr: "0 of 1 verdicts differ"},
		"it was late by what was promised then": {
			change: func(r *reports.Run, _ string) { r.Results[0].Outcome, r.Results[0].Took = promise.Late, 9*time.Second },
			stdout: []string{"  - MUST metrics.starts-at-zero: late by 4s; took 9s", "  + MUST metrics.starts-at-zero: kept; took 2s", "KEPT"},
			stderr: "1 of 1 verdicts differ",
		},
		"the limit is shorter now": {
			change: func(r *reports.Run, _ string) { r.Results[0].Limit[0].Each = time.Second },
			code:   1, stdout: []string{"  + MUST metrics.starts-at-zero: late by 1s", "BROKEN"}, stderr: "1 of 1 verdicts differ",
		},
		"the promise is no more": {
			change: func(r *reports.Run, _ string) { r.Results[0].Promise = "metrics.gone" },
			code:   2, stdout: []string{"metrics.gone is promised no more"}, stderr: "0 of 1",
		},
		"the timeline is lost": {
			change: func(_ *reports.Run, dir string) { _ = os.Remove(filepath.Join(dir, "timelines", "a.jsonl")) },
			code:   2, stdout: []string{"judge metrics.starts-at-zero again", "a.jsonl"}, stderr: "0 of 1",
		},
		"the run was killed": {
			change: func(r *reports.Run, dir string) {
				if err := (reports.Spec{Name: "metrics starts at zero", Results: r.Results}).Append(filepath.Join(dir, reports.SpecsFile)); err != nil {
					t.Error(err)
				}
				r.Results, r.Phases = nil, []reports.Phase{{Name: "specs", Error: unfinished}}
			},
			code: 2, stdout: []string{"interrupted", "INCOMPLETE", "1 kept"}, stderr: "0 of 1 verdicts differ",
		},
		"the run had a problem": {
			change: func(r *reports.Run, _ string) { r.Problems = []string{"interrupted"} },
			code:   2, stdout: []string{"INCOMPLETE"}, stderr: "0 of 1",
		},
		"of several mutants, one goes red no more": {
			change: func(r *reports.Run, dir string) {
				id, folder, err := reports.Create(dir, r.Started)
				if err != nil {
					t.Error(err)
				}
				one := *r
				one.ID, one.Mutant, one.Breaks = id, plusOne, []string{"metrics.starts-at-zero"}
				one.Results = []reports.Result{r.Results[0]}
				one.Results[0].Outcome, one.Results[0].Took = promise.Late, 9*time.Second
				one.Results[0].Timeline = "../" + one.Results[0].Timeline
				r.Results, r.Mutants = nil, []reports.Mutated{one.Of()}
				if err := one.Save(folder); err != nil {
					t.Error(err)
				}
			},
			code: 1, stdout: []string{"- MUST metrics.starts-at-zero: late", plusOne + "  survived", "SURVIVED"}, stderr: "1 of 1 verdicts differ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			out := keep(t, c.change)
			before, err := os.ReadFile(filepath.Join(out, "latest", reports.RunFile))
			if err != nil {
				t.Fatal(err)
			}
			got := do(t, t.Context(), (&fake{}).world(), "judge", "latest", "--out", out)
			if got.code != c.code || !strings.Contains(got.stderr, c.stderr) {
				t.Errorf("exit code %d, want %d; said %q", got.code, c.code, got.stderr)
			}
			for _, want := range c.stdout {
				if !strings.Contains(got.stdout, want) {
					t.Errorf("%q does not say %q", got.stdout, want)
				}
			}
			if after, _ := os.ReadFile(filepath.Join(out, "latest", reports.RunFile)); string(after) != string(before) {
				t.Error("the stored run was changed")
			}
		})
	}
}

func TestPromises(t *testing.T) {
	w := (&fake{}).world()
	file := filepath.Join(t.TempDir(), "PROMISES.md")
	for _, args := range [][]string{{"promises", file}, {"promises", "--check", file}} {
		if got := do(t, t.Context(), w, args...); got.code != 0 {
			t.Errorf("%v: %+v", args, got)
		}
	}
	printed := do(t, t.Context(), w, "promises").stdout
	for _, want := range []string{"## metrics\n", "| metrics.counts | MUST | it counts | within scrape | - |", "| scaleout.path | SHOULD |"} {
		if !strings.Contains(printed, want) {
			t.Errorf("%q lacks %q", printed, want)
		}
	}
	if err := os.WriteFile(file, []byte(printed+"| x |\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := do(t, t.Context(), w, "promises", "--check", file); got.code != 2 || !strings.Contains(got.stderr, "make generate") {
		t.Errorf("a file that tells something else: %+v", got)
	}
}
