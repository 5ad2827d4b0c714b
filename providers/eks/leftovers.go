package eks

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/scaleproof/scaleproof/providers/eks/control"
	"github.com/scaleproof/scaleproof/providers/eks/ledger"
	"github.com/scaleproof/scaleproof/providers/eks/network"
)

// Leftovers implements providers.Leaver. It looks for everything by name and by
// tag, and waits a little: some answers are older than what they tell of.
func (c *cluster) Leftovers(ctx context.Context) (left []string, err error) {
	notes, err := c.claim(ctx)
	if err != nil {
		return nil, c.seal(fmt.Errorf("cluster %s: %w", c.name, err))
	}
	defer func() { err = errors.Join(err, notes.Close()) }()
	left, err = c.awaitNothing(ctx, notes)
	return left, c.seal(err)
}

// awaitNothing looks until nothing is left, or as long as that may take.
func (c *cluster) awaitNothing(ctx context.Context, notes *ledger.Ledger) ([]string, error) {
	left, err := c.look(ctx, notes)
	if err != nil || len(left) == 0 {
		return left, err
	}
	limited, cancel := c.reach.account.Pace.Deadline(ctx, leftoverLimit, "something is left")
	defer cancel()
	err = c.reach.account.Pace.Until(limited, func(ctx context.Context) (bool, error) {
		now, err := c.look(ctx, notes)
		if err == nil {
			left = now
		}
		return err == nil && len(now) == 0, err
	})
	if limited.Err() != nil && ctx.Err() == nil {
		return left, nil
	}
	return left, err
}

// look finds all that there is of the cluster now.
func (c *cluster) look(ctx context.Context, notes *ledger.Ledger) ([]string, error) {
	var left []string
	found := func(kind, id string) { left = append(left, kind+" "+id) }
	plane, base, err := c.standing(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.spare(notes.Head(), plane, base); err != nil {
		return nil, err // else that would be called left
	}
	foreign := plane != nil && !control.Owned(plane, c.mark())
	if plane != nil && !foreign {
		found(clusterKind, fmt.Sprintf("%s (%s)", c.name, plane.Status))
	}
	if c.ours(base) {
		found(stackKind, fmt.Sprintf("%s (%s)", c.name, base.Status))
	}
	providers, err := c.reach.identity.Providers(ctx)
	if err != nil {
		return nil, err
	}
	c.prove(notes, plane, base, providers)
	tagged, err := c.tagged(ctx, foreign || !c.proven)
	if err != nil {
		return nil, err
	}
	for _, thing := range tagged {
		found(thing.Kind, thing.ID)
	}
	for _, provider := range providers {
		if provider.Tags[ClusterTag] == c.name || slices.Contains(notes.Names(providerKind), provider.Issuer) {
			found(providerKind, provider.Issuer)
		}
	}
	for _, profile := range notes.Names(profileKind) {
		found(profileKind, profile)
	}
	return left, nil
}

// tagged is what has a tag of ours in EC2 or, unless those are someone else's,
// Auto Mode's.
func (c *cluster) tagged(ctx context.Context, foreign bool) ([]network.Tagged, error) {
	all, err := c.reach.network.Tagged(ctx, ClusterTag, c.name)
	if err != nil || foreign {
		return all, err
	}
	automatic, err := c.reach.network.Tagged(ctx, network.AutoModeTag, c.name)
	if err != nil {
		return nil, err
	}
	machines, err := c.reach.network.Instances(ctx, c.name)
	if err != nil {
		return nil, err
	}
	all = append(all, automatic...)
	for _, machine := range machines {
		all = append(all, network.Tagged{Kind: "instance", ID: machine.ID, Value: c.name})
	}
	return all, nil
}
