package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/e2e/mutant"
	"github.com/scaleproof/scaleproof/e2e/promise"
	"github.com/scaleproof/scaleproof/reports"
)

// plusOne breaks metrics.starts-at-zero, of which verdict tells.
const plusOne = "example-app-plus-one"

func TestRunWithMutant(t *testing.T) {
	other := verdict(promise.Late)
	other.Promise = "metrics.counts"
	for name, c := range map[string]struct {
		seen   func(specJob) specReport
		fail   map[string]error
		want   reports.Outcome
		code   int
		phases string
	}{
		"killed":              {seen: finds(verdict(promise.Late)), want: reports.Killed, phases: "suite images cluster stack specs mend down"},
		"survived":            {seen: finds(verdict(promise.Kept)), want: reports.Survived, code: 1, phases: "suite images cluster stack specs mend collect down"},
		"another one broke":   {seen: finds(verdict(promise.Late), other), want: reports.Overkill, code: 1, phases: "suite images cluster stack specs mend collect down"},
		"blind":               {seen: finds(verdict(promise.Blind)), want: reports.Incomplete, code: 2, phases: "suite images cluster stack specs mend collect down"},
		"the specs crash":     {seen: finds(verdict(promise.Late)), fail: map[string]error{"specs": errTest}, want: reports.Incomplete, code: 2, phases: "suite images cluster stack specs! mend collect down"},
		"it cannot be mended": {seen: finds(verdict(promise.Late)), fail: map[string]error{"mend": errTest}, want: reports.Incomplete, code: 2, phases: "suite images cluster stack specs mend! collect down"},
		"the stack is not up": {fail: map[string]error{"install": errTest}, want: reports.Incomplete, code: 2, phases: "suite images cluster stack! collect down"},
	} {
		t.Run(name, func(t *testing.T) {
			f, out := &fake{seen: c.seen, fail: c.fail}, t.TempDir()
			got := do(t, t.Context(), f.world(), "run", "--mutant", plusOne, "--out", out)
			run := stored(t, out)
			if got.code != c.code || run.Outcome != c.want || phases(run) != c.phases {
				t.Errorf("exit code %d, outcome %s, phases %q, want %d, %s, %q\n%s", got.code, run.Outcome, phases(run), c.code, c.want, c.phases, got.stderr)
			}
			if run.Mutant != plusOne || len(run.Breaks) == 0 || !strings.Contains(got.stdout, plusOne) {
				t.Errorf("the report tells of mutant %q, which breaks %v, and the summary is\n%s", run.Mutant, run.Breaks, got.stdout)
			}
		})
	}
}

// TestMutantNarrows: only the specs are run that prove what the mutant breaks.
func TestMutantNarrows(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--mutant", plusOne}, "(metrics.starts-at-zero)"},
		{[]string{"--mutant", plusOne, "--suite", "metrics", "--focus", "zero"}, "(metrics) && /zero/ && (metrics.starts-at-zero)"},
		{[]string{"--mutant", "example-app-max-five"}, "(scaleout.path)"},
	} {
		f := &fake{seen: finds(verdict(promise.Late))}
		do(t, t.Context(), f.world(), append([]string{"run", "--out", t.TempDir()}, c.args...)...)
		if f.job.filter != c.want || f.job.config.Mutant != c.args[1] {
			t.Errorf("%v: filter %q and mutant %q, want %q", c.args, f.job.filter, f.job.config.Mutant, c.want)
		}
	}
}

// breakers are the mutants that break metrics.starts-at-zero.
func breakers(t *testing.T) []string {
	t.Helper()
	all, err := mutant.All()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range all {
		for _, id := range m.Breaks {
			if id == "metrics.starts-at-zero" {
				names = append(names, m.Name)
			}
		}
	}
	if len(names) < 2 {
		t.Fatalf("only %v break metrics.starts-at-zero", names)
	}
	return names
}

