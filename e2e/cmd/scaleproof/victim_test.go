package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/scaleproof/scaleproof/providers/kind/engine"
	"github.com/scaleproof/scaleproof/reports"
)

const (
	// faultsVariable asks for the tests that break real runs; it names the
	// command to run.
	faultsVariable = "SCALEPROOF_FAULTS"
	// faultsCluster names the cluster that they have for themselves.
	faultsCluster = "SCALEPROOF_FAULTS_CLUSTER"
	// faultLimit is how long anything may take that a test waits for.
	faultLimit = 12 * time.Minute
)

// victim is a command whose run is to be broken.
type victim struct {
	command  *exec.Cmd
	cluster  string
	out, tmp string
	ended    chan struct{} // closed when it has ended
	err      error         // of the end

	mu   sync.Mutex
	said strings.Builder
}

// needFaults skips a test that is not asked for.
func needFaults(t *testing.T) (command, cluster string) {
	t.Helper()
	command, cluster = os.Getenv(faultsVariable), os.Getenv(faultsCluster)
	if command == "" {
		t.Skip("breaks real runs on real clusters: make faults")
	}
	if cluster == "" {
		cluster = "faults"
	}
	return command, cluster
}

// newVictim starts a command in a process group of its own, as a shell would,
// with an empty folder for what is temporary and one for its reports.
func newVictim(t *testing.T, args ...string) *victim {
	t.Helper()
	command, cluster := needFaults(t)
	tmp, err := os.MkdirTemp("", "faults-") // short, for the sockets in it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(tmp) })
	v := &victim{command: exec.Command(command, args...), cluster: cluster, out: t.TempDir(), tmp: tmp, ended: make(chan struct{})}
	v.command.Env = append(os.Environ(), "CLUSTER_NAME="+cluster, "OUT="+v.out, temporaryVariable+"="+tmp)
	v.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	v.command.Stdout, v.command.Stderr = writer, writer
	if err := v.command.Start(); err != nil {
		t.Fatal(err)
	}
	writer.Close()
	go v.hear(reader)
	go func() {
		v.err = v.command.Wait()
		close(v.ended)
	}()
	t.Cleanup(func() {
		_ = v.command.Process.Kill()
		<-v.ended
		if t.Failed() {
			t.Logf("%q said:\n%s", args, v.text())
		}
	})
	return v
}

// hear keeps what the command says. A child that outlives it may hold the pipe.
func (v *victim) hear(reader io.Reader) {
	lines := bufio.NewScanner(reader)
	for lines.Scan() {
		v.mu.Lock()
		v.said.WriteString(lines.Text() + "\n")
		v.mu.Unlock()
	}
}

func (v *victim) text() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.said.String()
}

// until asks until something holds, and fails if the command ends before.
func (v *victim) until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), faultLimit)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !holds() {
		select {
		case <-ticker.C:
		case <-v.ended:
			if !holds() {
				t.Fatalf("the run ended (%v) before %s", v.err, what)
			}
		case <-ctx.Done():
			t.Fatalf("waited too long for %s", what)
		}
	}
}

// says waits until the command has said something.
func (v *victim) says(t *testing.T, text string) {
	t.Helper()
	v.until(t, "it said "+text, func() bool { return strings.Contains(v.text(), text) })
}

// reaches waits until the run is well inside of a phase.
func (v *victim) reaches(t *testing.T, phase string) {
	t.Helper()
	v.until(t, "phase "+phase, func() bool {
		run, err := reports.Load(filepath.Join(v.out, "latest"))
		return err == nil && len(run.Phases) > 0 && run.Phases[len(run.Phases)-1].Name == phase && run.Phases[len(run.Phases)-1].Error == unfinished
	})
	switch phase {
	case "cluster":
		v.until(t, "a node's container", func() bool { return len(containers(t, v.cluster)) > 0 })
	case "stack":
		v.says(t, "  controllers")
	case "specs":
		v.until(t, "an app that is recorded", func() bool {
			recorded, _ := filepath.Glob(filepath.Join(v.out, "latest", "timelines", "proof-*.jsonl"))
			return len(recorded) > 2
		})
	}
}

