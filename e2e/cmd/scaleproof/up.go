package main

import (
	"errors"
	"os"

	"github.com/spf13/cobra"
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
			s.keep = true
			session, err := c.open(s)
			if err != nil {
				return err
			}
			err = interrupted(cmd.Context(), session.raise(cmd.Context()))
			session.end(cmd.Context(), err != nil)
			if err != nil {
				return errors.Join(err, session.save())
			}
			return os.RemoveAll(session.dir) // a report of nothing would be in the way
		},
	}
	s.upFlags(command.Flags())
	s.outFlag(command.Flags())
	return command
}
