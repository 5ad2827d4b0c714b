package main

import (
	"encoding/xml"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/scaleproof/scaleproof/e2e/promise"
	"github.com/scaleproof/scaleproof/providers/kind/engine"
	"github.com/scaleproof/scaleproof/reports"
)

// end is a way to end a run from outside.
type end struct {
	name string
	do   func(t *testing.T, v *victim)
	// code is the exit code; -1 is a signal.
	code int
	// orderly tells that the run itself removes what it made; else down does.
	orderly bool
}

// signalTo is a signal to the process alone, or to its group as the terminal
// sends Ctrl-C.
func signalTo(group bool, signal syscall.Signal) func(*testing.T, *victim) {
	return func(t *testing.T, v *victim) {
		t.Helper()
		pid := v.command.Process.Pid
		if group {
			pid = -pid
		}
		if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) { // it may have ended of the first
			t.Fatal(err)
		}
	}
}

var ends = []end{
	{name: "ctrl-c", do: signalTo(true, syscall.SIGINT), code: 2, orderly: true},
	{name: "sigint", do: signalTo(false, syscall.SIGINT), code: 2, orderly: true},
	{name: "sigterm", do: signalTo(false, syscall.SIGTERM), code: 2, orderly: true},
	{name: "twice", code: 2, do: func(t *testing.T, v *victim) {
		t.Helper()
		signalTo(true, syscall.SIGINT)(t, v)
		v.says(t, "interrupt again to leave at once")
		signalTo(true, syscall.SIGINT)(t, v)
	}},
	{name: "kill", code: -1, do: signalTo(false, syscall.SIGKILL)},
}

// launching is the middle of the specs, while Karpenter makes nodes.
const launching = "nodes"

// exitLimit is for a run to clean up after a signal: specs have half a minute
// for theirs, and a cluster is removed in seconds.
const exitLimit = 2 * time.Minute

// TestFaultsInEachPhase ends a run in each of its phases in each way. Nothing
// may be left afterwards, but a report that says what happened.
func TestFaultsInEachPhase(t *testing.T) {
	needFaults(t)
	user := userKubeconfig(t)
	for _, at := range []string{"suite", "images", "cluster", "stack", "specs", launching, "down"} {
		for _, end := range ends {
			t.Run(at+"/"+end.name, func(t *testing.T) {
				phase, narrow := at, "--suite=metrics"
				if at == launching {
					phase, narrow = "specs", `--focus=capacity\.runs-the-seed`
				}
				v := newVictim(t, "run", narrow)
				if at == launching {
					v.until(t, "a node that is on its way", func() bool { return len(v.launched(t)) > 0 })
				} else {
					v.reaches(t, phase)
				}
				end.do(t, v)
				code, took := v.awaitExit(t, exitLimit)
				t.Logf("ended %.1fs later with exit code %d", took.Seconds(), code)
				// A run that was only removing its cluster has said its word.
				done := phase == "down" && end.orderly
				if want := end.code; !done && code != want {
					t.Errorf("exit code %d, want %d", code, want)
				}
				v.reported(t, phase, done)
				if !end.orderly {
					v.down(t)
				}
				if left := v.leftovers(t); len(left) > 0 {
					t.Errorf("left behind: %q", left)
					v.down(t)
				}
			})
		}
	}
	if userKubeconfig(t) != user {
		t.Error("the user's own kubeconfig was changed")
	}
}

// reported reads the report: it must say in which phase the run was
// interrupted, unless that was done. Who interrupts twice may end its down too.
func (v *victim) reported(t *testing.T, phase string, done bool) {
	t.Helper()
	run := stored(t, v.out)
	interrupted := ""
	for _, p := range run.Phases {
		if interrupted == "" && strings.Contains(p.Error, "interrupted") {
			interrupted = p.Name
		}
	}
	if done {
		phase = ""
	}
	if interrupted != phase || done == (run.Outcome == reports.Incomplete) {
		t.Errorf("the report says %s, interrupted in %q, want %q: %+v", run.Outcome, interrupted, phase, run.Phases)
	}
	text, err := os.ReadFile(filepath.Join(v.out, "latest", reports.JUnitFile))
	if err != nil || xml.Unmarshal(text, new(struct{})) != nil || !done && !strings.Contains(string(text), "interrupted") {
		t.Errorf("junit.xml: %v\n%s", err, text)
	}
}

// userKubeconfig is what no run may change.
func userKubeconfig(t *testing.T) string {
	t.Helper()
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(home, ".kube", "config"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(text)
}

// TestFaultsOfTheAPIServer takes the API server away in the middle of the
// specs. What was not seen is no verdict, and the run ends and cleans up.
func TestFaultsOfTheAPIServer(t *testing.T) {
	needFaults(t)
	const manifest = "/etc/kubernetes/manifests/kube-apiserver.yaml"
	for name, take := range map[string]func(node string) [][]string{
		"its node is paused":  func(node string) [][]string { return [][]string{{"pause", node}} },
		"its node is stopped": func(node string) [][]string { return [][]string{{"stop", "--time", "1", node}} },
		"it is away for a minute": func(node string) [][]string {
			return [][]string{{"exec", node, "mv", manifest, "/"}, {"exec", node, "sleep", "60"}, {"exec", node, "mv", "/kube-apiserver.yaml", manifest}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := newVictim(t, "run", "--suite", "metrics,scaleout")
			v.reaches(t, "specs")
			for _, args := range take(v.cluster + "-control-plane") {
				if _, err := engine.Run(t.Context(), args...); err != nil {
					t.Fatal(err)
				}
			}
			code, took := v.awaitExit(t, faultLimit)
			run := stored(t, v.out)
			found := map[string]int{}
			for _, r := range run.Results {
				switch {
				case r.Outcome != "":
					found[string(r.Outcome)]++
				case r.Error != "":
					found["not judged"]++
				}
			}
			t.Logf("ended %.1fs later with exit code %d: %v, phases %s", took.Seconds(), code, found, phases(run))
			if code != 2 || run.Outcome != reports.Incomplete {
				t.Errorf("exit code %d, outcome %s, want 2", code, run.Outcome)
			}
			if found[string(promise.Blind)]+found["not judged"] == 0 || found[string(promise.Late)]+found[string(promise.Never)]+found[string(promise.Broken)] > 0 {
				t.Errorf("found %v: what was not seen must be no verdict", found)
			}
			if left := v.leftovers(t); len(left) > 0 {
				t.Errorf("left behind: %q", left)
				v.down(t)
			}
		})
	}
}
