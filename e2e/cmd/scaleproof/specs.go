package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/scaleproof/scaleproof/e2e"
	"github.com/scaleproof/scaleproof/fixtures/images/process"
	"github.com/scaleproof/scaleproof/reports"
)

const (
	// reportFile and logFile are Ginkgo's own, in the run's folder.
	reportFile = "ginkgo.json"
	logFile    = "ginkgo.log"
	// specsLimit is a guard: a node that Karpenter never gives up is waited for
	// three quarters of an hour.
	specsLimit = 2 * time.Hour
	// cleanUp is how long interrupted specs may take to.
	cleanUp = 30 * time.Second
)

// ginkgo runs the specs in the processes of Ginkgo's own command.
type ginkgo struct{ command, suite string }

// buildSpecs compiles Ginkgo's command, at the version of go.mod, and the
// suite, into the source tree: another tree's run must not find this one's.
// Where nothing changed, Go finds both up to date.
func buildSpecs(ctx context.Context, root string) (specRunner, error) {
	bin := filepath.Join(root, "bin")
	g := ginkgo{command: filepath.Join(bin, "ginkgo"), suite: filepath.Join(bin, "e2e.test")}
	for _, args := range [][]string{
		{"build", "-o", g.command, "github.com/onsi/ginkgo/v2/ginkgo"},
		// Without DWARF, which nothing reads, the linker takes half as long.
		{"test", "-c", "-ldflags=-w", "-o", g.suite, "./e2e"},
	} {
		build := process.Command{Name: "go", Args: args, Dir: root}
		if err := process.Run(ctx, build); err != nil {
			return nil, fmt.Errorf("compile the suite: %w", err)
		}
	}
	return g, nil
}

// run implements specRunner.
func (g ginkgo) run(ctx context.Context, job specJob) (specReport, error) {
	config := filepath.Join(job.private, "config.json")
	if err := job.config.Save(config); err != nil {
		return specReport{}, fmt.Errorf("configure the suite: %w", err)
	}
	output, err := os.Create(filepath.Join(job.config.RunDir, logFile))
	if err != nil {
		return specReport{}, fmt.Errorf("log of the specs: %w", err)
	}
	defer output.Close()
	command := exec.CommandContext(context.WithoutCancel(ctx), g.command, g.arguments(job)...)
	command.Env = append(os.Environ(), e2e.ConfigVariable+"="+config)
	command.Stdout, command.Stderr = output, output
	stop := follow(filepath.Join(job.config.RunDir, reports.SpecsFile), job.ended)
	failed := runGroup(ctx, command)
	seen, err := stop()
	report, readErr := read(job.config.RunDir, seen)
	var exit *exec.ExitError
	if errors.As(failed, &exit) && exit.ExitCode() == 1 && readErr == nil {
		failed = nil // specs failed, and the report tells which
	}
	if failed != nil || readErr != nil {
		failed = fmt.Errorf("ginkgo: %w\n%s", errors.Join(failed, readErr), lastLines(output.Name()))
	}
	return report, errors.Join(failed, err)
}

func (g ginkgo) arguments(job specJob) []string {
	args := []string{
		"--procs=" + strconv.Itoa(job.procs), "--fail-on-empty", "--no-color", "--silence-skips",
		// Specs depend on no other; and only so are the long ones first.
		"--keep-going", "--randomize-all", "--timeout=" + specsLimit.String(), "--output-dir=" + job.config.RunDir, "--json-report=" + reportFile,
	}
	if job.filter != "" {
		args = append(args, "--label-filter="+job.filter)
	}
	return append(args, g.suite)
}

// read returns what the specs found: as Ginkgo reports it, or else as it was
// seen while they ran.
func read(dir string, seen []reports.Spec) (specReport, error) {
	var r specReport
	data, err := os.ReadFile(filepath.Join(dir, reportFile))
	var all []types.Report
	if err == nil {
		err = json.Unmarshal(data, &all)
	}
	if err != nil || len(all) == 0 {
		for _, spec := range seen {
			r.results = append(r.results, spec.Results...)
			r.problems = append(r.problems, spec.Problems...)
		}
		return r, errors.Join(errors.New("the specs ended without a report"), err)
	}
	for _, report := range all {
		results, problems := reports.FromGinkgo(report)
		requests, err := reports.RequestsOf(report)
		if err != nil {
			problems = append(problems, err.Error())
		}
		r.results = append(r.results, results...)
		r.problems = append(r.problems, problems...)
		r.requests.Add(requests)
	}
	return r, nil
}

// runGroup runs a command in a process group of its own, so that a Ctrl-C at
// the terminal does not reach it on its own way. When the context ends the
// group is interrupted, and what is left of it after its patience is killed.
func runGroup(ctx context.Context, command *exec.Cmd) error {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := command.Start(); err != nil {
		return err
	}
	group := -command.Process.Pid
	var result error
	ended := make(chan struct{})
	go func() {
		result = command.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return result
	case <-ctx.Done():
	}
	_ = syscall.Kill(group, syscall.SIGINT)
	patience := time.NewTimer(cleanUp)
	defer patience.Stop()
	select {
	case <-ended:
	case <-patience.C:
	}
	_ = syscall.Kill(group, syscall.SIGKILL) // whoever is left of the group
	return context.Cause(ctx)
}

// lastLines quotes the end of a file.
func lastLines(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-process.TailLines):], "\n")
}
