package eks

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/scaleproof/scaleproof/providers/eks/control"
	"github.com/scaleproof/scaleproof/providers/eks/drain"
	"github.com/scaleproof/scaleproof/providers/eks/ledger"
)

// empty takes everything off an active cluster, as far as that works: EKS
// removes machines and load balancers itself, later and less surely. What did
// not work is told, and what it leaves is found afterwards.
func (c *cluster) empty(ctx context.Context, plane *types.Cluster) {
	tell := func(err error) {
		if err != nil {
			c.options.Log("going on: %v", c.seal(err))
		}
	}
	drained, err := c.drain(ctx, plane)
	tell(err)
	if drained != nil {
		limited, cancel := c.reach.account.Pace.Deadline(ctx, drainLimit, "the cluster is not empty")
		tell(drained.Empty(limited))
		cancel()
	}
	tell(c.reach.planes.RemovePools(ctx, c.name))
	limited, cancel := c.reach.account.Pace.Deadline(ctx, nodesLimit, "the cluster has machines")
	defer cancel()
	if drained != nil {
		tell(drained.AwaitNodes(limited))
	}
	tell(c.reach.network.AwaitNoInstances(limited, c.owner()))
}

// drain reaches the cluster's API, if that answers.
func (c *cluster) drain(ctx context.Context, plane *types.Cluster) (*drain.Drain, error) {
	at, err := c.access(plane)
	if err != nil {
		return nil, err
	}
	config := rest.CopyConfig(at.Config(c.reach.account.Config()))
	config.Timeout = requestLimit
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	if _, err := client.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx); err != nil {
		return nil, errors.Join(errors.New("the cluster's API does not answer, so nothing is taken off it"), err)
	}
	objects, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	return &drain.Drain{Client: objects, Pace: c.reach.account.Pace, BuiltIn: control.Pools()}, nil
}

// clearInterfaces removes what nodes left in the cluster's networks.
func (c *cluster) clearInterfaces(ctx context.Context) error {
	vpcs, err := c.reach.network.VPCs(ctx, ClusterTag, c.name)
	failed := []error{err}
	for _, vpc := range vpcs {
		failed = append(failed, c.pass(ctx, vpc, c.reach.network.DeleteInterfaces))
	}
	return errors.Join(failed...)
}

// clear removes what would keep the stack from being removed: interfaces and
// security groups in its network, and the instance profile that Auto Mode made
// for its node role. A profile is noted first: when the role is out of it,
// nothing leads to it any more.
func (c *cluster) clear(ctx context.Context, notes *ledger.Ledger) error {
	vpcs, err := c.reach.network.VPCs(ctx, ClusterTag, c.name)
	failed := []error{err}
	for _, vpc := range vpcs {
		failed = append(failed, c.pass(ctx, vpc, c.reach.network.DeleteInterfaces), c.pass(ctx, vpc, func(ctx context.Context, vpc string) error {
			return c.reach.network.DeleteGroups(ctx, vpc, c.name)
		}))
	}
	if !c.proven {
		return errors.Join(failed...) // the role of that name is someone else's
	}
	profiles, err := c.reach.identity.Profiles(ctx, c.nodeRole())
	failed = append(failed, err)
	for _, profile := range profiles {
		if err := notes.Intend(profileKind, profile); err != nil {
			return errors.Join(append(failed, err)...)
		}
	}
	for _, profile := range notes.Names(profileKind) {
		if err := c.reach.identity.DeleteProfile(ctx, profile, c.nodeRole()); err != nil {
			failed = append(failed, err)
			continue
		}
		failed = append(failed, notes.Gone(profileKind, profile))
	}
	return errors.Join(failed...)
}
