package reports_test

import (
	"testing"

	"github.com/scaleproof/scaleproof/e2e/promise"
	"github.com/scaleproof/scaleproof/reports"
)

func TestDecide(t *testing.T) {
	must := func(o promise.Outcome) reports.Result { return result("scaleout", "path", promise.Must, o, 1) }
	should := func(o promise.Outcome) reports.Result { return result("scaleout", "path", promise.Should, o, 1) }
	kept, noProblem := must(promise.Kept), []string(nil)
	for name, c := range map[string]struct {
		results  []reports.Result
		problems []string
		want     reports.Outcome
		exit     int
	}{
		"all kept":                    {[]reports.Result{kept, kept}, noProblem, reports.Kept, 0},
		"kept and skipped":            {[]reports.Result{kept, skipped("capacity", "limits", "no nodes")}, noProblem, reports.Kept, 0},
		"late MUST":                   {[]reports.Result{kept, must(promise.Late)}, noProblem, reports.Broken, 1},
		"MUST never":                  {[]reports.Result{must(promise.Never), kept}, noProblem, reports.Broken, 1},
		"early MUST":                  {[]reports.Result{must(promise.Early)}, noProblem, reports.Broken, 1},
		"broken MUST":                 {[]reports.Result{must(promise.Broken)}, noProblem, reports.Broken, 1},
		"blind MUST":                  {[]reports.Result{kept, must(promise.Blind)}, noProblem, reports.Incomplete, 2},
		"undecided MUST":              {[]reports.Result{must(promise.Undecided)}, noProblem, reports.Incomplete, 2},
		"late SHOULD":                 {[]reports.Result{kept, should(promise.Late)}, noProblem, reports.Kept, 0},
		"blind SHOULD":                {[]reports.Result{kept, should(promise.Blind)}, noProblem, reports.Kept, 0},
		"failed spec":                 {[]reports.Result{kept, failed("scaleout", "path", "no such app")}, noProblem, reports.Incomplete, 2},
		"problem":                     {[]reports.Result{kept}, []string{"interrupted"}, reports.Incomplete, 2},
		"broken MUST and a problem":   {[]reports.Result{must(promise.Late)}, []string{"interrupted"}, reports.Broken, 1},
		"broken MUST and failed spec": {[]reports.Result{must(promise.Late), failed("a", "b", "c")}, noProblem, reports.Broken, 1},
		"nothing":                     {nil, noProblem, reports.Incomplete, 2},
		"all skipped":                 {[]reports.Result{skipped("capacity", "limits", "no nodes")}, noProblem, reports.Incomplete, 2},
	} {
		t.Run(name, func(t *testing.T) {
			run := sample(c.results...)
			run.Problems = c.problems
			if got := run.Decide(); got != c.want || got.ExitCode() != c.exit {
				t.Errorf("outcome %q with exit code %d, want %q with %d", got, got.ExitCode(), c.want, c.exit)
			}
		})
	}
	t.Run("failed phase", func(t *testing.T) {
		run := sample(kept)
		run.Phases[0].Error = "no space left"
		if got := run.Decide(); got != reports.Incomplete {
			t.Errorf("outcome %q, want %q", got, reports.Incomplete)
		}
	})
}
