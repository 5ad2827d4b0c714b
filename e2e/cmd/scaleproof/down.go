package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/scaleproof/scaleproof/providers"
)

func newDown(c *console) *cobra.Command {
	var s settings
	command := &cobra.Command{
		Use:   "down",
		Short: "remove the cluster, and whatever an interrupted run left",
		Long: `down removes the cluster's containers and network, and ends processes that a
killed run left behind. It removes only what scaleproof made: what merely has
the same name is left alone and named. Removing what is gone is no error. From a
cluster that a run uses nothing is removed: stop the run first.

The branch and the deploy key that a cluster was delivered with go too; that
takes the same git settings as the run had.

With --provider existing the cluster stays. What goes is the stack, if it was
installed by --install, and what a killed run left: namespaces, and what a mutant
broke.`,
		Example: `  scaleproof down
  scaleproof down --cluster-name wide
  scaleproof down --provider existing --context staging`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s.install = s.provider == "existing" // it may have been
			return interrupted(cmd.Context(), c.down(cmd.Context(), s))
		},
	}
	s.clusterFlags(command.Flags())
	return command
}

// down ends what killed commands left running, and removes the cluster.
func (c *console) down(ctx context.Context, s settings) error {
	n, err := endOrphans()
	if err != nil {
		return err
	}
	if n > 0 {
		c.logf("ended %d processes of a run that was killed", n)
	}
	if err := c.hold(s); err != nil {
		return err
	}
	provider, err := c.provider(s, imageSet{}, c.logf)
	if err != nil {
		return err
	}
	finder, ok := provider.(providers.Finder)
	if !ok {
		return fmt.Errorf("provider %s makes nothing that could be removed", s.provider)
	}
	cluster, err := finder.Find(ctx, s.cluster)
	if err != nil {
		return err
	}
	if err := c.secure(ctx, s, cluster); err != nil {
		return err
	}
	if err := c.takeAway(ctx, s, cluster); err != nil {
		return err
	}
	if !s.install {
		c.logf("cluster %s is gone", s.cluster)
	}
	return c.forget(s)
}

// takeAway removes the cluster, or what is ours from one that stays. That one has
// first what a killed run has broken mended: without KEDA's operator its objects
// would keep their namespaces.
func (c *console) takeAway(ctx context.Context, s settings, cluster providers.Cluster) error {
	var mended error
	if s.provider == "existing" {
		mended = c.restore(ctx, cluster)
	}
	return errors.Join(mended, c.takeDown(ctx, s, cluster))
}

// downPatience is by how many times a removal may exceed its limit. Only
// something that is stuck does.
const downPatience = 3

// recallLimit is what it may take to take back what a cluster was delivered with.
const recallLimit = 5 * time.Minute

// errStuck is why a removal was given up.
var errStuck = errors.New("not removed in time: see what holds what is left (an object's finalizers, a container that does not end)")

// takeDown removes the cluster, and says what to do about one that does not go.
func (c *console) takeDown(ctx context.Context, s settings, cluster providers.Cluster) error {
	err := c.dismantle(ctx, s, cluster, downPatience*removal(cluster))
	if errors.Is(err, errStuck) {
		return fmt.Errorf("%w; mend that and run scaleproof down again", err)
	}
	return err
}

// dismantle takes a cluster down within a limit, and takes back what it was
// delivered with. The one must not keep the other, nor use up its time: the cluster
// costs, and the key opens.
func (c *console) dismantle(ctx context.Context, s settings, cluster providers.Cluster, limit time.Duration) error {
	return errors.Join(
		within(ctx, limit, cluster.Down),
		within(ctx, recallLimit, func(ctx context.Context) error { return c.recall(ctx, s, c.logf) }),
	)
}

// within removes something before its limit, or is errStuck.
func within(ctx context.Context, limit time.Duration, remove func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("%w: gave up after %v", errStuck, limit))
	defer cancel()
	err := remove(ctx)
	if cause := context.Cause(ctx); err != nil && errors.Is(cause, errStuck) && !errors.Is(err, errStuck) {
		return fmt.Errorf("%w: %w", cause, err)
	}
	return err
}
