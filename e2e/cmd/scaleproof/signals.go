package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"

	"github.com/scaleproof/scaleproof/reports"
)

// errInterrupted is the cause of a context that a signal cancelled.
var errInterrupted = errors.New("interrupted")

// removes is the command that removes what this one has made; nil as long as that
// is nothing.
var removes atomic.Pointer[string]

// atOnce is what to say to whoever does not wait for that.
func atOnce() string {
	if command := removes.Load(); command != nil {
		return "stopped at once: `" + *command + "` removes what is left"
	}
	return "stopped at once"
}

// interruptible returns a context that the first SIGINT, SIGTERM or SIGHUP cancels, so
// that everything stops, tells what it found and cleans up. The second one
// leaves at once, and tells what removes what is left then.
func interruptible(parent context.Context, stderr io.Writer) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals, pipes := make(chan os.Signal, 2), make(chan os.Signal, 1)
	done := make(chan struct{})
	// The terminal may be closed under a run, which is no other thing.
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	// Whoever reads what is written here may be gone, as the tee of a pipe that
	// was interrupted too. That is no reason to die before cleaning up: a write
	// fails, and nothing more.
	signal.Notify(pipes, syscall.SIGPIPE)
	go func() {
		for {
			select {
			case <-done:
				return
			case <-signals:
			}
			if ctx.Err() != nil {
				fmt.Fprintln(stderr, atOnce())
				killChildren(owner())
				removeScratch()
				os.Exit(reports.Incomplete.ExitCode())
			}
			fmt.Fprintln(stderr, "stopping: what is not to be kept is removed, and the report written; interrupt again to leave at once")
			cancel(errInterrupted)
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		signal.Stop(pipes)
		close(done)
		cancel(nil)
	}
}

// interrupted makes an error say first that a signal is its reason, if it is.
func interrupted(ctx context.Context, err error) error {
	if err != nil && errors.Is(context.Cause(ctx), errInterrupted) && !errors.Is(err, errInterrupted) {
		return fmt.Errorf("%w: %w", errInterrupted, err)
	}
	return err
}
