package promise

import (
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// Judge reads a timeline up to now and says whether it keeps the promise whose
// clock started at since. It is pure. The error says that a cost of the limit
// is not known; then there is no verdict.
//
// Whoever records must have been recording from since to now; where it could
// not see, its gaps say so.
func (p Promise) Judge(moments []timeline.Moment, since, now time.Time, costs Costs) (Verdict, error) {
	v := Verdict{Promise: p.ID, Level: p.Level, Claim: p.Claim, Since: since, Until: now}
	var err error
	for _, bound := range []struct {
		limit Limit
		parts *Parts
	}{{p.Limit, &v.Limit}, {p.Early, &v.Early}, {p.For, &v.Window}, {p.After, &v.After}} {
		if *bound.parts, err = bound.limit.Resolve(costs); err != nil {
			return v, fmt.Errorf("judge %s: %w", p.ID, err)
		}
	}
	if end, found := slices.BinarySearchFunc(moments, now, func(m timeline.Moment, t time.Time) int {
		if m.At.After(t) {
			return 1
		}
		return -1
	}); !found {
		moments = moments[:end]
	}
	j := newJudge(p, v)
	j.blinds = timeline.Blinds(moments)
	j.walk(moments)
	j.decide()
	return j.verdict, nil
}

// judge walks a timeline once and remembers the first moments that matter.
type judge struct {
	promise      Promise
	verdict      Verdict
	blinds       []timeline.Blind
	kept, broken *hit
	// seen are the kinds of which anything was recorded, and lost the gaps that
	// are open.
	seen map[timeline.Kind]bool
	lost map[timeline.Key]bool
}

// hit is when a condition first held, and by what error bound.
type hit struct {
	at     time.Time
	within time.Duration
}

func newJudge(p Promise, v Verdict) *judge {
	return &judge{promise: p, verdict: v, seen: map[timeline.Kind]bool{}, lost: map[timeline.Key]bool{}}
}

func (j *judge) walk(moments []timeline.Moment) {
	v := &j.verdict
	state := timeline.NewState()
	before := sort.Search(len(moments), func(i int) bool { return !moments[i].At.Before(v.Since) })
	j.note(moments[:before])
	state.Replay(moments[:before])
	state.Since, state.At = v.Since, v.Since
	n := alike(moments[before:], v.Since)
	j.note(moments[before : before+n])
	state.Replay(moments[before : before+n])
	j.test(state, hit{at: v.Since})
	for rest := moments[before+n:]; len(rest) > 0 && !j.over(rest[0].At); {
		// Moments that one record call stamped belong together: a condition
		// must not be asked of half an object.
		at := rest[0].At
		together := rest[:alike(rest, at)]
		rest = rest[len(together):]
		within := j.note(together)
		state.Replay(together)
		j.test(state, hit{at: at, within: min(within, at.Sub(v.Since))})
	}
}

// alike is how many moments at the front have that time.
func alike(moments []timeline.Moment, at time.Time) int {
	n := 0
	for n < len(moments) && moments[n].At.Equal(at) {
		n++
	}
	return n
}

// note remembers which kinds were recorded and which are out of sight, and
// returns the largest error bound. A recorder that says that it sees a kind has
// seen that there is none.
func (j *judge) note(moments []timeline.Moment) (within time.Duration) {
	for i := range moments {
		m := &moments[i]
		within = max(within, m.Within)
		kind := m.Kind
		switch {
		case kind == timeline.Gap && m.Value == 0:
			kind = timeline.Kind(m.Field)
			delete(j.lost, m.Key())
		case kind == timeline.Gap:
			j.lost[m.Key()] = true
		}
		if !j.seen[kind] {
			j.seen[kind] = true
		}
	}
	return within
}

// test asks the promise's conditions of a state and remembers the first time
// that each held. One moment may do both: what keeps a promise does not excuse
// what breaks it.
func (j *judge) test(state *timeline.State, now hit) {
	watched := !j.over(now.at)
	if j.kept == nil && j.holds(j.promise.Kept, state) {
		j.kept = &now
	}
	if j.broken == nil && watched && j.holds(j.promise.Never, state) {
		j.broken = &now
	}
}

// holds asks a condition of a state, but not while a recorder is blind to any of
// what it is about: then what is not seen to be there may be there all the same.
func (j *judge) holds(c timeline.Condition, state *timeline.State) bool {
	if c.IsZero() || slices.ContainsFunc(c.Kinds, func(kind timeline.Kind) bool { return !j.seen[kind] }) {
		return false
	}
	for gap := range j.lost {
		if slices.Contains(c.Kinds, timeline.Kind(gap.Field)) {
			return false
		}
	}
	return c.Holds(state)
}

// over reports whether nothing after at can matter.
func (j *judge) over(at time.Time) bool {
	elapsed := at.Sub(j.verdict.Since)
	switch {
	case j.broken != nil:
		return true
	case j.awaits():
		return elapsed > j.patience()
	}
	return elapsed > j.window() && (j.kept == nil || at.After(j.kept.at))
}

// awaits reports whether the moment that keeps the promise has not been seen.
func (j *judge) awaits() bool { return j.kept == nil && !j.promise.Kept.IsZero() }

// patience is how long after the clock's start what keeps the promise is awaited.
func (j *judge) patience() time.Duration {
	return max(Patience*j.verdict.Limit.Total(), j.verdict.Window.Total())
}

// window is how long after the clock's start nothing may break the promise, as
// far as is known.
func (j *judge) window() time.Duration {
	v := &j.verdict
	if j.kept == nil || len(v.After) == 0 {
		return v.Window.Total()
	}
	return max(v.Window.Total(), j.kept.at.Sub(v.Since)+v.After.Total())
}

func (j *judge) decide() {
	v := &j.verdict
	limit, early, window := v.Limit.Total(), v.Early.Total(), j.window()
	elapsed := v.Until.Sub(v.Since)
	switch {
	case j.broken != nil:
		j.found(Broken, *j.broken, j.promise.Never.Text)
	case j.kept != nil && j.kept.at.Sub(v.Since) < early:
		j.found(Early, *j.kept, "")
	case j.kept != nil && elapsed >= window:
		j.keptIn(limit, max(early, j.watchedFor(window)))
	case j.promise.Kept.IsZero() && elapsed >= window:
		j.found(Kept, hit{at: v.Since.Add(window)}, "")
		j.blindIf(window)
	case j.awaits() && elapsed >= j.patience():
		j.found(Never, hit{at: v.Since.Add(j.patience())}, "waited for "+j.promise.Kept.Text)
		j.blindIf(max(limit, window))
	default:
		j.found(Undecided, hit{at: v.Until}, "")
		v.Next = v.Since.Add(window)
		if elapsed >= window {
			v.Next = v.Since.Add(j.patience())
		}
	}
}

// keptIn decides between kept and late. A moment that came late by no more
// than its error bound may have been in time: the recorder's slowness is never
// held against the stack.
func (j *judge) keptIn(limit, watched time.Duration) {
	v := &j.verdict
	if j.kept.at.Add(-j.kept.within).Sub(v.Since) > limit {
		j.found(Late, *j.kept, "")
		j.blindIf(limit)
		return
	}
	j.found(Kept, *j.kept, "")
	if watched > 0 {
		j.blindIf(watched)
	}
}

// watchedFor is how long nothing may have broken a promise that is kept.
func (j *judge) watchedFor(window time.Duration) time.Duration {
	if j.promise.Never.IsZero() {
		return 0
	}
	return max(window, j.kept.at.Sub(j.verdict.Since))
}

func (j *judge) found(o Outcome, at hit, why string) {
	v := &j.verdict
	v.Outcome, v.Took, v.Within, v.Why = o, at.at.Sub(v.Since), at.within, why
}

// blindIf turns a verdict that rests on having seen nothing else in the first d
// into Blind where a recorder could not have seen it.
func (j *judge) blindIf(d time.Duration) {
	v := &j.verdict
	kinds := append(slices.Clone(j.promise.Kept.Kinds), j.promise.Never.Kinds...)
	for _, b := range j.blinds {
		if slices.Contains(kinds, b.Kind) && b.Overlaps(v.Since, v.Since.Add(d)) {
			v.Outcome, v.Why = Blind, fmt.Sprintf("%s could not be seen from %s on: %s", b.Kind, offset(b.From, v.Since), b.Why)
			return
		}
	}
	for _, kind := range kinds {
		if !j.seen[kind] {
			v.Outcome, v.Why = Blind, fmt.Sprintf("nothing of kind %s was ever recorded", kind)
			return
		}
	}
}

func offset(at, since time.Time) string { return fmt.Sprintf("%+.1fs", at.Sub(since).Seconds()) }
