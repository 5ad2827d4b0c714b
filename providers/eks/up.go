package eks

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"

	"github.com/scaleproof/scaleproof/providers/eks/control"
	"github.com/scaleproof/scaleproof/providers/eks/identity"
	"github.com/scaleproof/scaleproof/providers/eks/ledger"
	"github.com/scaleproof/scaleproof/providers/eks/stack"
)

// The kinds of entries in the ledger.
const (
	stackKind    = "stack"
	clusterKind  = "cluster"
	providerKind = "oidc-provider"
	profileKind  = "instance-profile"
	// removalKind is a removal that has begun: what there is under that name is
	// not to be used any more.
	removalKind = "removal"
)

// errTaken is about a name under which someone else has something.
var errTaken = errors.New("the name is taken by what scaleproof did not make, which is left alone: choose another with CLUSTER_NAME")

// up takes over what is there and good, and makes the rest.
func (c *cluster) up(ctx context.Context) (err error) {
	notes, err := c.claim(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, notes.Close()) }()
	if head := notes.Head(); head != nil && c.options.Region != head.Region {
		return fmt.Errorf("it is in %s: remove it with %s first, or choose another name with CLUSTER_NAME", head.Region, c.downCommand())
	}
	plane, base, err := c.find(ctx, notes.Head())
	if err != nil {
		return err
	}
	if len(notes.Names(removalKind)) > 0 {
		c.begun = true
		c.options.Log("cluster %s was being removed when that was cut off: this is finished first", c.name)
		if err := c.finish(ctx, notes); err != nil {
			return err
		}
		plane, base = nil, nil
	}
	if head := notes.Head(); head != nil && !head.Expires.After(time.Now()) {
		return c.expired(head.Expires)
	}
	head, err := c.begin(notes)
	if err != nil {
		return err
	}
	c.begun, c.proven = true, true
	return c.complete(ctx, notes, head, plane, base)
}

// complete makes what is missing or not whole, and connects.
func (c *cluster) complete(ctx context.Context, notes *ledger.Ledger, head ledger.Head, plane *types.Cluster, base *stack.Stack) error {
	base, err := c.ensureStack(ctx, notes, head, base, plane)
	if err != nil {
		return err
	}
	plane, err = c.ensurePlane(ctx, notes, head, base, plane)
	if err != nil {
		return err
	}
	issuer := issuerOf(plane)
	if issuer == "" {
		return errors.New("EKS tells no OIDC issuer of the cluster")
	}
	if err := notes.Intend(providerKind, issuer); err != nil {
		return err
	}
	if err := c.reach.identity.CreateProvider(ctx, issuer, c.tags(head)); err != nil {
		return err
	}
	return c.connect(ctx, plane)
}

