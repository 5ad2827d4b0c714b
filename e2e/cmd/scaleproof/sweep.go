package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/scaleproof/scaleproof/providers/eks"
)

func newSweep(c *console) *cobra.Command {
	var s settings
	var options eks.SweepOptions
	command := &cobra.Command{
		Use:   "sweep",
		Short: "find old clusters in an AWS account's region, and remove them with --delete",
		Long: `sweep finds what runs that were killed left in a region of an AWS account: what
has a name that begins with ` + eks.Prefix + ` and our tags, and what EKS Auto Mode made for a
cluster of such a name. Without --delete it only tells. It never touches what has
no tag, what is younger than --older-than, what may still be there by its
expires-at tag, nor an account that is not allowed.`,
		Example: `  scaleproof sweep --region eu-west-1 --allow-account 000000000000
  scaleproof sweep --region eu-west-1 --allow-account 000000000000 --older-than 6h --delete`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			found, err := c.sweep(cmd.Context(), s, options, c.logf)
			return errors.Join(err, c.tellSwept(found, options.Delete))
		},
	}
	s.cloud.accountFlags(command.Flags())
	command.Flags().DurationVar(&options.OlderThan, "older-than", 4*time.Hour, "leave alone what is younger")
	command.Flags().BoolVar(&options.Delete, "delete", false, "remove what is found, and do not only tell")
	return command
}

// tellSwept prints a line for each name, and returns what could not be removed.
func (c *console) tellSwept(found []eks.Swept, deleted bool) error {
	var failed []error
	old := 0
	for _, f := range found {
		fmt.Fprintln(c.stdout, f)
		failed = append(failed, f.Err)
		if f.Spared == "" {
			old++
		}
	}
	switch {
	case deleted:
		c.logf("%d of %d were old", old, len(found))
	case old > 0:
		c.logf("%d of %d are old: remove them with --delete", old, len(found))
	default:
		c.logf("nothing of %d is old", len(found))
	}
	return errors.Join(failed...)
}

// sweepEKS is what sweep does in the world.
func sweepEKS(ctx context.Context, s settings, options eks.SweepOptions, l log) ([]eks.Swept, error) {
	provider, err := newEKS(s, l)
	if err != nil {
		return nil, err
	}
	return provider.Sweep(ctx, options)
}
