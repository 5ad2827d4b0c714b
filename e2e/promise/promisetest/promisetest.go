// Package promisetest judges stored timelines: the proof, with no cluster, that
// each promise of a suite can be kept and can be broken.
//
// A case is two files in testdata/<promise id>: <name>.jsonl, a timeline, and
// <name>.json, the verdict that it must lead to. A case comes from
// a real run, best from one with a mutant, or is a kept one with values changed
// so that it breaks:
//
//	go test ./suites/... -adopt=reports/out/latest
package promisetest

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/e2e/promise"
	"github.com/scaleproof/scaleproof/e2e/timeline"
	"github.com/scaleproof/scaleproof/reports"
)

var adopt = flag.String("adopt", "", "take the verdicts of the run in this folder as cases, one for each promise and outcome")

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

// adoptRun makes cases of a run's verdicts. A promise that was judged several
// times with one outcome gives the first.
func adoptRun(dir string, promises []promise.Promise) error {
	run, err := reports.Load(dir)
	if err != nil {
		return err
	}
	wanted := map[string]bool{}
	for _, p := range promises {
		wanted[p.ID] = true
	}
	for _, result := range run.Results {
		key := result.Promise + string(result.Outcome)
		if !wanted[result.Promise] || result.Outcome == "" || wanted[key] {
			continue
		}
		wanted[key] = true
		if err := adoptResult(dir, result); err != nil {
			return err
		}
	}
	return nil
}

func adoptResult(dir string, result reports.Result) error {
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
	name := filepath.Join(folder, string(result.Outcome))
	if err := os.WriteFile(name+".json", append(verdict, '\n'), 0o644); err != nil {
		return err
	}
	if err := timeline.Of(moments...).Save(name + ".jsonl"); err != nil {
		return fmt.Errorf("adopt %s: %w", result.Promise, err)
	}
	return nil
}
