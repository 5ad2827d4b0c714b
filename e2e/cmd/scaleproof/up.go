package main

import (
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/scaleproof/scaleproof/reports"
)

func newUp(c *console) *cobra.Command {
	var s settings
	command := &cobra.Command{
		Use:   "up",
		Short: "make the images, a cluster and the stack on it, and stop there",
		Long: `up leaves a cluster that run --keep uses. If something fails, it leaves a report
with what the cluster tells of it.`,
		Example: `  scaleproof up
  scaleproof up --nodes 3 --cluster-name wide
  scaleproof run --keep       # uses it, and leaves it`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := s.validate(); err != nil {
				return err
			}
			s.keep = true
			return c.paid(cmd.Context(), s, func(ctx context.Context) error { return c.up(ctx, s) })
		},
	}
	s.upFlags(command.Flags())
	s.outFlag(command.Flags())
	return command
}

// up makes a cluster and leaves it, and a report only if that failed.
func (c *console) up(ctx context.Context, s settings) error {
	session, err := c.open(s)
	if err != nil {
		return err
	}
	err = interrupted(ctx, session.raise(ctx))
	session.end(ctx, err != nil)
	if err != nil {
		c.logf("\n  %s", session.dir)
		return errors.Join(err, session.save(), reports.Point(session.out, session.report.ID))
	}
	return os.RemoveAll(session.dir) // a report of nothing would be in the way
}
