package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/e2e/promise"
	"github.com/scaleproof/scaleproof/reports"
)

func finds(results ...reports.Result) func(specJob) specReport {
	return func(specJob) specReport { return specReport{results: results} }
}

func TestRun(t *testing.T) {
	for name, c := range map[string]struct {
		args   []string
		fail   map[string]error
		seen   func(specJob) specReport
		code   int
		done   string
		phases string
	}{
		"all is kept": {
			done: "build prepare images up mend-first install specs stop down", phases: "suite images cluster stack specs down",
		},
		"the cluster is kept": {
			args: []string{"--keep"},
			done: "build prepare images up mend-first install specs stop", phases: "suite images cluster stack specs",
		},
		"a promise is broken": {
			seen: finds(verdict(promise.Late)), code: 1,
			done: "build prepare images up mend-first install specs collect stop down", phases: "suite images cluster stack specs collect down",
		},
		"a recorder was blind": {
			seen: finds(verdict(promise.Blind)), code: 2,
			done: "build prepare images up mend-first install specs collect stop down", phases: "suite images cluster stack specs collect down",
		},
		"the suite does not compile": {
			fail: map[string]error{"build": errTest}, code: 2,
			done: "build", phases: "suite!",
		},
		"no engine answers": {
			fail: map[string]error{"prepare": errTest}, code: 2,
			done: "build prepare", phases: "suite images!",
		},
		"an image cannot be made": {
			fail: map[string]error{"images": errTest}, code: 2,
			done: "build prepare images", phases: "suite images!",
		},
		"no provider": {
			fail: map[string]error{"provider": errTest}, code: 2,
			done: "build prepare images", phases: "suite images cluster!",
		},
		"half a cluster": {
			fail: map[string]error{"up": errTest}, code: 2,
			done: "build prepare images up collect down", phases: "suite images cluster! collect down",
		},
		"what a killed run broke cannot be mended": {
			fail: map[string]error{"mend-first": errTest}, code: 2,
			done: "build prepare images up mend-first collect down", phases: "suite images cluster stack! collect down",
		},
		"the stack is never ready": {
			fail: map[string]error{"install": errTest}, code: 2,
			done: "build prepare images up mend-first install collect stop down", phases: "suite images cluster stack! collect down",
		},
		"the specs crash": {
			fail: map[string]error{"specs": errTest}, code: 2,
			done: "build prepare images up mend-first install specs collect stop down", phases: "suite images cluster stack specs! collect down",
		},
		"the specs crash after a promise broke": {
			fail: map[string]error{"specs": errTest}, seen: finds(verdict(promise.Never)), code: 1,
			done: "build prepare images up mend-first install specs collect stop down", phases: "suite images cluster stack specs! collect down",
		},
		"its repositories cannot be removed": {
			fail: map[string]error{"forget": errTest}, code: 2,
			done: "build prepare images up mend-first install specs stop down", phases: "suite images cluster stack specs down!",
		},
		"the cluster cannot be removed": {
			fail: map[string]error{"down": errTest}, code: 2,
			done: "build prepare images up mend-first install specs stop down", phases: "suite images cluster stack specs down!",
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fake{fail: c.fail, seen: c.seen}
			out := t.TempDir()
			got := do(t, t.Context(), f.world(), append([]string{"run", "--out", out}, c.args...)...)
			run := stored(t, out)
			if got.code != c.code || run.Outcome.ExitCode() != c.code {
				t.Errorf("exit code %d, outcome %q, want %d\n%s", got.code, run.Outcome, c.code, got.stderr)
			}
			if diff := cmp.Diff([]string{c.done, c.phases}, []string{strings.Join(f.done, " "), phases(run)}); diff != "" {
				t.Errorf("what was done, and the report's phases (-want +got):\n%s", diff)
			}
			if len(c.fail) > 0 && !strings.Contains(got.stdout, errTest.Error()) {
				t.Errorf("the summary does not say why:\n%s", got.stdout)
			}
		})
	}
}

func TestRunTellsTheSpecsWhatTheyNeed(t *testing.T) {
	f, out := &fake{}, t.TempDir()
	if got := do(t, t.Context(), f.world(), "run", "--out", out, "--suite", "metrics", "--focus", "counts|zero", "--procs", "9"); got.code != 0 {
		t.Fatal(got.stderr)
	}
	if f.job.filter != "(metrics) && /counts|zero/" || f.job.procs != 9 {
		t.Errorf("filter %q, %d processes", f.job.filter, f.job.procs)
	}
	config := f.job.config
	if config.Kubeconfig != "/dev/null" || config.Context != "fake" || config.Git.URL != "http://git.test" || config.Traits.HPASync == 0 || config.AppImage == "" {
		t.Errorf("config %+v", config)
	}
	run := stored(t, out)
	if run.Requests.Total != 7 || len(run.Components) != 1 || run.Traits.HPASync == 0 || !strings.HasSuffix(config.RunDir, run.ID) || config.Run != run.ID {
		t.Errorf("run %+v in %s", run, config.RunDir)
	}
}

func TestUpAndDown(t *testing.T) {
	f, out := &fake{}, t.TempDir()
	if got := do(t, t.Context(), f.world(), "up", "--out", out); got.code != 0 || !strings.Contains(got.stderr, "is kept") {
		t.Errorf("up: %+v", got)
	}
	if left, err := os.ReadDir(out); err != nil || len(left) > 0 {
		t.Errorf("left in reports: %v, %v", left, err)
	}
	if got := do(t, t.Context(), f.world(), "down"); got.code != 0 {
		t.Errorf("down: %+v", got)
	}
	if diff := cmp.Diff("prepare images up mend-first install stop find down", strings.Join(f.done, " ")); diff != "" {
		t.Errorf("what was done (-want +got):\n%s", diff)
	}
	if f.released != 2 {
		t.Errorf("the cluster was let go of %d times, want once by each command", f.released)
	}
	f.fail = map[string]error{"install": errTest, "down": errTest}
	for _, command := range []string{"up", "down"} {
		t.Setenv("OUT", out)
		if got := do(t, t.Context(), f.world(), command); got.code != 2 || !strings.Contains(got.stderr, errTest.Error()) {
			t.Errorf("%s: %+v", command, got)
		}
	}
}

// TestClusterInUse: a command whose cluster another one uses does nothing to it,
// and leaves no report in the way of the other one's.
func TestClusterInUse(t *testing.T) {
	for _, args := range [][]string{{"run"}, {"run", "--keep"}, {"run", "--mutant", "all"}, {"up"}, {"down"}} {
		f, out := &fake{fail: map[string]error{"reserve": errTest}}, t.TempDir()
		t.Setenv("OUT", out)
		if got := do(t, t.Context(), f.world(), args...); got.code != 2 || !strings.Contains(got.stderr, errTest.Error()) {
			t.Errorf("%s: %+v", args, got)
		}
		if left, err := os.ReadDir(out); err != nil || len(left)+len(f.done) > 0 {
			t.Errorf("%s: did %q, and left %v, %v", args, f.done, left, err)
		}
	}
}

// TestFolderOfReports is a whole path: the specs' processes run in another folder.
func TestFolderOfReports(t *testing.T) {
	t.Chdir(t.TempDir())
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for said, want := range map[string]string{
		"": filepath.Join("/src", "reports", "out"), "results": filepath.Join(here, "results"), "/elsewhere": "/elsewhere",
	} {
		if got, err := outOf("/src", settings{out: said}); err != nil || got != want {
			t.Errorf("--out %q: %s, %v, want %s", said, got, err, want)
		}
	}
}
