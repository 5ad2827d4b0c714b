package reports

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// group is a suite with what was found of its promises.
type group struct {
	name     string
	promises []judged
}

// judged is a promise with all that was found of it, of which the worst counts.
type judged struct {
	worst    Result
	results  []Result
	standing standing
}

// bySuite groups the results by suite and promise, both in order of their
// names, whatever the order in which the specs ended.
func (r *Run) bySuite() []group {
	results := slices.Clone(r.Results)
	slices.SortStableFunc(results, func(a, b Result) int {
		return strings.Compare(a.Suite+"\x00"+a.Promise, b.Suite+"\x00"+b.Promise)
	})
	var groups []group
	for _, result := range results {
		if n := len(groups); n == 0 || groups[n-1].name != result.Suite {
			groups = append(groups, group{name: result.Suite})
		}
		g := &groups[len(groups)-1]
		if n := len(g.promises); n == 0 || g.promises[n-1].worst.Promise != result.Promise {
			g.promises = append(g.promises, judged{worst: result})
		}
		p := &g.promises[len(g.promises)-1]
		p.results = append(p.results, result)
		if worse(result, p.worst) {
			p.worst = result
		}
	}
	for _, g := range groups {
		for i := range g.promises {
			g.promises[i].standing = g.promises[i].worst.standing()
			if len(r.Breaks) > 0 {
				r.turn(&g.promises[i])
			}
		}
	}
	return groups
}

// worse orders results of one promise: by standing, then by what took longer.
func worse(a, b Result) bool {
	if a.standing() != b.standing() {
		return a.standing() > b.standing()
	}
	return a.Took > b.Took
}

// stories tells all results that are as bad as the worst.
func (p judged) stories(dir string) string {
	var texts []string
	for _, r := range p.results {
		if r.standing() == p.worst.standing() {
			texts = append(texts, r.Tell(dir))
		}
	}
	return strings.Join(texts, "\n")
}

// line is the promise in one line.
func (p judged) line() string {
	if p.standing == standingSurvived {
		return p.worst.line() + ", though the mutant must break it"
	}
	return p.worst.line()
}

// line is the result in one line.
func (r Result) line() string {
	switch {
	case r.Skipped != "":
		return plain(r.Skipped)
	case r.Error != "":
		return plain(strings.TrimSpace(fmt.Sprintf("%s %s: error, %s", r.Level, r.Promise, firstLine(r.Error))))
	default:
		return plain(r.Headline())
	}
}

// Tell is the story of the result, with its timeline read from the run's
// folder. A timeline that cannot be read is told in its place.
func (r Result) Tell(dir string) string {
	if r.Error != "" {
		return plain(r.line() + "\n" + r.rows())
	}
	var moments []timeline.Moment
	tail := "no timeline was stored"
	if r.Timeline != "" {
		t, err := timeline.Open(filepath.Join(dir, filepath.FromSlash(r.Timeline)))
		if err != nil {
			tail = "the timeline cannot be read: " + strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), "")
		} else {
			moments, tail = t.Moments(), r.Timeline
		}
	}
	return plain(strings.TrimRight(r.Story(moments), "\n") + "\n\n  " + tail + "\n")
}

// rows tell a result that has no verdict, below its first line.
func (r Result) rows() string {
	var b strings.Builder
	if r.Claim != "" {
		fmt.Fprintf(&b, "  claim   %s\n", r.Claim)
	}
	fmt.Fprintf(&b, "  spec    %s\n", r.Spec)
	if _, rest, ok := strings.Cut(strings.TrimSpace(r.Error), "\n"); ok {
		fmt.Fprintf(&b, "\n%s\n", indent(rest))
	}
	return b.String()
}

func indent(text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") }

// failures are the problems of the run and the errors of its phases.
func (r *Run) failures() []string {
	var all []string
	for _, phase := range r.Phases {
		if phase.Error != "" {
			all = append(all, phase.Name+": "+phase.Error)
		}
	}
	return append(all, r.Problems...)
}