func TestAllMutants(t *testing.T) {
	names, out := breakers(t), t.TempDir()
	f := &fake{seen: func(job specJob) specReport {
		config := job.config
		if config.AppImage != "registry.test/app:v1" || config.Git.URL == "" || !strings.HasPrefix(config.RunDir, filepath.Join(out, config.Run)+"/") {
			t.Errorf("the specs were told %+v", config)
		}
		if job.config.Mutant == names[0] {
			return finds(verdict(promise.Kept))(job)
		}
		return finds(verdict(promise.Never))(job)
	}}
	got := do(t, t.Context(), f.world(), "run", "--mutant", "all", "--focus", "zero", "--out", out)
	run := stored(t, out)
	if got.code != 1 || run.Outcome != reports.Survived || phases(run) != "suite images cluster stack mutants down" {
		t.Errorf("exit code %d, outcome %s, phases %q\n%s", got.code, run.Outcome, phases(run), got.stderr)
	}
	want := "build prepare images up mend-first install specs mend collect" + strings.Repeat(" specs mend", len(names)-1) + " stop down"
	if diff := cmp.Diff(want, strings.Join(f.done, " ")); diff != "" {
		t.Errorf("what was done (-want +got):\n%s", diff)
	}
	var tried []string
	for i, m := range run.Mutants {
		tried = append(tried, m.Name)
		one, err := reports.Load(filepath.Join(out, "latest", m.Run))
		if err != nil {
			t.Fatal(err)
		}
		wantOutcome := reports.Killed
		if i == 0 {
			wantOutcome = reports.Survived
		}
		if one.Mutant != m.Name || one.Outcome != wantOutcome || m.Outcome != wantOutcome || len(one.Results) != 1 || len(one.Components) != 1 {
			t.Errorf("run of %s: %+v", m.Name, one)
		}
		if !strings.Contains(got.stdout, m.Name) || !strings.Contains(got.stderr, m.Name+" is "+string(m.Outcome)) {
			t.Errorf("nothing is told of %s:\n%s\n%s", m.Name, got.stderr, got.stdout)
		}
	}
	if diff := cmp.Diff(names, tried); diff != "" {
		t.Errorf("mutants (-want +got):\n%s", diff)
	}
}

// TestAllMutantsInterrupted: the one that is tried is mended, the others are
// not begun, and what was found stays found.
func TestAllMutantsInterrupted(t *testing.T) {
	names, out := breakers(t), t.TempDir()
	ctx, cancel := context.WithCancelCause(t.Context())
	f := &fake{seen: finds(verdict(promise.Never))}
	f.during = func(step string) {
		if step == "specs" && f.job.config.Mutant == names[1] {
			cancel(errInterrupted)
		}
	}
	got := do(t, ctx, f.world(), "run", "--mutant", "all", "--focus", "zero", "--out", out)
	run := stored(t, out)
	if got.code != 2 || run.Outcome != reports.Incomplete || phases(run) != "suite images cluster stack mutants! down" {
		t.Errorf("exit code %d, outcome %s, phases %q", got.code, run.Outcome, phases(run))
	}
	if want := "build prepare images up mend-first install specs mend specs mend stop down"; strings.Join(f.done, " ") != want {
		t.Errorf("done %v, want %s", f.done, want)
	}
	if len(run.Mutants) != 2 || run.Mutants[0].Outcome != reports.Killed || run.Mutants[1].Outcome != reports.Incomplete {
		t.Errorf("mutants %+v", run.Mutants)
	}
}

func TestAllMutantsWithoutAStack(t *testing.T) {
	f, out := &fake{fail: map[string]error{"install": errTest}}, t.TempDir()
	got := do(t, t.Context(), f.world(), "run", "--mutant", "all", "--out", out)
	run := stored(t, out)
	if got.code != 2 || len(run.Mutants) > 0 || !strings.Contains(got.stdout, errTest.Error()) || phases(run) != "suite images cluster stack! collect down" {
		t.Errorf("exit code %d, %d mutants, phases %q\n%s", got.code, len(run.Mutants), phases(run), got.stdout)
	}
}

// TestAllMutantsUnmended: the next one would be tried on what this one broke.
func TestAllMutantsUnmended(t *testing.T) {
	f, out := &fake{seen: finds(verdict(promise.Never)), fail: map[string]error{"mend": errTest}}, t.TempDir()
	got := do(t, t.Context(), f.world(), "run", "--mutant", "all", "--focus", "zero", "--out", out)
	run := stored(t, out)
	if got.code != 2 || phases(run) != "suite images cluster stack mutants! down" || len(run.Mutants) != 1 || run.Mutants[0].Outcome != reports.Incomplete {
		t.Errorf("exit code %d, phases %q, mutants %+v", got.code, phases(run), run.Mutants)
	}
	if !strings.Contains(got.stdout, "mutant "+breakers(t)[0]+": "+errTest.Error()) {
		t.Errorf("nobody says why it ended:\n%s", got.stdout)
	}
}
