package reports

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/scaleproof/scaleproof/e2e/promise"
)

// Mutated is what came of one mutant in a run of several. The mutant's own run
// has the verdicts and their timelines.
type Mutated struct {
	Name string `json:"name"`
	// Breaks are the promises that must go red with it, Found what was found of
	// each that was asked, in a few words.
	Breaks  []string `json:"breaks"`
	Found   []string `json:"found,omitempty"`
	Outcome Outcome  `json:"outcome"`
	// Why tells in a line what is wrong; empty where it was killed.
	Why     string  `json:"why,omitempty"`
	Seconds float64 `json:"seconds"`
	// Run is the folder of its own run, relative to that of the run of several.
	Run string `json:"run"`
}

// Of is what a run with a mutant contributes to the run of several that it is
// part of.
func (r *Run) Of() Mutated {
	m := Mutated{Name: r.Mutant, Breaks: r.Breaks, Outcome: r.Decide(), Seconds: r.Finished.Sub(r.Started).Seconds(), Run: r.ID}
	for _, g := range r.bySuite() {
		for _, p := range g.promises {
			if r.mustBreak(p.worst.Promise) {
				m.Found = append(m.Found, p.brief())
			}
		}
	}
	if m.Outcome != Killed {
		m.Why = r.doubt()
	}
	return m
}

// brief is what was found of a promise in a few words.
func (p judged) brief() string {
	switch p.standing {
	case standingSkipped:
		return p.worst.Promise + " skipped"
	case standingUnjudged:
		return p.worst.Promise + " not judged"
	default:
		return fmt.Sprintf("%s %s after %s", p.worst.Promise, p.worst.Outcome, promise.Seconds(p.worst.Took))
	}
}

// doubt is the first of what keeps a mutant from being killed, the worst first.
func (r *Run) doubt() string {
	groups := r.bySuite()
	for s := standingBroken; s >= standingUnjudged; s-- {
		for _, g := range groups {
			for _, p := range g.promises {
				if p.standing == s {
					return p.line()
				}
			}
		}
	}
	for _, problem := range r.failures() {
		return plain(firstLine(problem))
	}
	return "nothing was judged that it breaks"
}

// mustBreak reports whether the run's mutant names the promise.
func (r *Run) mustBreak(id string) bool { return slices.Contains(r.Breaks, id) }

// turn says where a promise stands in a run with a mutant. One that the mutant
// names must go red; any other must be kept, whatever its level.
func (r *Run) turn(p *judged) {
	if !r.mustBreak(p.worst.Promise) {
		if p.standing == standingNoted {
			p.standing = standingBroken
		}
		return
	}
	for _, result := range p.results {
		if result.red() && (!p.worst.red() || worse(result, p.worst)) {
			p.worst = result
		}
	}
	switch {
	case p.worst.red():
		p.standing = standingKilled
	case p.standing == standingKept:
		p.standing = standingSurvived
	case p.standing == standingNoted: // a SHOULD that could not be judged
		p.standing = standingUnjudged
	}
}

// red reports whether a result is a verdict that the promise is not kept.
func (r Result) red() bool {
	return r.Skipped == "" && r.Error == "" && r.Outcome != promise.Kept && r.Saw()
}

// decideMutant says what came of the mutant. That it survived, or that it broke
// what it does not name, is known whatever else could not be judged.
func (r *Run) decideMutant() Outcome {
	var all tally
	for _, g := range r.bySuite() {
		all.add(g.tally())
	}
	switch {
	case all[standingSurvived] > 0:
		return Survived
	case all[standingBroken] > 0:
		return Overkill
	case all[standingUnjudged] > 0 || all[standingKilled] == 0 || len(r.failures()) > 0 || r.skipsWhatItBreaks():
		return Incomplete
	default:
		return Killed
	}
}

// skipsWhatItBreaks reports whether a promise that must go red was skipped.
func (r *Run) skipsWhatItBreaks() bool {
	for _, g := range r.bySuite() {
		for _, p := range g.promises {
			if p.standing == standingSkipped && r.mustBreak(p.worst.Promise) {
				return true
			}
		}
	}
	return false
}

// decideMutants is the worst of what came of several mutants, and of what the run
// itself is judged by: its cluster may have left something.
func (r *Run) decideMutants() Outcome {
	if slices.ContainsFunc(r.Results, func(result Result) bool { return result.standing() == standingBroken }) {
		return Broken
	}
	for _, bad := range []Outcome{Survived, Overkill, Incomplete} {
		if slices.ContainsFunc(r.Mutants, func(m Mutated) bool { return m.Outcome == bad }) {
			return bad
		}
	}
	if len(r.failures()) > 0 {
		return Incomplete
	}
	return Killed
}

// table writes a line for each mutant, and after them why some were not killed.
func (r *Run) table(w io.Writer) error {
	columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(columns, "  mutant\toutcome\tseconds\twhat it breaks")
	counts := map[Outcome]int{}
	for _, m := range r.Mutants {
		counts[m.Outcome]++
		fmt.Fprintf(columns, "  %s\t%s\t%.0f\t%s\n", m.Name, m.Outcome, m.Seconds, strings.Join(m.Found, ", "))
	}
	if err := columns.Flush(); err != nil {
		return err
	}
	for _, m := range r.Mutants {
		if m.Why != "" {
			fmt.Fprintf(w, "\n  %s: %s\n    %s\n", m.Name, m.Why, m.Run)
		}
	}
	var parts []string
	for _, o := range []Outcome{Killed, Survived, Overkill, Incomplete} {
		if counts[o] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[o], o))
		}
	}
	_, err := fmt.Fprintf(w, "\n  %s\n", strings.Join(parts, ", "))
	return err
}

// junit is the test case of a mutant: it passes where the mutant is killed.
func (m Mutated) junit() (junitCase, time.Duration) {
	took := time.Duration(m.Seconds * float64(time.Second))
	c := junitCase{Name: m.Name, Class: "mutants", Time: junitSeconds(took)}
	c.Properties = c.Properties.add("outcome", string(m.Outcome)).add("breaks", strings.Join(m.Breaks, ", ")).add("run", m.Run)
	text := &junitText{Message: m.Why, Type: string(m.Outcome), Text: m.Why + "\n" + m.Run}
	switch m.Outcome {
	case Killed:
	case Incomplete:
		c.Error = text
	default:
		c.Failure = text
	}
	return c, took
}
