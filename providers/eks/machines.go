package eks

import (
	"context"
	"errors"
	"fmt"
	"path"
	"time"

	"github.com/scaleproof/scaleproof/providers"
	"github.com/scaleproof/scaleproof/providers/eks/network"
)

var _ providers.MachineKeeper = (*cluster)(nil)

// ec2 reaches the machines. It may be called while another command has the
// ledger, and by several goroutines.
func (c *cluster) ec2(ctx context.Context) (*network.Network, error) {
	c.opening.Lock()
	defer c.opening.Unlock()
	if c.reach == nil {
		opened, err := c.options.open(ctx, c.options.Region)
		if err != nil {
			return nil, err
		}
		c.reach = opened
	}
	return c.reach.network, nil
}

// Machines implements providers.MachineKeeper: the instances that Auto Mode runs.
func (c *cluster) Machines(ctx context.Context) ([]providers.Machine, error) {
	found, err := c.instances(ctx)
	if err != nil {
		return nil, c.seal(err)
	}
	all := make([]providers.Machine, len(found))
	for i, machine := range found {
		all[i] = providers.Machine{ProviderID: "aws:///" + machine.Zone + "/" + machine.ID, Pool: machine.Pool}
	}
	return all, nil
}

func (c *cluster) instances(ctx context.Context) ([]network.Machine, error) {
	machines, err := c.ec2(ctx)
	if err != nil {
		return nil, err
	}
	return machines.Machines(ctx, c.name)
}

// untold is how long EC2 may not know of a machine that it has just made.
const untold = time.Minute

// Terminate implements providers.MachineKeeper. What is no machine of the cluster is
// not ended; one that was just made may not be told of yet, and is waited for: who
// takes a machine away must not believe that it is gone. EC2 tells of one that is
// gone for about an hour.
func (c *cluster) Terminate(ctx context.Context, providerID string) error {
	machines, err := c.ec2(ctx)
	if err != nil {
		return c.seal(err)
	}
	id := path.Base(providerID) // of aws:///eu-west-1a/i-0123456789abcdef0
	pace := c.reach.account.Pace
	limited, cancel := pace.Deadline(ctx, untold, "EC2 tells of no machine %s of this cluster", id)
	defer cancel()
	err = pace.Prompt().Until(limited, func(ctx context.Context) (bool, error) { return machines.Told(ctx, c.name, id) })
	if err == nil {
		err = machines.End(ctx, id)
	}
	if errors.Is(err, network.ErrManaged) {
		return errors.Join(providers.ErrMachineKept, c.seal(err))
	}
	if err != nil {
		return c.seal(fmt.Errorf("cluster %s: %w", c.name, err))
	}
	return nil
}
