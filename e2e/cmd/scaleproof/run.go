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
interrupted. reports/out/latest leads to the newest one.

With --mutant the stack is broken on purpose, and only those specs are run that
prove what the mutant breaks. The exit code is 0 if each promise that the mutant
names was seen broken and every other one was kept: the mutant is killed. It is
1 if a promise that it names was kept, or another one broke, and 2 if that could
not be judged. --mutant all tries every mutant on one cluster.`,
		Example: `  scaleproof run                                  # everything, on a new kind cluster
  scaleproof run --keep                           # and keep the cluster for the next run
  scaleproof run --suite metrics,scaleout         # two suites
  scaleproof run --focus 'scaleout\.(path|formula)'
  scaleproof run --mutant example-app-max-five    # see a promise go red
  scaleproof run --mutant all --suite metrics     # every mutant of a suite
  scaleproof run --provider eks --dry-run         # what it would make, and what that costs
  scaleproof run --provider eks --accept-cost --allow-account 000000000000 --app-image registry.example.com/example-app:v1
  scaleproof run --provider existing --context staging
  scaleproof run --provider existing --context staging --install --git-address 192.168.1.7`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := s.validate(); err != nil {
				return err
			}
			all, err := trials(c.suites, s)
			if err != nil {
				return err
			}
			return c.paid(cmd.Context(), s, func(ctx context.Context) error {
				session, err := c.open(s)
				if err != nil {
					return err
				}
				if s.mutant == mutant.Every {
					return session.mutants(ctx, all)
				}
				return session.run(ctx, all[0])
			})
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
func (s *session) run(ctx context.Context, t trial) error {
	s.report.Breaks = t.mutant.Breaks
	if err := s.begin(); err != nil {
		return err
	}
	if runner, err := s.setUp(ctx); err == nil {
		_ = s.attempt(ctx, runner, t.filter) // in the report
	}
	return s.finish(ctx, s.report.Decide().ExitCode() != 0)
}

// begin writes a report of nothing yet, for a run that is killed.
func (s *session) begin() error { return errors.Join(s.save(), reports.Point(s.out, s.report.ID)) }

// finish ends the run and tells what was found.
func (s *session) finish(ctx context.Context, explain bool) error {
	s.end(ctx, explain)
	if err := s.save(); err != nil {
		return err
	}
	if err := s.report.Summary(s.stdout, s.dir); err != nil {
		return err
	}
	s.logf("\n  %s", s.dir)
	if s.report.Outcome.ExitCode() != 0 {
		return outcomeError(s.report.Outcome)
	}
	return nil
}

// setUp goes as far as it can toward a stack and what runs specs on it. What
// stops it is in the phases of the report.
func (s *session) setUp(ctx context.Context) (runner specRunner, err error) {
	err = s.phase(ctx, "suite", func(ctx context.Context) (err error) {
		runner, err = s.build(ctx, s.root)
		return err
	})
	if err == nil {
		err = s.raise(ctx)
	}
	return runner, err
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

// explain collects evidence from the cluster, unless there is none or nobody
// wants to wait for it. Who reached the ceiling waits for nothing, and what hung is
// to be seen.
func (s *session) explain(ctx context.Context) {
	if errors.Is(context.Cause(ctx), errCeiling) {
		ctx = context.WithoutCancel(ctx)
	}
	if s.cluster != nil && ctx.Err() == nil {
		_ = s.phase(ctx, "collect", func(ctx context.Context) error { return s.collect(ctx, collectLimit) })
	}
}

// end collects evidence if there is something to explain, stops what runs
// beside the cluster, and removes the cluster unless it is to be kept.
func (s *session) end(ctx context.Context, explain bool) {
	if explain {
		s.explain(ctx)
	}
	if s.stop != nil {
		if err := s.stop(); err != nil {
			s.report.Problems = append(s.report.Problems, "git server: "+err.Error())
		}
	}
	if s.occupation != nil && s.occupation.Lost() {
		s.report.Problems = append(s.report.Problems, "the cluster could not be kept from other commands all the time: its API server did not answer")
	}
	switch {
	case s.cluster == nil:
	case s.settings.keep && !errors.Is(context.Cause(ctx), errCeiling):
		s.tellKept()
	default:
		s.remove(ctx)
	}
}
