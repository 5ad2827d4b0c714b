package promisetest

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/e2e/promise"
	"github.com/scaleproof/scaleproof/e2e/timeline"
	"github.com/scaleproof/scaleproof/reports"
)

var (
	zero  = promise.Promise{ID: "metrics.zero"}
	count = promise.Promise{ID: "metrics.count"}
	other = promise.Promise{ID: "scaleout.path"}
)

// store writes a run under out, with its verdicts' timelines.
func store(t *testing.T, out string, run reports.Run) reports.Run {
	t.Helper()
	start := time.Date(2026, 4, 1, 12, 0, 0, 0, time.UTC)
	id, dir, err := reports.Create(out, start)
	if err != nil {
		t.Fatal(err)
	}
	run.ID = id
	for i := range run.Results {
		r := &run.Results[i]
		r.Since, r.Until, r.Timeline = start, start.Add(time.Minute), "timelines/"+r.Spec+".jsonl"
		seen := timeline.Of(
			timeline.Moment{At: start, Kind: timeline.Load, Field: "done", Value: 1},
			timeline.Moment{At: start.Add(time.Hour), Kind: timeline.Load, Field: "done", Value: 2},
		)
		if err := seen.Save(filepath.Join(dir, r.Timeline)); err != nil {
			t.Fatal(err)
		}
	}
	if err := run.Save(dir); err != nil {
		t.Fatal(err)
	}
	return run
}

func result(id, spec string, o promise.Outcome) reports.Result {
	return reports.Result{Verdict: promise.Verdict{Promise: id, Level: promise.Must, Outcome: o}, Spec: spec, Suite: "metrics"}
}

func TestAdopt(t *testing.T) {
	for name, c := range map[string]struct {
		mutant string
		breaks []string
		want   []string
	}{
		"a run without a mutant gives what was kept": {want: []string{"metrics.zero/kept"}},
		"a run with a mutant gives what that broke": {
			mutant: "plus-one", breaks: []string{"metrics.count", "metrics.zero", "scaleout.path"},
			want: []string{"metrics.count/plus-one", "metrics.zero/plus-one"},
		},
		"and nothing of what else broke": {mutant: "plus-one", breaks: []string{"metrics.zero"}, want: []string{"metrics.zero/plus-one"}},
	} {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			run := store(t, out, reports.Run{Mutant: c.mutant, Breaks: c.breaks, Results: []reports.Result{
				result(zero.ID, "a", promise.Blind), result(zero.ID, "b", promise.Kept), result(zero.ID, "c", promise.Late),
				result(zero.ID, "d", promise.Kept), result(count.ID, "e", promise.Never), result(other.ID, "f", promise.Broken),
			}})
			t.Chdir(t.TempDir())
			if err := adoptRun(filepath.Join(out, run.ID), []promise.Promise{zero, count}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, cases(t)); diff != "" {
				t.Errorf("cases (-want +got):\n%s", diff)
			}
			adopted, err := timeline.Open(filepath.Join("testdata", c.want[0]+".jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			if n := len(adopted.Moments()); n != 1 {
				t.Errorf("%d moments, of which one is later than the verdict", n)
			}
		})
	}
}

// TestAdoptAll takes of a run of several mutants those that were killed.
func TestAdoptAll(t *testing.T) {
	out := t.TempDir()
	several := store(t, out, reports.Run{})
	dir := filepath.Join(out, several.ID)
	for mutant, o := range map[string]promise.Outcome{"plus-one": promise.Broken, "survivor": promise.Kept} {
		run := store(t, dir, reports.Run{Mutant: mutant, Breaks: []string{zero.ID}, Results: []reports.Result{result(zero.ID, mutant, o)}})
		several.Mutants = append(several.Mutants, run.Of())
	}
	if err := several.Save(dir); err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := adoptRun(dir, []promise.Promise{zero}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"metrics.zero/plus-one"}, cases(t)); diff != "" {
		t.Errorf("cases (-want +got):\n%s", diff)
	}
}

func TestAdoptRefusesARelativePath(t *testing.T) {
	if err := adoptRun("reports/out/latest", nil); err == nil {
		t.Error("no error, though a test does not run where the path was typed")
	}
}

// cases are those under testdata, in order.
func cases(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*/*.json")
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, len(files))
	for i, file := range files {
		names[i] = file[len("testdata/") : len(file)-len(".json")]
	}
	slices.Sort(names)
	return names
}
