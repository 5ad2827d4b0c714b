package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/scaleproof/scaleproof/e2e"
	"github.com/scaleproof/scaleproof/e2e/mutant"
	"github.com/scaleproof/scaleproof/e2e/promise"
	"github.com/scaleproof/scaleproof/providers"
	"github.com/scaleproof/scaleproof/reports"
)

// trial is a mutant, or none, and the label filter of the specs that it is
// tried on.
type trial struct {
	mutant mutant.Mutant
	filter string
}

// mendLimit is how long the stack may take to be well after a mutant; KEDA's
// operator needs half a minute.
const mendLimit = 2 * time.Minute

// trials returns what the settings ask for: one, or one for each mutant that
// breaks a promise among those that were asked for. It is an error if there is
// none.
func trials(all []e2e.Suite, s settings) ([]trial, error) {
	if s.mutant != mutant.Every {
		m, err := mutant.Find(s.mutant)
		if err != nil {
			return nil, err
		}
		filter, err := labelFilter(all, s.suites, s.focus, m.Breaks)
		if err != nil && m.Name != "" {
			err = fmt.Errorf("mutant %s breaks %s: %w", m.Name, strings.Join(m.Breaks, ", "), err)
		}
		return []trial{{m, filter}}, err
	}
	if _, err := labelFilter(all, s.suites, s.focus, nil); err != nil {
		return nil, err
	}
	mutants, err := mutant.All()
	if err != nil {
		return nil, err
	}
	var found []trial
	for _, m := range mutants {
		if filter, err := labelFilter(all, s.suites, s.focus, m.Breaks); err == nil {
			found = append(found, trial{m, filter})
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("no mutant breaks a promise that matches --suite %q --focus %q", strings.Join(s.suites, ","), s.focus)
	}
	return found, nil
}

// mutants tries one mutant after the other on one cluster, each in a run with a
// folder of its own under this run's, and tells what came of them.
func (s *session) mutants(ctx context.Context, all []trial) error {
	if err := s.begin(); err != nil {
		return err
	}
	runner, err := s.setUp(ctx)
	if err == nil {
		// The error is in the report.
		_ = s.phase(ctx, "mutants", func(ctx context.Context) error { return s.each(ctx, runner, all) })
	}
	return s.finish(ctx, err != nil) // a mutant that is not killed has its own evidence
}

func (s *session) each(ctx context.Context, runner specRunner, all []trial) error {
	for i, t := range all {
		if err := context.Cause(ctx); err != nil {
			return fmt.Errorf("%d of %d mutants were tried: %w", i, len(all), err)
		}
		s.logf("mutant %d of %d: %s", i+1, len(all), t.mutant.Name)
		m, failed := s.try(ctx, runner, t)
		if m.Run != "" {
			s.report.Mutants = append(s.report.Mutants, m)
			s.logf("mutant %d of %d: %s is %s after %s", i+1, len(all), m.Name, m.Outcome,
				promise.Seconds(time.Duration(m.Seconds*float64(time.Second))))
		}
		if err := errors.Join(failed, s.save()); err != nil {
			return fmt.Errorf("mutant %s: %w", t.mutant.Name, err)
		}
	}
	return nil
}

// try is the run of one of several mutants. The error is of the report itself, or
// of a stack that was not mended: what the next mutant broke could not be told from
// what this one did.
func (s *session) try(ctx context.Context, runner specRunner, t trial) (reports.Mutated, error) {
	started := time.Now()
	id, dir, err := reports.Create(s.dir, started)
	if err != nil {
		return reports.Mutated{}, err
	}
	report := *s.report
	report.ID, report.Started, report.Mutant, report.Breaks = id, started, t.mutant.Name, t.mutant.Breaks
	report.Phases, report.Results, report.Mutants = []reports.Phase{}, []reports.Result{}, nil
	one := *s
	one.out, one.dir, one.report, one.settings.mutant = s.dir, dir, &report, t.mutant.Name
	broken := one.attempt(ctx, runner, t.filter)
	if report.Decide() != reports.Killed {
		one.explain(ctx)
	}
	return report.Of(), errors.Join(broken, one.save())
}

// attempt runs the specs, and mends what the run's mutant did to the cluster
// also if it is interrupted. What fails is in the report; the error is that of the
// mend.
func (s *session) attempt(ctx context.Context, runner specRunner, filter string) error {
	_ = s.phase(ctx, "specs", func(ctx context.Context) error { return s.specs(ctx, runner, filter) })
	if s.settings.mutant == "" {
		return nil
	}
	return s.phase(context.WithoutCancel(ctx), "mend", func(ctx context.Context) error { return s.restore(ctx, s.cluster) })
}

// restore undoes what mutants have done to a cluster.
func (c *console) restore(ctx context.Context, cluster providers.Cluster) error {
	ctx, cancel := context.WithTimeoutCause(ctx, mendLimit, errors.New("the stack was not well within "+mendLimit.String()))
	defer cancel()
	return c.mend(ctx, cluster)
}
