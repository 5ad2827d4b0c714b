package promise

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Outcome is what a judge found.
type Outcome string

// The outcomes. All but Kept fail a Must; Blind and Undecided say that the
// suite could not see, and not that the stack broke its word.
const (
	Kept      Outcome = "kept"
	Late      Outcome = "late"      // after the limit, and measured
	Never     Outcome = "never"     // not within the patience
	Early     Outcome = "early"     // before it was allowed
	Broken    Outcome = "broken"    // what must not happen did
	Blind     Outcome = "blind"     // a recorder had a gap where it mattered
	Undecided Outcome = "undecided" // the recording ended too soon
)

// Verdict is a judged promise. It holds all that is needed to judge the same
// timeline again.
type Verdict struct {
	Promise string  `json:"promise"`
	Level   Level   `json:"level"`
	Claim   string  `json:"claim"`
	Outcome Outcome `json:"outcome"`
	// Why tells in a few words what decided, and is empty where Outcome says all.
	Why string `json:"why,omitempty"`

	// Since is when the clock started, Until up to when the timeline was read.
	Since time.Time `json:"since"`
	Until time.Time `json:"until"`
	// Took is from Since to what decided; Within is the error bound of that.
	Took   time.Duration `json:"took"`
	Within time.Duration `json:"within,omitempty"`

	Limit  Parts `json:"limit,omitempty"`
	Early  Parts `json:"early,omitempty"`
	Window Parts `json:"window,omitempty"`
	After  Parts `json:"after,omitempty"`

	// Next is when a verdict that is undecided may change though nothing happens:
	// at the end of its window or of its patience.
	Next time.Time `json:"-"`
}

// Decided reports whether the verdict is final: no more moments could change it.
func (v Verdict) Decided() bool { return v.Outcome != Undecided }

// Fails reports whether the verdict fails the run.
func (v Verdict) Fails() bool { return v.Outcome != Kept && v.Level == Must }

// Saw reports whether the suite saw enough to judge the stack.
func (v Verdict) Saw() bool { return v.Outcome != Blind && v.Outcome != Undecided }

// Headline is the verdict in one line.
func (v Verdict) Headline() string {
	line := fmt.Sprintf("%s %s: %s", v.Level, v.Promise, v.Outcome)
	switch v.Outcome {
	case Late:
		line += " by " + Seconds(v.Took-v.Limit.Total())
	case Early:
		line += " by " + Seconds(v.Early.Total()-v.Took)
	case Never:
		line += " in " + Seconds(v.Took)
	}
	if v.Why != "" {
		line += ", " + v.Why
	}
	return line
}

// Duration prints how long it took, with its error bound.
func (v Verdict) Duration() string {
	if v.Within == 0 {
		return Seconds(v.Took)
	}
	return fmt.Sprintf("%s, or up to %s less", Seconds(v.Took), Seconds(v.Within))
}

// Bound is one of a verdict's limits, by the name that reports give it.
type Bound struct {
	Name  string
	Parts Parts
}

// Bounds are the limits that the verdict has.
func (v Verdict) Bounds() []Bound {
	all := []Bound{{"limit", v.Limit}, {"not before", v.Early}, {"for", v.Window}, {"then for", v.After}}
	return slices.DeleteFunc(all, func(b Bound) bool { return len(b.Parts) == 0 })
}

// Costs returns what each term in force cost when the verdict was found.
func (v Verdict) Costs() Costs {
	costs := Costs{}
	for _, bound := range v.Bounds() {
		maps.Copy(costs, bound.Parts.Costs())
	}
	return costs
}
