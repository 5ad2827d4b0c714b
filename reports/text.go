package reports

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/scaleproof/scaleproof/e2e/promise"
)

// Summary writes the run for a terminal. What is kept is a line per suite; what
// is not is a story, with its timeline read from dir.
func (r *Run) Summary(w io.Writer, dir string) error {
	var b bytes.Buffer
	groups := r.bySuite()
	told := map[string]bool{}
	for s := standingSkipped; s <= standingBroken; s++ { // the worst is told last, where eyes are
		for _, g := range groups {
			g.tell(&b, s, dir, told)
		}
		if s == standingUnjudged {
			for _, problem := range r.failures() {
				fmt.Fprintf(&b, "[PROBLEM] %s\n\n", plain(strings.ReplaceAll(strings.TrimSpace(problem), "\n", "\n  ")))
			}
		}
	}
	fmt.Fprintf(&b, "scaleproof %s on %s/%s: %s\n", r.ID, r.Provider, r.Cluster, strings.ToUpper(string(r.Decide())))
	if r.Mutant != "" {
		fmt.Fprintf(&b, "the stack was broken on purpose: mutant %s\n", r.Mutant)
	}
	if len(r.Breaks) > 0 {
		fmt.Fprintf(&b, "what it must break, and nothing else: %s\n", strings.Join(r.Breaks, ", "))
	}
	b.WriteByte('\n')
	if len(r.Mutants) > 0 {
		if err := r.table(&b); err != nil {
			return err
		}
	} else {
		tallies(&b, groups)
	}
	fmt.Fprintf(&b, "\n  %s\n", r.clock())
	if r.Requests.Total > 0 {
		fmt.Fprintf(&b, "  %d API requests\n", r.Requests.Total)
	}
	if r.Cloud.Own > 0 {
		fmt.Fprintf(&b, "  %d requests to the cloud, and %d that only waited\n", r.Cloud.Own, r.Cloud.Polls)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// tallies writes a line for each suite, and one for all.
func tallies(b *bytes.Buffer, groups []group) {
	var total tally
	for _, g := range groups {
		t := g.tally()
		fmt.Fprintf(b, "  %-14s %s\n", g.name, t)
		total.add(t)
	}
	if len(groups) != 1 {
		fmt.Fprintf(b, "  %-14s %s\n", "all", total)
	}
}

// tell writes what a person must know of the promises of one standing: nothing
// of those that were kept, and a reason that is in told already only once.
func (g group) tell(b *bytes.Buffer, s standing, dir string, told map[string]bool) {
	for _, p := range g.promises {
		if p.standing != s {
			continue
		}
		switch s {
		case standingKilled:
			fmt.Fprintf(b, "[KILLED BY] %s\n", p.stories(dir))
		case standingSurvived:
			fmt.Fprintf(b, "[SURVIVED] %s\n\n", p.line())
		case standingBroken:
			fmt.Fprintf(b, "[FAILED] %s\n", p.stories(dir))
		case standingUnjudged:
			if why := p.worst.Error; why != "" && told[why] {
				fmt.Fprintf(b, "[NO VERDICT] %s: for a reason told above\n\n", p.worst.Promise)
				continue
			}
			told[p.worst.Error] = true
			fmt.Fprintf(b, "[NO VERDICT] %s\n", p.stories(dir))
		case standingNoted:
			fmt.Fprintf(b, "[NOTE] %s\n\n", p.worst.line())
		case standingSkipped:
			fmt.Fprintf(b, "[SKIPPED] %s: %s\n\n", p.worst.Promise, firstLine(p.worst.Skipped))
		case standingKept:
		}
	}
}

// clock is how long the run took and what of it each phase.
func (r *Run) clock() string {
	phases := make([]string, len(r.Phases))
	for i, phase := range r.Phases {
		phases[i] = phase.Name + " " + promise.Seconds(time.Duration(phase.Seconds*float64(time.Second)))
	}
	text := promise.Seconds(r.Finished.Sub(r.Started))
	if len(phases) > 0 {
		text += ": " + strings.Join(phases, ", ")
	}
	return text
}

// tally counts promises by their standing.
type tally [standingBroken + 1]int

func (g group) tally() tally {
	var t tally
	for _, p := range g.promises {
		t[p.standing]++
	}
	return t
}

func (t *tally) add(o tally) {
	for i, n := range o {
		t[i] += n
	}
}

// String prints the counts that are not zero, the good ones first.
func (t tally) String() string {
	words := map[standing]string{
		standingKept: "kept", standingKilled: "broken by the mutant", standingNoted: "SHOULD not kept", standingBroken: "BROKEN",
		standingSurvived: "SURVIVED the mutant", standingUnjudged: "not judged", standingSkipped: "skipped",
	}
	var parts []string
	for _, s := range []standing{standingKept, standingKilled, standingNoted, standingBroken, standingSurvived, standingUnjudged, standingSkipped} {
		if t[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", t[s], words[s]))
		}
	}
	if len(parts) == 0 {
		return "nothing was judged"
	}
	return strings.Join(parts, ", ")
}
