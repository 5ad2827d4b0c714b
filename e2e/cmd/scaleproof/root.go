package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/spf13/cobra"

	"github.com/scaleproof/scaleproof/providers"
	"github.com/scaleproof/scaleproof/reports"
)

// console is what the commands share: the world, and where they write. Results
// go to stdout, what happens meanwhile to stderr.
type console struct {
	world
	stdout, stderr io.Writer
	mu             sync.Mutex
	left           func() error // nil until enter
	release        func()       // nil until hold
	occupation     occupation   // nil until secure, and where that is for nothing
}

// enter prepares for a command that starts other programs.
func (c *console) enter() (err error) {
	c.left, err = enter()
	return err
}

// hold keeps the cluster that the settings name for this command until it ends.
func (c *console) hold(s settings) (err error) {
	c.release, err = c.reserve(s)
	return err
}

// secure keeps the cluster from other machines until this command leaves.
func (c *console) secure(ctx context.Context, s settings, cluster providers.Cluster) (err error) {
	c.occupation, err = c.occupy(ctx, s, cluster, c.logf)
	return err
}

// leave removes what is temporary of a command, and lets go of its cluster.
func (c *console) leave() {
	if c.left != nil {
		if err := c.left(); err != nil {
			c.logf("%v", err)
		}
	}
	if c.occupation != nil {
		if err := c.occupation.Release(context.Background()); err != nil {
			c.logf("%v", err)
		}
	}
	if c.release != nil {
		c.release()
	}
}

// logf tells what takes long, without secrets.
func (c *console) logf(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fmt.Fprintln(c.stderr, reports.Redact(fmt.Sprintf(format, args...)))
}

// source is the source tree around the current folder.
func (c *console) source() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	return sourceTree(dir)
}

func newRoot(c *console) *cobra.Command {
	root := &cobra.Command{
		Use:   "scaleproof",
		Short: "prove that an event-driven autoscaling stack keeps its promises",
		Long: `scaleproof installs an event-driven autoscaling stack (KEDA, Prometheus, the
HPA, metrics-server, Karpenter, Flux) on a cluster, acts on it, records what
happens and judges whether each promise of PROMISES.md is kept.

Exit codes: 0 every MUST was kept, 1 a MUST was broken, 2 none was, but the suite
could not run, or could not see enough to judge a MUST.

Every flag can also be set by the environment variable that its help names.`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		PersistentPreRunE: readVariables,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(
		newImages(c), newUp(c), newRun(c), newJudge(c), newDown(c), newSweep(c), newToken(c), newRehearse(c), newDoctor(c), newPromises(c), newVersion(c),
	)
	for _, command := range root.Commands() {
		describeVariables(command.Flags())
	}
	return root
}
