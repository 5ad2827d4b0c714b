package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/scaleproof/scaleproof/e2e"
	"github.com/scaleproof/scaleproof/e2e/promise"
	"github.com/scaleproof/scaleproof/e2e/timeline"
	"github.com/scaleproof/scaleproof/reports"
)

func newJudge(c *console) *cobra.Command {
	var s settings
	command := &cobra.Command{
		Use:   "judge RUN",
		Short: "judge a stored run again, with no cluster",
		Long: `judge reads the timelines of a stored run, judges them by the promises as they
are now, and prints what it finds otherwise than the run did. RUN is a run's id,
its folder, or latest. The exit code is that of the new verdicts; the stored run
is not changed.`,
		Example: `  scaleproof judge latest
  scaleproof judge 20260401T120000.000Z`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("judge needs one run: an id, a folder, or latest")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			out := s.out
			if out == "" {
				root, err := c.source()
				if err != nil {
					return fmt.Errorf("name the folder of reports by --out: %w", err)
				}
				if out, err = outOf(root, s); err != nil {
					return err
				}
			}
			dir, err := reports.Find(out, args[0])
			if err != nil {
				return err
			}
			return c.judge(dir)
		},
	}
	s.outFlag(command.Flags())
	return command
}

// judge judges the run in a folder again, or the run of each of its mutants.
func (c *console) judge(dir string) error {
	run, changed, err := c.judgeAll(dir)
	if err != nil {
		return err
	}
	judged := len(run.Results)
	for i, m := range run.Mutants {
		one, differ, err := c.judgeAll(filepath.Join(dir, filepath.FromSlash(m.Run)))
		if err != nil {
			return fmt.Errorf("mutant %s: %w", m.Name, err)
		}
		run.Mutants[i] = one.Of()
		changed, judged = changed+differ, judged+len(one.Results)
	}
	if err := run.Summary(c.stdout, dir); err != nil {
		return err
	}
	c.logf("\n  %d of %d verdicts differ from the stored ones", changed, judged)
	if outcome := run.Decide(); outcome.ExitCode() != 0 {
		return outcomeError(outcome)
	}
	return nil
}

// judgeAll loads the run in a folder, judges what it has seen by the promises as
// they are now, and tells how many verdicts differ.
func (c *console) judgeAll(dir string) (run *reports.Run, changed int, err error) {
	if run, err = reports.Load(dir); err != nil {
		return nil, 0, err
	}
	if len(run.Results) == 0 { // a run that was killed has what it found until then
		seen, _, err := reports.ReadSpecs(filepath.Join(dir, reports.SpecsFile), 0)
		if err != nil {
			return nil, 0, err
		}
		for _, spec := range seen {
			run.Results = append(run.Results, spec.Results...)
		}
	}
	for i, stored := range run.Results {
		if stored.Outcome == "" || stored.Timeline == "" {
			continue // there was no verdict, and there is nothing to find one in
		}
		again, err := rejudge(c.suites, dir, stored)
		if err != nil {
			run.Problems = append(run.Problems, err.Error())
			continue
		}
		if diff := difference(stored.Verdict, again); diff != "" {
			changed++
			fmt.Fprintf(c.stdout, "%s (%s)\n%s\n", stored.Promise, stored.Spec, diff)
		}
		run.Results[i].Verdict = again
	}
	return run, changed, nil
}

// rejudge judges one result's timeline by the promise as it is now.
func rejudge(suites []e2e.Suite, dir string, stored reports.Result) (promise.Verdict, error) {
	for _, p := range promisesOf(suites) {
		if p.ID != stored.Promise {
			continue
		}
		t, err := timeline.Open(filepath.Join(dir, filepath.FromSlash(stored.Timeline)))
		if err != nil {
			return promise.Verdict{}, fmt.Errorf("judge %s again: %w", stored.Promise, err)
		}
		return p.Judge(t.Moments(), stored.Since, stored.Until, stored.Costs())
	}
	return promise.Verdict{}, fmt.Errorf("%s is promised no more: use the scaleproof that ran it", stored.Promise)
}

// difference tells two verdicts apart in two lines; empty if they are the same.
func difference(stored, now promise.Verdict) string {
	lines := [2][]string{}
	for i, v := range []promise.Verdict{stored, now} {
		lines[i] = []string{v.Headline(), "took " + v.Duration(), "limit " + v.Limit.String()}
	}
	before, after := strings.Join(lines[0], "; "), strings.Join(lines[1], "; ")
	if before == after {
		return ""
	}
	return "  - " + before + "\n  + " + after
}
