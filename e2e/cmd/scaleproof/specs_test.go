package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/scaleproof/scaleproof/e2e"
	"github.com/scaleproof/scaleproof/reports"
)

// ended is a spec's line in the file of specs, as the suite's processes write it.
const ended = `{"name":"metrics starts at zero","state":"passed","seconds":1.5,"results":[{"promise":"metrics.starts-at-zero","level":"MUST","outcome":"kept"}]}`

// scripted is a ginkgo whose command is a shell script. It runs in the run's
// folder, which is the script's $RUN.
func scripted(t *testing.T, script string) (ginkgo, specJob) {
	t.Helper()
	dir := t.TempDir()
	command := filepath.Join(dir, "ginkgo")
	text := "#!/bin/sh\nRUN=" + dir + "\ncd $RUN\n" + script + "\n"
	if err := os.WriteFile(command, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	job := specJob{
		config: e2e.Config{RunDir: dir, Kubeconfig: "/dev/null"}, filter: "(metrics)", procs: 3, private: t.TempDir(),
		ended: func(reports.Spec) {},
	}
	return ginkgo{command: command, suite: "e2e.test"}, job
}

// report makes the script write Ginkgo's report, of a spec in that state.
func report(state string) string {
	return `cat > ginkgo.json <<-'END'
	[{"SpecReports": [{"LeafNodeType": "It", "LeafNodeText": "starts", "LeafNodeLabels": ["metrics.starts-at-zero"], "State": "` + state + `",
	  "ReportEntries": [{"Name": "promise", "Value": {"AsJSON": "{\"promise\":\"metrics.starts-at-zero\",\"level\":\"MUST\",\"outcome\":\"kept\"}"}},
	                    {"Name": "requests", "Value": {"AsJSON": "{\"total\":4}"}}]}]}]
END
`
}

func TestSpecsPass(t *testing.T) {
	g, job := scripted(t, `echo "$@" > arguments; cp "$SCALEPROOF_CONFIG" config; echo '`+ended+`' > specs.jsonl`+"\n"+report("passed"))
	var seen []string
	job.ended = func(s reports.Spec) { seen = append(seen, s.Name) }
	got, err := g.run(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.results) != 1 || got.results[0].Promise != "metrics.starts-at-zero" || got.requests.Total != 4 || len(got.problems) > 0 {
		t.Errorf("found %+v", got)
	}
	if len(seen) != 1 || seen[0] != "metrics starts at zero" {
		t.Errorf("told of %q", seen)
	}
	arguments, _ := os.ReadFile(filepath.Join(job.config.RunDir, "arguments"))
	for _, want := range []string{"--procs=3", "--fail-on-empty", "--label-filter=(metrics)", "e2e.test"} {
		if !strings.Contains(string(arguments), want) {
			t.Errorf("arguments %q lack %s", arguments, want)
		}
	}
	config, _ := os.ReadFile(filepath.Join(job.config.RunDir, "config"))
	if !strings.Contains(string(config), "/dev/null") {
		t.Errorf("configuration %q", config)
	}
}

func TestSpecsFail(t *testing.T) {
	g, job := scripted(t, report("failed")+"exit 1")
	if got, err := g.run(t.Context(), job); err != nil || len(got.results) != 1 {
		t.Errorf("specs that failed are an error: %v, or lost: %+v", err, got)
	}
}

// TestSpecsDie: what was seen until then is not lost, and the end of the log
// says why.
func TestSpecsDie(t *testing.T) {
	g, job := scripted(t, `echo '`+ended+`' > specs.jsonl; echo "panic: no more memory"; exit 137`)
	got, err := g.run(t.Context(), job)
	if err == nil || !strings.Contains(err.Error(), "no more memory") || !strings.Contains(err.Error(), "137") {
		t.Errorf("error %v", err)
	}
	if len(got.results) != 1 || got.results[0].Outcome != "kept" {
		t.Errorf("found %+v", got)
	}
}

func TestSpecsCannotStart(t *testing.T) {
	g, job := scripted(t, "")
	g.command = filepath.Join(t.TempDir(), "none")
	if _, err := g.run(t.Context(), job); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v, want one of a file that is not there", err)
	}
}

// TestSpecsAreInterrupted: the whole group is told to stop, may clean up, and
// what it reports is read.
func TestSpecsAreInterrupted(t *testing.T) {
	g, job := scripted(t, `trap '`+strings.ReplaceAll(report("interrupted"), "'", `'\''`)+`exit 1' INT
sleep 600 & echo $! > child
echo '`+ended+`' > specs.jsonl
wait`)
	ctx, cancel := context.WithCancelCause(t.Context())
	job.ended = func(reports.Spec) { cancel(errInterrupted) }
	got, err := g.run(ctx, job)
	if !errors.Is(err, errInterrupted) || len(got.results) != 1 {
		t.Errorf("error %v, found %+v", err, got)
	}
	child, readErr := os.ReadFile(filepath.Join(job.config.RunDir, "child"))
	if readErr != nil {
		t.Fatal(readErr)
	}
	awaitEnd(t, strings.TrimSpace(string(child)))
}

// awaitEnd waits until a process is no more, or only waits to be reaped.
func awaitEnd(t *testing.T, pid string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for {
		text, err := os.ReadFile("/proc/" + pid + "/stat")
		if err != nil || strings.Contains(string(text), ") Z ") {
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatalf("process %s still runs: %s", pid, text)
		}
	}
}

func TestSpecsAreBuiltFromTheTree(t *testing.T) {
	_, err := buildSpecs(t.Context(), t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "go.mod") {
		t.Errorf("error %v of a folder with no module", err)
	}
}

func TestFirstSignalCancels(t *testing.T) {
	var said strings.Builder
	ctx, stop := interruptible(t.Context(), &said)
	defer stop()
	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-ctx.Done()
	if !errors.Is(context.Cause(ctx), errInterrupted) {
		t.Errorf("cause %v", context.Cause(ctx))
	}
}