// find returns what there is under the name, and refuses what is not ours to use.
func (c *cluster) find(ctx context.Context, head *ledger.Head) (*types.Cluster, *stack.Stack, error) {
	plane, base, err := c.standing(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, tags := range tagsOf(plane, base) {
		if err := c.admit(head, tags); err != nil {
			return nil, nil, err
		}
	}
	return plane, base, nil
}

// standing is what there is under the name, whoever made it.
func (c *cluster) standing(ctx context.Context) (*types.Cluster, *stack.Stack, error) {
	plane, err := c.reach.planes.Find(ctx, c.name)
	if err != nil {
		return nil, nil, err
	}
	base, err := c.reach.stacks.Find(ctx, c.name)
	return plane, base, err
}

// awaitStack returns the stack that nothing is done to any more, if it is ours to
// use: who was asked at the same time may have made it for another machine.
func (c *cluster) awaitStack(ctx context.Context, head ledger.Head, fresh bool) (*stack.Stack, error) {
	found, err := c.reach.stacks.Await(ctx, c.name, fresh, c.options.Log)
	if err != nil || found == nil {
		return nil, err
	}
	return found, c.admit(&head, found.Tags)
}

// awaitPlane is awaitStack of the control plane.
func (c *cluster) awaitPlane(ctx context.Context, head ledger.Head, fresh bool) (*types.Cluster, error) {
	found, err := c.reach.planes.Await(ctx, c.name, fresh, c.options.Log)
	if err != nil || found == nil {
		return nil, err
	}
	return found, c.admit(&head, found.Tags)
}

// ensureStack returns a stack that is whole. The plane is what stands on it.
func (c *cluster) ensureStack(ctx context.Context, notes *ledger.Ledger, head ledger.Head, found *stack.Stack, plane *types.Cluster) (_ *stack.Stack, err error) {
	if found != nil && found.Changing() {
		if found, err = c.awaitStack(ctx, head, false); err != nil {
			return nil, err
		}
	}
	if found != nil && !found.Whole() {
		if err := c.discard(ctx, notes, found, plane); err != nil {
			return nil, err
		}
		found = nil
	}
	if found != nil {
		return found, nil
	}
	return c.createStack(ctx, notes, head)
}

// discard removes a stack that is to be made again, unless a control plane stands on
// it, which would be wrecked.
func (c *cluster) discard(ctx context.Context, notes *ledger.Ledger, found *stack.Stack, plane *types.Cluster) (err error) {
	if plane == nil {
		if plane, err = c.findPlane(ctx, notes); err != nil {
			return err
		}
	}
	if plane != nil {
		return fmt.Errorf("stack %s is %s, and a control plane stands on it: remove both with %s", c.name, found.Status, c.downCommand())
	}
	c.options.Log("stack %s is %s, and is made again", c.name, found.Status)
	return c.removeStack(ctx, notes, found)
}

func (c *cluster) createStack(ctx context.Context, notes *ledger.Ledger, head ledger.Head) (*stack.Stack, error) {
	zones, err := c.reach.network.Zones(ctx)
	if err != nil {
		return nil, err
	}
	if err := notes.Intend(stackKind, c.name); err != nil {
		return nil, err
	}
	if err := c.reach.stacks.Create(ctx, stack.Spec{
		Name: c.name, Zones: zones, ClusterRole: c.clusterRole(), NodeRole: c.nodeRole(), Tags: c.tags(head), Token: rand.Text(),
	}); err != nil {
		return nil, err
	}
	made, err := c.awaitStack(ctx, head, true)
	switch {
	case err != nil:
		return nil, err
	case made == nil:
		return nil, errors.New("the stack is gone: someone else removed it")
	case !made.Whole():
		return nil, c.reach.stacks.Explain(ctx, made)
	}
	return made, nil
}

// ensurePlane returns a control plane that is active.
func (c *cluster) ensurePlane(ctx context.Context, notes *ledger.Ledger, head ledger.Head, base *stack.Stack, found *types.Cluster) (_ *types.Cluster, err error) {
	if found != nil && found.Status == types.ClusterStatusDeleting {
		if found, err = c.awaitPlane(ctx, head, false); err != nil {
			return nil, err
		}
	}
	if found != nil && found.Status == types.ClusterStatusFailed {
		c.options.Log("cluster %s failed, and is made again", c.name)
		if err := c.reach.planes.Delete(ctx, c.name, c.options.Log); err != nil {
			return nil, err
		}
		found = nil
	}
	if found != nil && found.Status == types.ClusterStatusActive {
		return found, nil
	}
	if found == nil {
		if err := notes.Intend(clusterKind, c.name); err != nil {
			return nil, err
		}
		if err := c.reach.planes.Create(ctx, control.Spec{
			Name: c.name, Version: c.options.Version, ClusterRole: base.ClusterRole(), NodeRole: base.NodeRole(),
			Subnets: base.Subnets(), Tags: c.tags(head), Token: rand.Text(),
		}); err != nil {
			return nil, err
		}
	}
	made, err := c.awaitPlane(ctx, head, true)
	switch {
	case err != nil:
		return nil, err
	case made == nil:
		return nil, errors.New("the control plane is gone: someone else removed it")
	case made.Status != types.ClusterStatusActive:
		return nil, errors.Join(errors.New("EKS could not make the control plane"), control.Issues(made))
	}
	return made, nil
}

// issuerOf is the name of the cluster's OIDC provider; empty if EKS tells none.
func issuerOf(plane *types.Cluster) string {
	if plane == nil || plane.Identity == nil || plane.Identity.Oidc == nil {
		return ""
	}
	return identity.Issuer(aws.ToString(plane.Identity.Oidc.Issuer))
}
