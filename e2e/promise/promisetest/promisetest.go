// Package promisetest judges stored timelines: the proof, with no cluster, that
// each promise of a suite can be kept and can be broken.
//
// A case is two files in testdata/<promise id>: <name>.jsonl, a timeline, and
// <name>.json, the verdict that it must lead to. Its name says where it is from:
//
//   - kept: a real run of a stack that keeps the promise;
//   - the name of a mutant: a real run with that mutant;
//   - any other, which says what is wrong in it: a run with the stack broken by
//     hand, or a kept one with values changed, where no mutant breaks it in that
//     way.
//
// A run's verdicts become cases by
//
//	go test ./suites/<suite> -adopt=$PWD/reports/out/latest
//
// which takes what was kept of a run without a mutant, what broke of a run with
// one, and of a run with all mutants what broke of each that was killed.
package promisetest

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/e2e/promise"
	"github.com/scaleproof/scaleproof/e2e/timeline"
	"github.com/scaleproof/scaleproof/reports"
)

var adopt = flag.String("adopt", "", "take the verdicts of the run in this folder as cases")

// Check fails the test unless every promise is valid and has a stored timeline
// that keeps it and one that does not, and every case is judged as stored.
func Check(t *testing.T, promises []promise.Promise) {
	t.Helper()
	if *adopt != "" {
		if err := adoptRun(*adopt, promises); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range promises {
		t.Run(p.ID, func(t *testing.T) {
			if err := p.Validate(); err != nil {
				t.Fatal(err)
			}
			kept, broken := 0, 0
			files, err := filepath.Glob(filepath.Join("testdata", p.ID, "*.json"))
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range files {
				switch judge(t, p, file) {
				case promise.Kept:
					kept++
				case promise.Late, promise.Never, promise.Early, promise.Broken:
					broken++
				}
			}
			if kept == 0 || broken == 0 {
				t.Errorf("%d stored timelines keep it and %d break it: one of each is owed", kept, broken)
			}
		})
	}
}

// judge judges one case and returns its outcome.
func judge(t *testing.T, p promise.Promise, file string) promise.Outcome {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var want promise.Verdict
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	recorded, err := timeline.Open(strings.TrimSuffix(file, ".json") + ".jsonl")
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Judge(recorded.Moments(), want.Since, want.Until, want.Costs())
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if got.Outcome != want.Outcome || got.Took != want.Took {
		t.Errorf("%s: %s", file, cmp.Diff(want, got))
	}
	return got.Outcome
}

// adoptRun makes cases of a run's verdicts, one for each promise. A run with all
// mutants is all of its runs in which the mutant was killed.
func adoptRun(dir string, promises []promise.Promise) error {
	if !filepath.IsAbs(dir) { // tests run in their package's folder
		return fmt.Errorf("-adopt=%s: name the run by its whole path", dir)
	}
	run, err := reports.Load(dir)
	if err != nil {
		return err
	}
	for _, m := range run.Mutants {
		if m.Outcome != reports.Killed {
			continue
		}
		if err := adoptRun(filepath.Join(dir, m.Run), promises); err != nil {
			return err
		}
	}
	adopted := map[string]bool{}
	for _, result := range run.Results {
		name, found := caseOf(run, result)
		ours := slices.ContainsFunc(promises, func(p promise.Promise) bool { return p.ID == result.Promise })
		if !found || !ours || adopted[result.Promise] {
			continue
		}
		adopted[result.Promise] = true
		if err := adoptResult(dir, name, result); err != nil {
			return err
		}
	}
	return nil
}

// caseOf names the case that a result makes. It is false for one that makes
// none: without a mutant only what was kept is one, and with a mutant only what
// the mutant broke.
func caseOf(run *reports.Run, result reports.Result) (string, bool) {
	if run.Mutant == "" {
		return string(promise.Kept), result.Outcome == promise.Kept
	}
	broke := result.Outcome != "" && result.Outcome != promise.Kept && result.Saw()
	return run.Mutant, broke && slices.Contains(run.Breaks, result.Promise)
}

func adoptResult(dir, name string, result reports.Result) error {
	recorded, err := timeline.Open(filepath.Join(dir, filepath.FromSlash(result.Timeline)))
	if err != nil {
		return err
	}
	var moments []timeline.Moment
	for _, m := range recorded.Moments() {
		if !m.At.After(result.Until) {
			moments = append(moments, m)
		}
	}
	verdict, err := json.MarshalIndent(result.Verdict, "", "  ")
	if err != nil {
		return err
	}
	folder := filepath.Join("testdata", result.Promise)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	file := filepath.Join(folder, name)
	if err := os.WriteFile(file+".json", append(verdict, '\n'), 0o644); err != nil {
		return err
	}
	if err := timeline.Of(moments...).Save(file + ".jsonl"); err != nil {
		return fmt.Errorf("adopt %s: %w", result.Promise, err)
	}
	return nil
}
