package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// tailLines is how much of a failed command's stderr an error quotes.
const tailLines = 8

// CommandError is a command that failed, with what it said last.
type CommandError struct {
	// Command as it could be typed.
	Command string
	// Stderr is the last lines that the command wrote there.
	Stderr string
	// Err is why it ended: *exec.ExitError, exec.ErrNotFound, the context's error.
	Err error
}

func (e *CommandError) Error() string {
	if e.Stderr == "" {
		return fmt.Sprintf("%s: %v", e.Command, e.Err)
	}
	return fmt.Sprintf("%s: %v: %s", e.Command, e.Err, e.Stderr)
}

func (e *CommandError) Unwrap() error { return e.Err }

// Run runs the docker command line and returns what it wrote to stdout, without
// surrounding white space. Its error is a *CommandError.
func Run(ctx context.Context, args ...string) (string, error) {
	var stdout bytes.Buffer
	err := Stream(ctx, nil, &stdout, args...)
	return strings.TrimSpace(stdout.String()), err
}

// Stream runs the docker command line between a stdin and a stdout; both may be
// nil. Its error is a *CommandError.
func Stream(ctx context.Context, stdin io.Reader, stdout io.Writer, args ...string) error {
	cmd := command(ctx, syscall.SIGKILL, "docker", args...)
	cmd.Stdin, cmd.Stdout = stdin, stdout
	return finish(ctx, cmd)
}

// Logs writes what a container wrote to its stdout and stderr.
func Logs(ctx context.Context, container string, to io.Writer) error {
	cmd := command(ctx, syscall.SIGKILL, "docker", "logs", container)
	var said bytes.Buffer
	// With one writer for both, the lines keep their order.
	cmd.Stdout = io.MultiWriter(to, &said)
	cmd.Stderr = cmd.Stdout
	return failure(ctx, cmd, cmd.Run(), &said)
}

// command makes a child in a process group of its own, which is ended as a
// whole, by the signal given, when the context is.
func command(ctx context.Context, end syscall.Signal, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, end) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// finish runs the command and turns its failure into a *CommandError.
func finish(ctx context.Context, cmd *exec.Cmd) error {
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	return failure(ctx, cmd, cmd.Run(), &stderr)
}

func failure(ctx context.Context, cmd *exec.Cmd, err error, stderr *bytes.Buffer) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return &CommandError{Command: strings.Join(cmd.Args, " "), Stderr: tail(stderr.String(), tailLines), Err: err}
}

// tail returns the last lines that are not empty.
func tail(text string, lines int) string {
	var kept []string
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, "\r\n"); strings.TrimSpace(line) != "" {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept[max(0, len(kept)-lines):], "\n")
}

// Said tells whether the error is of a command that wrote the text to stderr,
// in letters of either case.
func Said(err error, text string) bool {
	var failed *CommandError
	return errors.As(err, &failed) && strings.Contains(strings.ToLower(failed.Stderr), strings.ToLower(text))
}
