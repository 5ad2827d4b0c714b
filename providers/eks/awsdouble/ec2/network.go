package ec2

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/wire"
)

func (s service) describeZones(caller wire.Caller, in *sdk.DescribeAvailabilityZonesInput) (*sdk.DescribeAvailabilityZonesOutput, error) {
	out := &sdk.DescribeAvailabilityZonesOutput{AvailabilityZones: []types.AvailabilityZone{}}
	names := map[string]string{"zone-type": "type", "state": "state", "zone-name": "name", "zone-id": "id", "opt-in-status": "opt", "region-name": "region"}
	for _, zone := range cloud.Zones(caller.Region) {
		r := &cloud.Resource{ID: zone.ID, Name: zone.Name, Attributes: map[string]string{
			"type": "availability-zone", "state": "available", "opt": "opt-in-not-required", "region": caller.Region,
		}}
		matches, err := query{kind: "zone", filters: in.Filters, names: names}.matches(r)
		if err != nil {
			return nil, err
		}
		asked := (len(in.ZoneNames) == 0 || slices.Contains(in.ZoneNames, zone.Name)) && (len(in.ZoneIds) == 0 || slices.Contains(in.ZoneIds, zone.ID))
		if matches && asked {
			out.AvailabilityZones = append(out.AvailabilityZones, types.AvailabilityZone{
				ZoneName: aws.String(zone.Name), ZoneId: aws.String(zone.ID), RegionName: aws.String(caller.Region),
				ZoneType: aws.String("availability-zone"), State: types.AvailabilityZoneStateAvailable,
				OptInStatus: types.AvailabilityZoneOptInStatusOptInNotRequired,
			})
		}
	}
	return out, nil
}

func (s service) describeVPCs(caller wire.Caller, in *sdk.DescribeVpcsInput) (*sdk.DescribeVpcsOutput, error) {
	page, next, err := s.find(query{
		scope: cloud.ScopeOf(caller), kind: cloud.VPC, ids: in.VpcIds, filters: in.Filters, token: in.NextToken, limit: in.MaxResults,
		names: map[string]string{"vpc-id": "id", "cidr": "cidr"},
	})
	out := &sdk.DescribeVpcsOutput{Vpcs: []types.Vpc{}, NextToken: next}
	for _, r := range page {
		out.Vpcs = append(out.Vpcs, types.Vpc{
			VpcId: &r.ID, CidrBlock: aws.String(r.Attributes["cidr"]), State: types.VpcStateAvailable, IsDefault: aws.Bool(false),
			OwnerId: &caller.Account, Tags: tagShapes(r.Tags),
		})
	}
	return out, err
}

func (s service) describeSubnets(caller wire.Caller, in *sdk.DescribeSubnetsInput) (*sdk.DescribeSubnetsOutput, error) {
	page, next, err := s.find(query{
		scope: cloud.ScopeOf(caller), kind: cloud.Subnet, ids: in.SubnetIds, filters: in.Filters, token: in.NextToken, limit: in.MaxResults,
		names: map[string]string{"vpc-id": "vpc", "subnet-id": "id", "availability-zone": "zone"},
	})
	out := &sdk.DescribeSubnetsOutput{Subnets: []types.Subnet{}, NextToken: next}
	for _, r := range page {
		out.Subnets = append(out.Subnets, types.Subnet{
			SubnetId: &r.ID, VpcId: aws.String(r.Attributes["vpc"]), CidrBlock: aws.String(r.Attributes["cidr"]), State: types.SubnetStateAvailable,
			AvailabilityZone: aws.String(r.Attributes["zone"]), OwnerId: &caller.Account, Tags: tagShapes(r.Tags),
		})
	}
	return out, err
}

func (s service) describeInterfaces(caller wire.Caller, in *sdk.DescribeNetworkInterfacesInput) (*sdk.DescribeNetworkInterfacesOutput, error) {
	s.refresh(cloud.ScopeOf(caller))
	page, next, err := s.find(query{
		scope: cloud.ScopeOf(caller), kind: cloud.Interface, ids: in.NetworkInterfaceIds, filters: in.Filters,
		managed: in.IncludeManagedResources, token: in.NextToken, limit: in.MaxResults,
		names: map[string]string{
			"vpc-id": "vpc", "subnet-id": "subnet", "group-id": "group", "status": "status",
			"network-interface-id": "id", "attachment.instance-id": "instance", "description": "description",
		},
	})
	out := &sdk.DescribeNetworkInterfacesOutput{NetworkInterfaces: []types.NetworkInterface{}, NextToken: next}
	for _, r := range page {
		s.Settle(r)
		out.NetworkInterfaces = append(out.NetworkInterfaces, s.interfaceShape(caller, r))
	}
	return out, err
}

func (s service) interfaceShape(caller wire.Caller, r *cloud.Resource) types.NetworkInterface {
	shape := types.NetworkInterface{
		NetworkInterfaceId: &r.ID, VpcId: aws.String(r.Attributes["vpc"]), SubnetId: aws.String(r.Attributes["subnet"]),
		Status: types.NetworkInterfaceStatus(r.Attributes["status"]), Description: aws.String(r.Attributes["description"]),
		InterfaceType: types.NetworkInterfaceTypeInterface, OwnerId: &caller.Account, PrivateIpAddress: aws.String(r.Attributes["address"]),
		RequesterManaged: aws.Bool(r.Attributes["requester"] != ""), TagSet: tagShapes(r.Tags), Groups: []types.GroupIdentifier{},
		Operator: s.operator(r),
	}
	if id := r.Attributes["requester"]; id != "" {
		shape.RequesterId = &id
	}
	if group := s.Has(r.Attributes["group"]); group != nil {
		shape.Groups = append(shape.Groups, types.GroupIdentifier{GroupId: &group.ID, GroupName: &group.Name})
	}
	if id := r.Attributes["instance"]; id != "" {
		shape.Attachment = &types.NetworkInterfaceAttachment{
			AttachmentId: aws.String("eni-attach-" + r.ID[len("eni-"):]), InstanceId: &id, DeleteOnTermination: aws.Bool(true),
			Status: types.AttachmentStatusAttached, AttachTime: &r.Created, DeviceIndex: aws.Int32(0),
		}
	}
	return shape
}

func (s service) deleteInterface(caller wire.Caller, in *sdk.DeleteNetworkInterfaceInput) (*sdk.DeleteNetworkInterfaceOutput, error) {
	return &sdk.DeleteNetworkInterfaceOutput{}, s.DeleteFromEC2(cloud.ScopeOf(caller), cloud.Interface, aws.ToString(in.NetworkInterfaceId))
}
