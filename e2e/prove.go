package e2e

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2"

	"github.com/scaleproof/scaleproof/e2e/promise"
	"github.com/scaleproof/scaleproof/e2e/timeline"
	"github.com/scaleproof/scaleproof/reports"
)

// confirmation names in gaps who could not confirm that nothing was missed.
const confirmation = "confirmation"

// Prove waits until the scene's timeline decides each promise, whose clock
// started at since, adds the verdicts to the report, and fails the spec with
// the story of each MUST that was not kept. The spec goes on all the same, so
// that a promise that breaks does not hide those that it proves next.
func (e *Env) Prove(ctx context.Context, scene *Scene, since time.Time, promises ...promise.Promise) {
	ginkgo.GinkgoHelper()
	costs, err := scene.costs(ctx)
	if err != nil {
		ginkgo.Fail(err.Error())
	}
	var stories []string
	for _, p := range promises {
		verdict, err := scene.await(ctx, p, since, costs)
		if err != nil {
			ginkgo.Fail(strings.Join(append(stories, err.Error()), "\n"))
		}
		ginkgo.AddReportEntry(reports.PromiseEntry, ginkgo.ReportEntryVisibilityNever,
			reports.Result{Verdict: verdict, Timeline: filepath.ToSlash(filepath.Join(timelines, scene.file()))})
		if verdict.Fails() {
			stories = append(stories, verdict.Story(scene.Timeline.Moments()))
		}
	}
	if len(stories) > 0 {
		failLater(strings.Join(stories, "\n"))
	}
}

// failLater has the spec fail when it is over. Ginkgo keeps the first failure.
func failLater(message string) {
	ginkgo.GinkgoHelper()
	defer ginkgo.GinkgoRecover()
	ginkgo.Fail(message)
}

// await judges a promise whenever the timeline grows or time alone may decide,
// until it is decided.
func (s *Scene) await(ctx context.Context, p promise.Promise, since time.Time, costs promise.Costs) (promise.Verdict, error) {
	for {
		changed := s.Timeline.Changed() // before the moments are read, so that none is missed
		verdict, err := p.Judge(s.Timeline.Moments(), since, time.Now(), costs)
		if err == nil && verdict.Outcome == promise.Kept && !p.Never.IsZero() && s.recorder != nil {
			return s.confirm(ctx, p, since, costs)
		}
		if err != nil || verdict.Decided() {
			return verdict, err
		}
		timer := time.NewTimer(time.Until(verdict.Next))
		select {
		case <-changed:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return verdict, fmt.Errorf("%s was not decided when the spec ended: %w", p.ID, context.Cause(ctx))
		}
		timer.Stop()
	}
}

// confirm judges again what was kept as far as anybody saw, once the recorder
// knows that it saw all of it. Where it cannot know, the timeline says so.
func (s *Scene) confirm(ctx context.Context, p promise.Promise, since time.Time, costs promise.Costs) (promise.Verdict, error) {
	unseen := s.recorder.Confirm(ctx)
	if ctx.Err() != nil {
		return promise.Verdict{}, fmt.Errorf("%s was kept as far as was seen, and the spec ended before that was confirmed: %w", p.ID, context.Cause(ctx))
	}
	if unseen != nil {
		s.doubt(p, since, unseen)
	}
	return p.Judge(s.Timeline.Moments(), since, time.Now(), costs)
}

// doubt records that what breaks a promise may have happened unseen since its
// clock started: a watch on a connection that nobody answers on looks well until
// its silence is noticed.
func (s *Scene) doubt(p promise.Promise, since time.Time, why error) {
	var moments []timeline.Moment
	for _, kind := range p.Never.Kinds {
		moments = append(moments, timeline.Lost(kind, confirmation, time.Since(since), why.Error()), timeline.Seen(kind, confirmation))
	}
	s.Timeline.Record(moments...)
}

// Settle waits for a condition that a spec starts from, and returns when it
// was first seen to hold from since on. It is no promise: the spec's own
// deadline limits it.
func (e *Env) Settle(ctx context.Context, scene *Scene, since time.Time, condition timeline.Condition) time.Time {
	ginkgo.GinkgoHelper()
	for {
		changed := scene.Timeline.Changed()
		if at, ok := promise.FirstHeld(scene.Timeline.Moments(), since, condition); ok {
			return at
		}
		select {
		case <-changed:
		case <-ctx.Done():
			ginkgo.Fail(fmt.Sprintf("the spec could not start: waited %s in %s for: %s\n%s", promise.Seconds(time.Since(since)),
				scene.name, condition.Text, promise.Verdict{Since: since, Took: time.Since(since)}.Story(scene.Timeline.Moments())))
		}
	}
}
