package eks

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/eks/types"

	"github.com/scaleproof/scaleproof/providers/eks/control"
	"github.com/scaleproof/scaleproof/providers/eks/ledger"
	"github.com/scaleproof/scaleproof/providers/eks/network"
	"github.com/scaleproof/scaleproof/providers/eks/stack"
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
	plane, base, err := c.standing(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.spare(notes.Head(), plane, base); err != nil {
		return nil, err // else that would be called left
	}
	foreign := plane != nil && !control.Owned(plane, c.mark())
	left := c.bases(notes, plane, base, foreign)
	providers, err := c.identities(ctx, notes)
	if err != nil {
		return nil, err
	}
	c.prove(notes, plane, base, providers)
	tagged, err := c.inEC2(ctx, foreign || !c.proven)
	if err != nil {
		return nil, err
	}
	found := func(kind, id string) { left = append(left, kind+" "+id) }
	for _, thing := range tagged {
		found(thing.Kind, thing.ID)
	}
	issuers, err := c.standingIssuers(ctx, issuersOf(notes, providers))
	if err != nil {
		return nil, err
	}
	for _, issuer := range issuers {
		found(providerKind, issuer)
	}
	for _, profile := range notes.Names(profileKind) {
		found(profileKind, profile)
	}
	return left, nil
}

// bases are the control plane and the stack, as far as they are there and ours. One
// that was asked for may be there though no answer tells of it.
func (c *cluster) bases(notes *ledger.Ledger, plane *types.Cluster, base *stack.Stack, foreign bool) (left []string) {
	unheard := func(kind string) {
		for _, name := range notes.Names(kind) {
			left = append(left, fmt.Sprintf("%s %s (asked for, and not found)", kind, name))
		}
	}
	switch {
	case plane == nil:
		unheard(clusterKind)
	case !foreign:
		left = append(left, fmt.Sprintf("%s %s (%s)", clusterKind, c.name, plane.Status))
	}
	switch {
	case c.ours(base):
		left = append(left, fmt.Sprintf("%s %s (%s)", stackKind, c.name, base.Status))
	case base == nil && !foreign:
		unheard(stackKind)
	}
	return left
}

// standingIssuers are those of which there is an OIDC provider.
func (c *cluster) standingIssuers(ctx context.Context, issuers []string) ([]string, error) {
	if len(issuers) == 0 {
		return nil, nil
	}
	all, err := c.reach.identity.Issuers(ctx)
	return slices.DeleteFunc(issuers, func(issuer string) bool { return !slices.Contains(all, issuer) }), err
}

// freeOfCharge are what Auto Mode starts machines by, which costs nothing and is for
// EKS to remove. EC2 may list it for as long as it likes.
var freeOfCharge = []string{"fleet", "spot-instances-request", "launch-template"}

// inEC2 is what has a tag of ours in EC2 or, unless those are someone else's,
// Auto Mode's.
func (c *cluster) inEC2(ctx context.Context, foreign bool) ([]network.Tagged, error) {
	all, err := c.reach.network.Tagged(ctx, ClusterTag, c.name)
	if err != nil || foreign {
		return all, err
	}
	automatic, err := c.reach.network.Tagged(ctx, network.AutoModeTag, c.name)
	if err != nil {
		return nil, err
	}
	machines, err := c.reach.network.OwnInstances(ctx, c.owner())
	if err != nil {
		return nil, err
	}
	volumes, err := c.reach.network.OwnVolumes(ctx, c.owner())
	if err != nil {
		return nil, err
	}
	elsewhere := func(t network.Tagged) bool { return t.Kind == "volume" || slices.Contains(freeOfCharge, t.Kind) } // volumes of any age
	all = append(all, slices.DeleteFunc(automatic, elsewhere)...)
	for kind, made := range map[string][]network.Made{"instance": machines, "volume": volumes} {
		for _, m := range made {
			all = append(all, network.Tagged{Kind: kind, ID: m.ID, Value: c.name})
		}
	}
	return all, nil
}
