package eks

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/eks/types"

	"github.com/scaleproof/scaleproof/providers/eks/control"
	"github.com/scaleproof/scaleproof/providers/eks/identity"
	"github.com/scaleproof/scaleproof/providers/eks/ledger"
	"github.com/scaleproof/scaleproof/providers/eks/network"
	"github.com/scaleproof/scaleproof/providers/eks/stack"
)

// Limits of what is waited for on the way down. What takes longer is named and
// not waited for; what it was in the way of fails then, and Down with it.
const (
	requestLimit  = 15 * time.Second
	drainLimit    = 5 * time.Minute
	nodesLimit    = 10 * time.Minute
	passLimit     = 10 * time.Minute
	leftoverLimit = 3 * time.Minute
)

// Down implements providers.Cluster. The order is that in which nothing holds
// on to what is removed: what runs on the cluster, its machines, the
// interfaces they leave, the control plane, what outlives it, and the stack
// last, without whose roles EKS could not clean up. It is done when a look at
// the account finds nothing of the cluster.
func (c *cluster) Down(ctx context.Context) error {
	if err := c.down(ctx); err != nil {
		return c.seal(fmt.Errorf("cluster %s: %w", c.name, err))
	}
	return nil
}

func (c *cluster) down(ctx context.Context) (err error) {
	notes, err := c.claim(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, notes.Close()) }()
	return c.finish(ctx, notes)
}

// finish removes the cluster, and the ledger when nothing is left.
func (c *cluster) finish(ctx context.Context, notes *ledger.Ledger) error {
	if err := c.remove(ctx, notes); err != nil {
		return err
	}
	left, err := c.awaitNothing(ctx, notes)
	if err != nil {
		return err
	}
	if len(left) > 0 {
		return fmt.Errorf("this is left, and may cost: %s; run %s again", strings.Join(left, ", "), c.downCommand())
	}
	if err := os.Remove(c.kubeconfig()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return notes.Finish()
}

// remove removes all that there is of the cluster. A failure stops only what
// would have to wait for it.
func (c *cluster) remove(ctx context.Context, notes *ledger.Ledger) error {
	plane, err := c.findPlane(ctx, notes)
	if err != nil {
		return err
	}
	base, unknown := c.findStack(ctx, notes)
	if err := c.spare(notes.Head(), plane, base); err != nil {
		return err
	}
	known, err := c.identities(ctx, notes)
	failed := []error{unknown, err}
	c.prove(notes, plane, base, known)
	foreign := plane != nil && !control.Owned(plane, c.mark())
	switch {
	case foreign && unknown != nil:
		return unknown
	case foreign && c.ours(base) && c.usesRole(plane):
		return c.untagged()
	case !foreign && c.proven:
		// What proves that the rest is ours stays until it is gone.
		if err := c.removeOwn(ctx, notes, plane); err != nil {
			return errors.Join(append(failed, err)...)
		}
	}
	failed = append(failed, c.removeProviders(ctx, notes, known))
	switch {
	case unknown != nil:
	case c.ours(base):
		failed = append(failed, c.removeStack(ctx, notes, base))
	case base == nil && !foreign:
		failed = append(failed, c.clear(ctx, notes), notes.Gone(stackKind, c.name))
	}
	return errors.Join(failed...)
}

// findPlane is the control plane, if there is one. What the ledger says was asked for
// may not be known yet: its roles must not go before it is known to be gone.
func (c *cluster) findPlane(ctx context.Context, notes *ledger.Ledger) (*types.Cluster, error) {
	if len(notes.Names(clusterKind)) > 0 {
		return c.reach.planes.FindFresh(ctx, c.name)
	}
	return c.reach.planes.Find(ctx, c.name)
}

// findStack is findPlane of the stack.
func (c *cluster) findStack(ctx context.Context, notes *ledger.Ledger) (*stack.Stack, error) {
	if len(notes.Names(stackKind)) > 0 {
		return c.reach.stacks.FindFresh(ctx, c.name)
	}
	return c.reach.stacks.Find(ctx, c.name)
}

// removeOwn removes the control plane, whose roles must outlive it, and then the
// machines and volumes that it left.
func (c *cluster) removeOwn(ctx context.Context, notes *ledger.Ledger, plane *types.Cluster) error {
	if err := notes.Intend(removalKind, c.name); err != nil { // else an Up would take over what is empty
		return err
	}
	if err := c.removePlane(ctx, notes, plane); err != nil {
		return err
	}
	owned := func(do func(context.Context, network.Owner) error) error {
		return c.pass(ctx, c.name, func(ctx context.Context, _ string) error { return do(ctx, c.owner()) })
	}
	return errors.Join(owned(c.reach.network.Terminate), owned(c.reach.network.DeleteVolumes))
}

// removePlane empties the control plane and removes it.
func (c *cluster) removePlane(ctx context.Context, notes *ledger.Ledger, plane *types.Cluster) (err error) {
	if plane != nil && plane.Status != types.ClusterStatusActive && plane.Status != types.ClusterStatusFailed {
		c.options.Log("cluster %s is %s: EKS removes it when that is over", c.name, plane.Status)
		if plane, err = c.reach.planes.Await(ctx, c.name, false, c.options.Log); err != nil {
			return err
		}
	}
	if plane == nil {
		return notes.Gone(clusterKind, c.name)
	}
	// Nobody tells the issuer any more when the cluster is gone.
	if issuer := issuerOf(plane); issuer != "" {
		if err := notes.Intend(providerKind, issuer); err != nil {
			return err
		}
	}
	c.prepareRemoval(ctx, plane)
	if err := c.reach.planes.Delete(ctx, c.name, c.options.Log); err != nil {
		return err
	}
	return notes.Gone(clusterKind, c.name)
}

// prepareRemoval takes off the cluster what outlives it or holds on to it, as far as
// that works. It has half of the time that there is: a machine that does not end must
// not keep the control plane, which costs, from being removed.
func (c *cluster) prepareRemoval(ctx context.Context, plane *types.Cluster) {
	if end, limited := ctx.Deadline(); limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, time.Until(end)/2, errors.New("the control plane is to be removed in time"))
		defer cancel()
	}
	if plane.Status == types.ClusterStatusActive {
		c.empty(ctx, plane)
	}
	if err := c.clearInterfaces(ctx); err != nil {
		c.options.Log("going on: %v", c.seal(err)) // the stack's removal tries it again
	}
}

