package main

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/e2e/promise"
	"github.com/scaleproof/scaleproof/reports"
)

// TestInterrupted interrupts a run in each of its steps: the report must be
// written, and what was made must be removed, which needs a context that lives.
func TestInterrupted(t *testing.T) {
	for step, want := range map[string]string{
		"build":   "suite!",
		"prepare": "suite images!",
		"images":  "suite images!",
		"up":      "suite images cluster! down",
		"install": "suite images cluster stack! down",
		"specs":   "suite images cluster stack specs! down",
	} {
		t.Run(step, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			f := &fake{seen: finds(verdict(promise.Kept)), during: func(now string) {
				if now == step {
					cancel(errInterrupted)
				}
			}}
			out := t.TempDir()
			got := do(t, ctx, f.world(), "run", "--out", out)
			run := stored(t, out)
			if got.code != 2 || run.Outcome != reports.Incomplete || phases(run) != want {
				t.Errorf("exit code %d, outcome %q, phases %q, want %q", got.code, run.Outcome, phases(run), want)
			}
			if !strings.Contains(got.stdout, "interrupted") {
				t.Errorf("the summary does not say why:\n%s", got.stdout)
			}
			if step == "specs" && len(run.Results) != 1 {
				t.Errorf("what was found before is lost: %v", run.Results)
			}
		})
	}
}

// TestKilled looks in each step at what would be left if the run were killed
// there: a report, by way of the link, that says where.
func TestKilled(t *testing.T) {
	want := map[string]string{
		"build":   "suite!",
		"images":  "suite images!",
		"up":      "suite images cluster!",
		"install": "suite images cluster stack!",
		"specs":   "suite images cluster stack specs!",
		"collect": "suite images cluster stack specs collect!",
		"down":    "suite images cluster stack specs collect down!",
	}
	got, out := map[string]string{}, t.TempDir()
	f := &fake{seen: finds(verdict(promise.Blind)), during: func(step string) {
		if want[step] == "" {
			return
		}
		run := stored(t, out)
		got[step] = phases(run)
		if last := run.Phases[len(run.Phases)-1]; run.Outcome != reports.Incomplete || last.Error != unfinished {
			t.Errorf("in %s the report is %s, of %q", step, run.Outcome, last.Error)
		}
	}}
	do(t, t.Context(), f.world(), "run", "--out", out)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("phases in each step (-want +got):\n%s", diff)
	}
}

// TestInterruptedWhileCollecting: who interrupts does not want to wait for
// evidence. The cluster is removed all the same, and what was found stays found.
func TestInterruptedWhileCollecting(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	f := &fake{seen: finds(verdict(promise.Late)), during: func(now string) {
		if now == "collect" {
			cancel(errInterrupted)
		}
	}}
	out := t.TempDir()
	if got := do(t, ctx, f.world(), "run", "--out", out); got.code != 1 {
		t.Errorf("exit code %d", got.code)
	}
	if got := phases(stored(t, out)); got != "suite images cluster stack specs collect! down" {
		t.Errorf("phases %q", got)
	}
}

// TestInterruptedWhileRemoving: what is being removed is removed, and the run
// has said its word before.
func TestInterruptedWhileRemoving(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	f := &fake{during: func(now string) {
		if now == "down" {
			cancel(errInterrupted)
		}
	}}
	out := t.TempDir()
	if got := do(t, ctx, f.world(), "run", "--out", out); got.code != 0 {
		t.Errorf("exit code %d", got.code)
	}
	if got := phases(stored(t, out)); got != "suite images cluster stack specs down" {
		t.Errorf("phases %q", got)
	}
}

func TestInterruptedKeepsWhatIsToBeKept(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	f := &fake{during: func(now string) {
		if now == "specs" {
			cancel(errInterrupted)
		}
	}}
	out := t.TempDir()
	if got := do(t, ctx, f.world(), "run", "--keep", "--out", out); got.code != 2 {
		t.Errorf("exit code %d", got.code)
	}
	if got := phases(stored(t, out)); got != "suite images cluster stack specs!" {
		t.Errorf("phases %q", got)
	}
}
