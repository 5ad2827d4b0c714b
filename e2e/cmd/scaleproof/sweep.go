package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/scaleproof/scaleproof/fixtures/git/bootstrap"
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
expires-at tag, nor an account that is not allowed. A cluster that does not go keeps
no other: each has 20 minutes, and all of them an hour. What is left after that is for
the next sweep.

With the git settings of a run it also finds the branches and deploy keys of old
runs whose clusters are gone from that region. Who delivers clusters of several
accounts or regions from one repository should not give them.`,
		Example: `  scaleproof sweep --region eu-west-1 --allow-account 000000000000
  scaleproof sweep --region eu-west-1 --allow-account 000000000000 --older-than 6h --delete`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			found, err := c.sweep(cmd.Context(), s, options, c.logf)
			return errors.Join(err, c.tellSwept(found, options.Delete))
		},
	}
	s.cloud.accountFlags(command.Flags())
	s.git.flags(command.Flags())
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
	found, err := provider.Sweep(ctx, options)
	if err != nil {
		return found, err // nobody knows which clusters are there
	}
	more, err := sweepGit(ctx, s, options, found, l) // also where a cluster did not go
	return append(found, more...), err
}

// sweepGit does the same in someone's repository, for clusters of which nothing is
// left in the account.
func sweepGit(ctx context.Context, s settings, options eks.SweepOptions, found []eks.Swept, l log) ([]eks.Swept, error) {
	s.provider, s.cluster = "eks", "sweep"
	place, err := s.place(l)
	if errors.As(err, new(noRepositoryError)) {
		l("branches and deploy keys were not looked for: %v", err)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	there := map[string]bool{}
	for _, f := range found {
		there[f.Name] = !options.Delete || f.Spared != "" || f.Err != nil
	}
	runs, err := place.Sweep(ctx, bootstrap.SweepOptions{
		OlderThan: options.OlderThan, Now: time.Now(), Delete: options.Delete,
		Gone: func(cluster string) bool { return eks.OwnName(cluster) && !there[cluster] },
	})
	var all []eks.Swept
	for _, run := range runs {
		swept := eks.Swept{Name: run.Base, Age: run.Age}
		for _, thing := range run.Things {
			swept.Parts = append(swept.Parts, thing.Kind+" "+thing.Name)
		}
		all = append(all, swept)
	}
	return all, errors.Join(err, forget(s))
}
