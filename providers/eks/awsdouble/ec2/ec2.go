// Package ec2 is the double's Elastic Compute Cloud: what a cluster's network
// is made of, and what Auto Mode makes in it.
package ec2

import (
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/wire"
)

type service struct {
	*cloud.Cloud
	// refresh brings the instances of a region's clusters up to date.
	refresh func(cloud.Scope)
}

// New returns the service on the cloud. Before instances are read, refresh is
// asked to bring them up to date.
func New(c *cloud.Cloud, refresh func(cloud.Scope)) *wire.Service {
	s := service{c, refresh}
	return wire.NewService[*sdk.Client]("ec2", wire.EC2Query{Namespace: "http://ec2.amazonaws.com/doc/2016-11-15/", Version: "2016-11-15"},
		wire.Handle("DescribeAvailabilityZones", "Filters ZoneNames ZoneIds", s.describeZones),
		wire.Handle("DescribeVpcs", "Filters VpcIds MaxResults NextToken", s.describeVPCs),
		wire.Handle("DescribeSubnets", "Filters SubnetIds MaxResults NextToken", s.describeSubnets),
		wire.Handle("DescribeInstances", "Filters InstanceIds IncludeManagedResources MaxResults NextToken", s.describeInstances),
		wire.Handle("TerminateInstances", "InstanceIds", s.terminateInstances),
		wire.Handle("DescribeVolumes", "Filters VolumeIds IncludeManagedResources MaxResults NextToken", s.describeVolumes),
		wire.Handle("DeleteVolume", "VolumeId", s.deleteVolume),
		wire.Handle("DescribeNetworkInterfaces", "Filters NetworkInterfaceIds IncludeManagedResources MaxResults NextToken", s.describeInterfaces),
		wire.Handle("DeleteNetworkInterface", "NetworkInterfaceId", s.deleteInterface),
		wire.Handle("DescribeSecurityGroups", "Filters GroupIds MaxResults NextToken", s.describeGroups),
		wire.Handle("DeleteSecurityGroup", "GroupId", s.deleteGroup),
		wire.Handle("RevokeSecurityGroupIngress", "GroupId IpPermissions.IpProtocol IpPermissions.UserIdGroupPairs.GroupId", s.revokeIngress),
		wire.Handle("RevokeSecurityGroupEgress", "GroupId IpPermissions.IpProtocol IpPermissions.UserIdGroupPairs.GroupId", s.revokeEgress),
		wire.Handle("DescribeTags", "Filters MaxResults NextToken", s.describeTags),
	)
}
