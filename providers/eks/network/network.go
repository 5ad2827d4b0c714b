// Package network finds and removes what lies in EC2: the parts of a virtual
// network that a cluster leaves behind, its machines and its disks. It is the
// only package that knows the EC2 service, whose client is by far the largest.
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

// AutoModeTag is on all that EKS Auto Mode makes for a cluster; its value is
// the cluster's name.
const AutoModeTag = "eks:eks-cluster-name"

// poolTag has the name of the node pool that Auto Mode made an instance for.
const poolTag = "eks:kubernetes-node-pool-name"

// interfaceTags are on network interfaces that a node agent made, which stay
// when their node goes at the wrong moment.
var interfaceTags = []string{AutoModeTag, "eks:kubernetes-cni-node-name", "node.k8s.amazonaws.com/createdAt"}

// managed asks for what Auto Mode manages too, which an account may hide.
var managed = aws.Bool(true)

// Network is EC2 in one region.
type Network struct {
	client *ec2.Client
	pace   cloud.Pace
}

// New speaks to EC2 in the account.
func New(account *cloud.Account) *Network {
	return &Network{ec2.NewFromConfig(account.Config()), account.Pace}
}

// unsupported are the ids of zones in which EKS has no control plane; see its
// user guide on subnets.
var unsupported = []string{"use1-az3", "usw1-az2", "cac1-az3"}

// zones are as many as EKS wants at least.
const zones = 2

// Zones returns the first two availability zones that EKS has.
func (n *Network) Zones(ctx context.Context) ([]string, error) {
	answer, err := n.client.DescribeAvailabilityZones(ctx, &ec2.DescribeAvailabilityZonesInput{
		Filters: []types.Filter{filter("zone-type", "availability-zone"), filter("state", "available")},
	})
	if err != nil {
		return nil, fmt.Errorf("availability zones: %w", err)
	}
	var names []string
	for _, zone := range answer.AvailabilityZones {
		if !slices.Contains(unsupported, aws.ToString(zone.ZoneId)) {
			names = append(names, aws.ToString(zone.ZoneName))
		}
	}
	slices.Sort(names)
	if len(names) < zones {
		return nil, fmt.Errorf("EKS needs %d availability zones and this region has %d for it: choose another with AWS_DEFAULT_REGION", zones, len(names))
	}
	return names[:zones], nil
}

// VPCs that carry the tag.
func (n *Network) VPCs(ctx context.Context, tag, value string) ([]string, error) {
	answer, err := n.client.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: []types.Filter{filter("tag:"+tag, value)}})
	if err != nil {
		return nil, fmt.Errorf("virtual networks: %w", err)
	}
	var ids []string
	for _, vpc := range answer.Vpcs {
		ids = append(ids, aws.ToString(vpc.VpcId))
	}
	return ids, nil
}

// Tagged are the ids of all that carries the tag, by their kind ("vpc",
// "volume", ...), in order. EC2 knows machines for an hour after their end:
// those are left out.
func (n *Network) Tagged(ctx context.Context, tag, value string) ([]Tagged, error) {
	var found []Tagged
	pages := ec2.NewDescribeTagsPaginator(n.client, &ec2.DescribeTagsInput{
		Filters: []types.Filter{filter("key", tag), filter("value", value)},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("tags: %w", err)
		}
		for _, t := range page.Tags {
			if t.ResourceType != types.ResourceTypeInstance {
				found = append(found, Tagged{string(t.ResourceType), aws.ToString(t.ResourceId), aws.ToString(t.Value)})
			}
		}
	}
	return found, nil
}

// Tagged is something in EC2 and the value of the tag that it was found by.
type Tagged struct{ Kind, ID, Value string }

// instances calls do with each instance of the cluster that is not ended.
func (n *Network) instances(ctx context.Context, cluster string, do func(types.Instance)) error {
	pages := ec2.NewDescribeInstancesPaginator(n.client, &ec2.DescribeInstancesInput{IncludeManagedResources: managed, Filters: []types.Filter{
		filter("tag:"+AutoModeTag, cluster),
		filter("instance-state-name", "pending", "running", "shutting-down", "stopping", "stopped"),
	}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("instances: %w", err)
		}
		for _, reservation := range page.Reservations {
			for _, instance := range reservation.Instances {
				do(instance)
			}
		}
	}
	return nil
}

// Machine is an instance, and the node pool that it was made for.
type Machine struct{ ID, Zone, Pool string }

// Machines are the instances of the cluster, ended ones left out.
func (n *Network) Machines(ctx context.Context, cluster string) ([]Machine, error) {
	var found []Machine
	err := n.instances(ctx, cluster, func(i types.Instance) {
		machine := Machine{ID: aws.ToString(i.InstanceId), Pool: value(i.Tags, poolTag)}
		if i.Placement != nil {
			machine.Zone = aws.ToString(i.Placement.AvailabilityZone)
		}
		found = append(found, machine)
	})
	return found, err
}

// Told tells whether EC2 knows of an instance of the cluster, in whatever state. It
// may not know yet of one that was just made.
func (n *Network) Told(ctx context.Context, cluster, id string) (bool, error) {
	found, err := n.client.DescribeInstances(ctx, &ec2.DescribeInstancesInput{
		IncludeManagedResources: managed, Filters: []types.Filter{filter("tag:"+AutoModeTag, cluster), filter("instance-id", id)},
	})
	if err != nil {
		return false, fmt.Errorf("instance %s: %w", id, err)
	}
	return len(found.Reservations) > 0, nil
}

// ErrManaged is that a machine is one of Auto Mode's, which a policy of AWS' own lets
// nobody but EKS end:
// https://github.com/aws/eks-node-monitoring-agent/pull/151
var ErrManaged = errors.New("AWS lets only EKS end this machine")

// End ends one machine of the cluster, and does not wait.
func (n *Network) End(ctx context.Context, id string) error {
	_, err := n.client.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{id}})
	switch {
	case err == nil || cloud.Is(err, "InvalidInstanceID.NotFound"):
		return nil
	case cloud.Is(err, "UnauthorizedOperation"):
		err = errors.Join(ErrManaged, err)
	}
	return fmt.Errorf("ending instance %s: %w", id, err)
}

func filter(name string, values ...string) types.Filter {
	return types.Filter{Name: &name, Values: values}
}

func value(tags []types.Tag, key string) string { return tagMap(tags)[key] }

func tagMap(tags []types.Tag) map[string]string {
	found := map[string]string{}
	for _, tag := range tags {
		found[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return found
}
