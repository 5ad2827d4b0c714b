package network

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/scaleproof/scaleproof/providers/eks/cloud"
)

// gone are the codes of what does not exist any more.
var gone = []string{
	"InvalidVolume.NotFound", "InvalidNetworkInterfaceID.NotFound", "InvalidGroup.NotFound", "InvalidGroupId.NotFound", "InvalidPermission.NotFound",
}

// busy are the codes of what something else holds on to for the moment.
var busy = []string{
	"VolumeInUse", "IncorrectState", "InvalidParameterValue", "InvalidNetworkInterface.InUse", "DependencyViolation", "InvalidGroup.InUse",
}

// each deletes what is still there, and tries again, as long as the context lets
// it, what is busy: some of it is held by others of it.
func (n *Network) each(ctx context.Context, kind string, ids []string, remove func(context.Context, string) error) error {
	left, err := n.round(ctx, kind, ids, remove)
	if err != nil || len(left) == 0 {
		return err
	}
	err = n.pace.Until(ctx, func(ctx context.Context) (_ bool, err error) {
		left, err = n.round(ctx, kind, left, remove)
		return err == nil && len(left) == 0, err
	})
	if err != nil {
		return fmt.Errorf("%s %v: something holds on to it: %w", kind, left, err)
	}
	return nil
}

// round tries all once and returns those that are busy. One that cannot be
// deleted keeps none of the others.
func (n *Network) round(ctx context.Context, kind string, ids []string, remove func(context.Context, string) error) (left []string, err error) {
	var failed []error
	for _, id := range ids {
		err := remove(ctx, id)
		switch {
		case cloud.Is(err, busy...):
			left = append(left, id)
		case err != nil && !cloud.Is(err, gone...):
			failed = append(failed, fmt.Errorf("deleting %s %s: %w", kind, id, err))
			left = append(left, id)
		}
	}
	return left, errors.Join(failed...)
}

// DeleteInterfaces removes the network interfaces that nodes left in a network,
// each as soon as EC2 has taken it off its node. They would hold the cluster's
// security group, and that the network.
func (n *Network) DeleteInterfaces(ctx context.Context, vpc string) error {
	left, err := n.deleteFree(ctx, vpc)
	if err != nil || len(left) == 0 {
		return err
	}
	err = n.pace.Until(ctx, func(ctx context.Context) (_ bool, err error) {
		left, err = n.deleteFree(ctx, vpc)
		return err == nil && len(left) == 0, err
	})
	if err != nil {
		return fmt.Errorf("network interfaces %v stay: %w", left, err)
	}
	return nil
}

// deleteFree deletes the leaked interfaces that are in use by nothing, and
// returns the others.
func (n *Network) deleteFree(ctx context.Context, vpc string) (inUse []string, err error) {
	pages := ec2.NewDescribeNetworkInterfacesPaginator(n.client, &ec2.DescribeNetworkInterfacesInput{
		IncludeManagedResources: managed, Filters: []types.Filter{filter("vpc-id", vpc)},
	})
	var free []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("network interfaces: %w", err)
		}
		for _, i := range page.NetworkInterfaces {
			switch id := aws.ToString(i.NetworkInterfaceId); {
			case !isLeaked(i):
			case i.Status == types.NetworkInterfaceStatusAvailable:
				free = append(free, id)
			default:
				inUse = append(inUse, id)
			}
		}
	}
	for _, id := range free {
		_, err := n.client.DeleteNetworkInterface(ctx, &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: &id})
		if cloud.Is(err, busy...) {
			inUse = append(inUse, id)
		} else if err != nil && !cloud.Is(err, gone...) {
			return nil, fmt.Errorf("deleting network interface %s: %w", id, err)
		}
	}
	return inUse, nil
}

// isLeaked tells a node agent's interface from one that a service keeps for
// itself, and removes itself.
func isLeaked(i types.NetworkInterface) bool {
	tags := tagMap(i.TagSet)
	return !aws.ToBool(i.RequesterManaged) && slices.ContainsFunc(interfaceTags, func(tag string) bool {
		_, has := tags[tag]
		return has
	})
}
