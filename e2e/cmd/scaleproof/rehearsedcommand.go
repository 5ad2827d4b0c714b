package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/scaleproof/scaleproof/providers/eks/rehearsal"
	"github.com/scaleproof/scaleproof/reports"
)

// interruptLimit is how long a command that was interrupted may take to take everything
// down: what EKS is at work on has to be waited for.
const interruptLimit = 5 * time.Minute

// runRehearsed runs the command in the rehearsed account, and looks at all that it
// writes and leaves.
func (c *console) runRehearsed(ctx context.Context, account *rehearsal.Rehearsal, on *rehearsalSetup, s settings, temporary string, found *rehearsed) (err error) {
	host, err := account.HostAddress(ctx)
	if err != nil {
		return err
	}
	forge, err := openForge(ctx, on.dir, host)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, forge.close()) }()
	reported, err := outOf(on.root, s)
	if err != nil {
		return err
	}
	cache, said, out := filepath.Join(on.dir, "cache"), filepath.Join(on.dir, "output"), filepath.Join(reported, "rehearsal")
	if err := os.Mkdir(said, 0o700); err != nil {
		return err
	}
	command, err := scaleproofOnEKS(ctx, s, out)
	if err != nil {
		return err
	}
	command.Dir = on.root
	command.Env = slices.Concat(account.Env(withoutSettings(os.Environ())), forge.env(), []string{
		"ALLOW_ACCOUNT=" + account.Account(), "SCALEPROOF_CACHE=" + cache, temporaryVariable + "=" + temporary,
		"APP_IMAGE=" + on.appImage, "APP_IMAGE_PRESENT=1", // on the mirror beside the nodes
	})
	secrets := account.Secrets()
	secrets["a git token"] = forge.credentials.Token
	search := rehearsal.NewSearch(secrets)
	watched, began := search.Follow(filepath.Join(cache, "eks"), filepath.Join(cache, "delivery")), time.Now()
	c.logf("all is ready after %.0fs, and the command begins", began.Sub(found.began).Seconds())
	found.code, err = c.runShown(ctx, command, said)
	found.told, found.watched = watched()
	pushed, pushedErr := forge.history(context.WithoutCancel(ctx))
	found.told = append(found.told, search.In("what was pushed", pushed)...)
	return errors.Join(err, pushedErr, found.look(ctx, account, forge), found.read(search, out, said, began))
}

// scaleproofOnEKS is this program, with the words that prove the promises on EKS.
func scaleproofOnEKS(ctx context.Context, s settings, out string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args := []string{
		"run", "--provider", "eks", "--accept-cost", "--region", rehearsalRegion, "--cluster-name", s.cluster,
		"--out", out,
	}
	if s.procs > 0 {
		args = append(args, "--procs", strconv.Itoa(s.procs))
	}
	if len(s.suites) > 0 {
		args = append(args, "--suite", strings.Join(s.suites, ","))
	}
	if s.focus != "" {
		args = append(args, "--focus", s.focus)
	}
	return exec.CommandContext(context.WithoutCancel(ctx), self, args...), nil
}

// withoutSettings leaves out of an environment all that would set a flag, and
// tokens.
func withoutSettings(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.Contains([]string{gitTokenVariable, gitHubTokenVariable, clientcmd.RecommendedConfigPathEnvVar}, name) ||
			slices.Contains(slices.Collect(maps.Values(variables)), name)
	})
}

// runShown runs the command, in a process group of its own, with all that it says
// in files of the folder too, and returns its exit code. When the context ends
// the command is interrupted, and has time to clean up.
func (c *console) runShown(ctx context.Context, command *exec.Cmd, dir string) (code int, err error) {
	stdout, stderr := filepath.Join(dir, "stdout"), filepath.Join(dir, "stderr")
	for path, to := range map[string]struct {
		writer *io.Writer
		shown  io.Writer
	}{stdout: {&command.Stdout, c.stdout}, stderr: {&command.Stderr, c.stderr}} {
		file, err := os.Create(path)
		if err != nil {
			return 0, err
		}
		defer file.Close()
		*to.writer = io.MultiWriter(file, to.shown)
	}
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.WaitDelay = cleanUp
	if err := command.Start(); err != nil {
		return 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	select {
	case err = <-ended:
	case <-ctx.Done():
		err = interrupt(command, ended)
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Exited() {
		return exit.ExitCode(), nil
	}
	if err != nil {
		return 0, fmt.Errorf("%s: %w", command, err)
	}
	return 0, nil
}

// interrupt interrupts the command, and kills its group if it takes too long.
func interrupt(command *exec.Cmd, ended <-chan error) error {
	_ = command.Process.Signal(os.Interrupt) // it may have ended just now
	patience := time.NewTimer(interruptLimit)
	defer patience.Stop()
	select {
	case err := <-ended:
		return err
	case <-patience.C:
	}
	_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
	return errors.Join(<-ended, fmt.Errorf("it was interrupted, and did not end within %v", interruptLimit))
}

// read reads the report that the command wrote, and searches it and what the
// command said.
func (r *rehearsed) read(search *rehearsal.Search, out, said string, began time.Time) error {
	dir, err := filepath.EvalSymlinks(filepath.Join(out, "latest"))
	if err != nil {
		return fmt.Errorf("the command left no report: %w", err)
	}
	run, err := reports.Load(dir)
	if err != nil {
		return err
	}
	if run.Started.Before(began) {
		return errors.New("the command left no report of its own: the newest is older than it")
	}
	r.run, r.dir = run, dir
	for _, each := range []string{said, dir} {
		told, files, err := search.Under(each)
		if err != nil {
			return err
		}
		r.told, r.searched = append(r.told, told...), r.searched+files
	}
	return nil
}
