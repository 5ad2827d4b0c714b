package reports_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/e2e/promise"
	"github.com/scaleproof/scaleproof/reports"
)

// TestDecideMutant: only a verdict against each promise that the mutant names,
// and against no other, kills it.
func TestDecideMutant(t *testing.T) {
	const must, should = promise.Must, promise.Should
	named := func(o promise.Outcome) reports.Result { return result("scaleout", "path", must, o, 9) }
	second := func(o promise.Outcome) reports.Result { return result("scaleout", "formula", should, o, 9) }
	other := func(l promise.Level, o promise.Outcome) reports.Result { return result("metrics", "counts", l, o, 9) }
	red := second(promise.Never)
	for name, c := range map[string]struct {
		results  []reports.Result
		problems []string
		want     reports.Outcome
	}{
		"both red":                    {[]reports.Result{named(promise.Late), red, other(must, promise.Kept)}, nil, reports.Killed},
		"early and broken":            {[]reports.Result{named(promise.Early), second(promise.Broken)}, nil, reports.Killed},
		"one of several specs is red": {[]reports.Result{named(promise.Kept), named(promise.Broken), red}, nil, reports.Killed},
		"red, and blind elsewhere":    {[]reports.Result{named(promise.Blind), named(promise.Broken), red}, nil, reports.Killed},
		"one was not asked":           {[]reports.Result{named(promise.Late)}, nil, reports.Killed},
		"kept":                        {[]reports.Result{named(promise.Kept), red}, nil, reports.Survived},
		"a SHOULD kept":               {[]reports.Result{named(promise.Late), second(promise.Kept)}, nil, reports.Survived},
		"kept, and another red":       {[]reports.Result{named(promise.Kept), red, other(must, promise.Late)}, nil, reports.Survived},
		"another MUST red":            {[]reports.Result{named(promise.Late), red, other(must, promise.Broken)}, nil, reports.Overkill},
		"another SHOULD red":          {[]reports.Result{named(promise.Late), red, other(should, promise.Late)}, nil, reports.Overkill},
		"another red, with a problem": {[]reports.Result{named(promise.Late), red, other(must, promise.Late)}, []string{"interrupted"}, reports.Overkill},
		"blind":                       {[]reports.Result{named(promise.Blind), red}, nil, reports.Incomplete},
		"a SHOULD undecided":          {[]reports.Result{named(promise.Late), second(promise.Undecided)}, nil, reports.Incomplete},
		"a spec that could not start": {[]reports.Result{failed("scaleout", "path", "no app"), red}, nil, reports.Incomplete},
		"skipped":                     {[]reports.Result{skipped("scaleout", "path", "no git"), red}, nil, reports.Incomplete},
		"another was not judged":      {[]reports.Result{named(promise.Late), red, failed("metrics", "counts", "no app")}, nil, reports.Incomplete},
		"another was skipped":         {[]reports.Result{named(promise.Late), red, skipped("metrics", "counts", "no nodes")}, nil, reports.Killed},
		"a problem":                   {[]reports.Result{named(promise.Late), red}, []string{"left behind"}, reports.Incomplete},
		"nothing":                     {nil, nil, reports.Incomplete},
		"only others":                 {[]reports.Result{other(must, promise.Kept)}, nil, reports.Incomplete},
	} {
		t.Run(name, func(t *testing.T) {
			run := sample(c.results...)
			run.Mutant, run.Breaks, run.Problems = "m", []string{"scaleout.path", "scaleout.formula"}, c.problems
			if got := run.Decide(); got != c.want {
				t.Errorf("outcome %q, want %q", got, c.want)
			}
			if of := run.Of(); (of.Why == "") != (c.want == reports.Killed) {
				t.Errorf("why: %q", of.Why)
			}
		})
	}
}

func TestDecideMutants(t *testing.T) {
	for name, c := range map[string]struct {
		outcomes []reports.Outcome
		problems []string
		left     bool
		want     reports.Outcome
		exit     int
	}{
		"all killed, and something left": {outcomes: []reports.Outcome{reports.Killed}, left: true, want: reports.Broken, exit: 1},
		"all killed":                     {outcomes: []reports.Outcome{reports.Killed, reports.Killed}, want: reports.Killed},
		"one survived":                   {outcomes: []reports.Outcome{reports.Incomplete, reports.Overkill, reports.Survived, reports.Killed}, want: reports.Survived, exit: 1},
		"one broke more":                 {outcomes: []reports.Outcome{reports.Incomplete, reports.Overkill}, want: reports.Overkill, exit: 1},
		"one was not judged":             {outcomes: []reports.Outcome{reports.Killed, reports.Incomplete}, want: reports.Incomplete, exit: 2},
		"killed, and a problem":          {outcomes: []reports.Outcome{reports.Killed}, problems: []string{"interrupted"}, want: reports.Incomplete, exit: 2},
		"none, and nothing else":         {want: reports.Incomplete, exit: 2},
	} {
		t.Run(name, func(t *testing.T) {
			run := sample()
			run.Problems = c.problems
			if c.left {
				run.Results = append(run.Results, result("cleanup", "nothing-is-left", promise.Must, promise.Broken, 1))
			}
			for _, o := range c.outcomes {
				run.Mutants = append(run.Mutants, reports.Mutated{Name: "m", Outcome: o})
			}
			if got := run.Decide(); got != c.want || got.ExitCode() != c.exit {
				t.Errorf("outcome %q with exit code %d, want %q with %d", got, got.ExitCode(), c.want, c.exit)
			}
		})
	}
}

func TestOf(t *testing.T) {
	run := sample(
		result("scaleout", "path", promise.Must, promise.Broken, 14.5),
		result("scaleout", "path", promise.Must, promise.Kept, 2),
		failed("scaleout", "formula", "the spec could not start: waited 2m"),
		result("metrics", "counts", promise.Must, promise.Kept, 1),
	)
	run.Mutant, run.Breaks = "m", []string{"scaleout.path", "scaleout.formula"}
	want := reports.Mutated{
		Name: "m", Breaks: run.Breaks, Found: []string{"scaleout.formula not judged", "scaleout.path broken after 14.5s"},
		Outcome: reports.Incomplete, Why: "scaleout.formula: error, the spec could not start: waited 2m", Seconds: 171.25, Run: run.ID,
	}
	if diff := cmp.Diff(want, run.Of()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