// awaitExit returns the exit code, -1 if it was killed, and how long it took.
func (v *victim) awaitExit(t *testing.T, limit time.Duration) (code int, took time.Duration) {
	t.Helper()
	begin := time.Now()
	select {
	case <-v.ended:
	case <-time.After(limit):
		t.Fatalf("it still runs %s later", limit)
	}
	var exit *exec.ExitError
	if v.err != nil && !errors.As(v.err, &exit) {
		t.Fatal(v.err)
	}
	return v.command.ProcessState.ExitCode(), time.Since(begin)
}

// down runs `scaleproof down`, which must find all there is to remove.
func (v *victim) down(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), faultLimit)
	defer cancel()
	down := exec.CommandContext(ctx, v.command.Path, "down")
	down.Env = v.command.Env
	if out, err := down.CombinedOutput(); err != nil {
		t.Errorf("down: %v\n%s", err, out)
	}
}

// leftovers looks at the machine itself, without the command's help.
func (v *victim) leftovers(t *testing.T) []string {
	t.Helper()
	left := containers(t, v.cluster)
	users, err := engine.Run(t.Context(), "ps", "--all", "--quiet", "--filter", "network=kind")
	if err != nil {
		t.Fatal(err)
	}
	network, err := engine.Run(t.Context(), "network", "ls", "--quiet", "--filter", "name=^kind$", "--filter", "label=scaleproof.dev/network")
	if err != nil {
		t.Fatal(err)
	}
	if users == "" && network != "" {
		left = append(left, "network kind")
	}
	for _, pid := range marked(fmt.Sprintf("%d-", v.command.Process.Pid)) {
		left = append(left, "process "+pid)
	}
	for _, name := range names(t, v.tmp) {
		left = append(left, filepath.Join(v.tmp, name))
	}
	cache, err := engine.CacheDir()
	if err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{"kind/" + v.cluster, "git/kind/" + v.cluster, "bin/.partial-*", "node/.debian-*", "engine/*.new-*"} {
		found, _ := filepath.Glob(filepath.Join(cache, pattern))
		left = append(left, found...)
	}
	for _, lock := range []string{".lock", ".run.lock"} {
		if held(t, filepath.Join(cache, "kind", v.cluster+lock)) {
			left = append(left, v.cluster+lock)
		}
	}
	return left
}

// launched are the containers that Karpenter has made.
func (v *victim) launched(t *testing.T) []string {
	t.Helper()
	made, err := engine.Run(t.Context(), "ps", "--all", "--quiet",
		"--filter", "label=io.x-k8s.kind.cluster="+v.cluster, "--filter", "label=karpenter.sh/nodeclaim")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(made)
}

// containers are those of a cluster, by name.
func containers(t *testing.T, cluster string) []string {
	t.Helper()
	all, err := engine.Run(t.Context(), "ps", "--all", "--format", "{{.Names}}")
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(strings.Fields(all), func(name string) bool {
		return !strings.HasPrefix(name, cluster+"-") && name != "scaleproof-"+cluster+"-registry"
	})
}

// marked lists the processes whose owner's mark begins so, with their commands.
func marked(prefix string) []string {
	var found []string
	paths, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, path := range paths {
		environ, err := os.ReadFile(path)
		if err != nil || !strings.HasPrefix(markIn(environ), prefix) {
			continue
		}
		line, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "cmdline"))
		if pid := filepath.Base(filepath.Dir(path)); len(line) > 0 { // a zombie has none
			found = append(found, pid+" "+strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return found
}

// held tells whether another process holds a lock.
func held(t *testing.T, path string) bool {
	t.Helper()
	file, err := os.OpenFile(path, os.O_RDWR, 0o644)
	if err != nil {
		return false
	}
	defer file.Close()
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil
}
