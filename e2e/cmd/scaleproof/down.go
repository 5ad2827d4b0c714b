package main

import (
	"context"
	"errors"
	"fmt"

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
the same name is left alone and named. Removing what is gone is no error. A
cluster that a run uses is not removed under it: stop the run first.

The branch and the deploy key that a cluster was delivered with go too; that
takes the same git settings as the run had.

With --provider existing the cluster stays. What goes is the stack, if it was
installed by --install, and the namespaces that a killed run left.`,
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
	if err := c.takeDown(ctx, s, cluster); err != nil {
		return err
	}
	if !s.install {
		c.logf("cluster %s is gone", s.cluster)
	}
	return c.forget(s)
}

// downPatience is by how many times a removal may exceed its limit. Only
// something that is stuck does.
const downPatience = 3

// takeDown removes the cluster, and says what to do about one that does not go.
func (c *console) takeDown(ctx context.Context, s settings, cluster providers.Cluster) error {
	limit := downPatience * removal(cluster)
	stuck := fmt.Errorf("not removed after %v: see what holds what is left (an object's finalizers, a container that does not end), "+
		"mend that and run scaleproof down again", limit)
	ctx, cancel := context.WithTimeoutCause(ctx, limit, stuck)
	defer cancel()
	err := errors.Join(cluster.Down(ctx), c.recall(ctx, s, c.logf))
	if err != nil && errors.Is(context.Cause(ctx), stuck) && !errors.Is(err, stuck) {
		return fmt.Errorf("%w: %w", stuck, err)
	}
	return err
}
