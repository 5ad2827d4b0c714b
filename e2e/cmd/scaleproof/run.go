package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/scaleproof/scaleproof/e2e/mutant"
	"github.com/scaleproof/scaleproof/reports"
)

func newRun(c *console) *cobra.Command {
	var s settings
	command := &cobra.Command{
		Use:   "run",
		Short: "make a cluster, install the stack, prove the promises, report",
		Long: `run makes the images, a cluster and the stack on it, runs the suites, writes a
report to reports/out/<run> and removes the cluster.

The report is written in any case: also when set-up fails, and when the run is
interrupted. reports/out/latest leads to the newest one.`,
		Example: `  scaleproof run                                  # everything, on a new kind cluster
  scaleproof run --keep                           # and keep the cluster for the next run
  scaleproof run --suite metrics,scaleout         # two suites
  scaleproof run --focus 'scaleout\.(path|formula)'
  scaleproof run --mutant example-app-max-five    # see a promise go red
  scaleproof run --provider existing --context staging`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := mutant.Find(s.mutant); err != nil {
				return err
			}
			filter, err := labelFilter(c.suites, s.suites, s.focus)
			if err != nil {
				return err
			}
			session, err := c.open(s)
			if err != nil {
				return err
			}
			return session.run(cmd.Context(), filter)
		},
	}
	s.upFlags(command.Flags())
	s.specFlags(command.Flags())
	return command
}

// How long what follows the specs may take, also of an interrupted run.
const (
	collectLimit = 2 * time.Minute
	downLimit    = 2 * time.Minute
)

// run goes through all phases and tells what was found. The error is an
// outcomeError unless the report itself could not be written.
func (s *session) run(ctx context.Context, filter string) error {
	s.prove(ctx, filter)
	s.end(ctx, s.report.Decide() != reports.Kept)
	if err := s.save(); err != nil {
		return err
	}
	if err := reports.Point(s.out, s.report.ID); err != nil {
		return err
	}
	if err := s.report.Summary(s.stdout, s.dir); err != nil {
		return err
	}
	s.logf("\n  %s", s.dir)
	if s.report.Outcome != reports.Kept {
		return outcomeError(s.report.Outcome)
	}
	return nil
}

// prove goes as far as it can. What stops it is in the phases of the report.
func (s *session) prove(ctx context.Context, filter string) {
	var runner specRunner
	err := s.phase(ctx, "suite", func(ctx context.Context) (err error) {
		runner, err = s.build(ctx, s.root)
		return err
	})
	if err != nil || s.raise(ctx) != nil {
		return
	}
	// The error is in the report, and specs that failed are no error.
	_ = s.phase(ctx, "specs", func(ctx context.Context) error { return s.specs(ctx, runner, filter) })
}

// specs runs the specs, and adds what they found to the report.
func (s *session) specs(ctx context.Context, runner specRunner, filter string) (err error) {
	private, err := os.MkdirTemp("", "scaleproof-")
	if err != nil {
		return fmt.Errorf("folder for the suite's configuration: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(private)) }()
	job, err := s.job(filter, private)
	if err != nil {
		return err
	}
	found, err := runner.run(ctx, job)
	reports.Describe(found.results, promisesOf(s.suites))
	s.report.Results, s.report.Requests = found.results, found.requests
	s.report.Problems = append(s.report.Problems, found.problems...)
	return err
}

// end collects evidence if there is something to explain, stops what runs
// beside the cluster, and removes the cluster unless it is to be kept.
func (s *session) end(ctx context.Context, explain bool) {
	rest := context.WithoutCancel(ctx)
	if s.cluster != nil && ctx.Err() == nil && explain {
		_ = s.phase(rest, "collect", func(ctx context.Context) error { return s.collect(ctx, collectLimit) })
	}
	if s.stop != nil {
		if err := s.stop(); err != nil {
			s.report.Problems = append(s.report.Problems, "git server: "+err.Error())
		}
	}
	switch {
	case s.cluster == nil:
	case s.settings.keep:
		s.tellKept()
	default:
		_ = s.phase(rest, "down", func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, downLimit)
			defer cancel()
			return s.cluster.Down(ctx)
		})
	}
}
