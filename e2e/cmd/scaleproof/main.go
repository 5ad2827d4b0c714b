// Command scaleproof proves on a real cluster that an event-driven autoscaling
// stack keeps its promises. Its exit code is 0 when every MUST was kept, 1 when
// one was broken, and 2 when the suite could not run or judge.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/scaleproof/scaleproof/e2e/watch"
	"github.com/scaleproof/scaleproof/reports"
)

func main() {
	watch.CountRequests() // before anything makes a request
	ctx, stop := interruptible(context.Background(), os.Stderr)
	code := execute(ctx, os.Args[1:], realWorld(), os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// execute runs the command line and returns its exit code.
func execute(ctx context.Context, args []string, w world, stdout, stderr io.Writer) int {
	c := &console{world: w, stdout: stdout, stderr: stderr}
	defer c.leave()
	root := newRoot(c)
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	var found outcomeError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &found):
		return reports.Outcome(found).ExitCode() // the summary has told it all
	default:
		fmt.Fprintf(stderr, "scaleproof: %s\n", reports.Redact(err.Error()))
		return reports.Incomplete.ExitCode()
	}
}

// outcomeError ends a command whose report says that not all is kept.
type outcomeError reports.Outcome

func (o outcomeError) Error() string { return "the run is " + string(o) }