// identities are the OIDC providers that were this cluster's when they were first asked
// for. Where there is a ledger it names them; else the tags tell, for which each of the
// account's is asked: there may be many, so that is done once.
func (c *cluster) identities(ctx context.Context, notes *ledger.Ledger) ([]identity.Provider, error) {
	switch {
	case c.asked:
	case notes.Head() != nil:
		for _, issuer := range notes.Names(providerKind) {
			c.known = append(c.known, identity.Provider{Issuer: issuer})
		}
	default:
		all, err := c.reach.identity.Providers(ctx)
		if err != nil {
			return nil, err
		}
		c.known = slices.DeleteFunc(all, func(p identity.Provider) bool { return p.Tags[ClusterTag] != c.name })
	}
	c.asked = true
	return c.known, nil
}

// issuersOf are those that the ledger has by now too.
func issuersOf(notes *ledger.Ledger, known []identity.Provider) []string {
	issuers := notes.Names(providerKind)
	for _, provider := range known {
		issuers = append(issuers, provider.Issuer)
	}
	slices.Sort(issuers)
	return slices.Compact(issuers)
}

// removeProviders removes this cluster's OIDC providers.
func (c *cluster) removeProviders(ctx context.Context, notes *ledger.Ledger, known []identity.Provider) error {
	var failed []error
	for _, issuer := range issuersOf(notes, known) {
		if err := c.reach.identity.DeleteProvider(ctx, issuer); err != nil {
			failed = append(failed, err)
			continue
		}
		failed = append(failed, notes.Gone(providerKind, issuer))
	}
	return errors.Join(failed...)
}

// removeStack removes the stack, and each time before CloudFormation tries, what
// others left in its network and its roles.
func (c *cluster) removeStack(ctx context.Context, notes *ledger.Ledger, found *stack.Stack) error {
	var cleared error
	err := c.reach.stacks.Delete(ctx, found.ID, func(ctx context.Context) { cleared = c.clear(ctx, notes) }, c.options.Log)
	if err := errors.Join(err, cleared); err != nil {
		return err
	}
	return notes.Gone(stackKind, c.name)
}

// pass gives one part of the cleaning its limit.
func (c *cluster) pass(ctx context.Context, of string, do func(context.Context, string) error) error {
	ctx, cancel := c.reach.account.Pace.Deadline(ctx, passLimit, "something holds on to what is left of %s", of)
	defer cancel()
	return do(ctx, of)
}
