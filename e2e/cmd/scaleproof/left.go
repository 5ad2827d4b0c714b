package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/scaleproof/scaleproof/e2e/promise"
	"github.com/scaleproof/scaleproof/providers"
	"github.com/scaleproof/scaleproof/reports"
)

// nothingLeft is the last promise of a run on a cluster that could leave
// something behind. No suite can prove it: it is about what follows the specs.
const (
	nothingLeft      = "cleanup.nothing-is-left"
	nothingLeftClaim = "after the run, nothing is left of what it made"
)

// leftLimit is what a look for leftovers may take.
const leftLimit = 10 * time.Minute

// removal is what Down of a cluster may take.
func removal(cluster providers.Cluster) time.Duration {
	if slow, ok := cluster.(providers.Slow); ok {
		return slow.DownLimit()
	}
	return downLimit
}

// unremoved adds to an error what to do about what it left, or may have.
func (s *session) unremoved(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: put that right, and remove what is left with `%s`", err, s.settings.downCommand())
}

// remove takes the cluster down, looks at what is left of it, and notes what
// both asked of a cloud.
func (s *session) remove(ctx context.Context) {
	rest := context.WithoutCancel(ctx)
	leaver, looks := s.cluster.(providers.Leaver)
	failed := s.phase(rest, "down", func(ctx context.Context) error {
		if err := s.dismantle(ctx, s.settings, s.cluster, removal(s.cluster)); err != nil || looks {
			return s.unremoved(err)
		}
		return s.forget(s.settings)
	})
	if looks {
		_ = s.phase(rest, "left", func(ctx context.Context) error {
			if err := s.judgeLeft(ctx, leaver); err != nil || failed != nil {
				return s.unremoved(err)
			}
			return s.forget(s.settings) // and not before: the look makes our copy of someone's repository again
		})
	}
	if metered, ok := s.cluster.(providers.Metered); ok {
		s.report.Cloud = metered.Requests()
	}
}

// judgeLeft adds the verdict to the report. What could not be looked at is not
// judged, and fails the phase.
func (s *session) judgeLeft(ctx context.Context, leaver providers.Leaver) error {
	ctx, cancel := context.WithTimeout(ctx, leftLimit)
	defer cancel()
	result := reports.Result{Suite: "cleanup", Spec: "cleanup leaves nothing"}
	result.Promise, result.Level, result.Claim = nothingLeft, promise.Must, nothingLeftClaim
	result.Since = time.Now()
	left, err := leaver.Leftovers(ctx)
	elsewhere, failed := s.remains(ctx, s.settings)
	left, err = append(left, elsewhere...), errors.Join(err, failed)
	result.Until = time.Now()
	result.Took = result.Until.Sub(result.Since)
	switch {
	case err != nil:
		result.Error = err.Error()
	case len(left) > 0:
		result.Outcome = promise.Broken
		result.Why = fmt.Sprintf("%s: remove it with `%s`", strings.Join(left, ", "), s.settings.downCommand())
	default:
		result.Outcome = promise.Kept
	}
	s.report.Results = append(s.report.Results, result)
	return err
}
