package ec2

import (
	"maps"
	"net/http"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/wire"
)

// stateCodes are what instance states are in numbers.
var stateCodes = map[string]int32{"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}

func stateShape(state string) *types.InstanceState {
	return &types.InstanceState{Name: types.InstanceStateName(state), Code: aws.Int32(stateCodes[state])}
}

func (s service) describeInstances(caller wire.Caller, in *sdk.DescribeInstancesInput) (*sdk.DescribeInstancesOutput, error) {
	s.refresh(cloud.ScopeOf(caller))
	s.Advance(s.Every(cloud.ScopeOf(caller), cloud.Instance))
	page, next, err := s.find(query{
		scope: cloud.ScopeOf(caller), kind: cloud.Instance, ids: in.InstanceIds, filters: in.Filters,
		managed: in.IncludeManagedResources, token: in.NextToken, limit: in.MaxResults,
		names: map[string]string{"instance-state-name": "state", "instance-id": "id", "vpc-id": "vpc", "instance-type": "type"},
	})
	out := &sdk.DescribeInstancesOutput{Reservations: []types.Reservation{}, NextToken: next}
	for _, r := range page {
		out.Reservations = append(out.Reservations, types.Reservation{
			ReservationId: aws.String("r-" + r.ID[len("i-"):]), OwnerId: &caller.Account,
			Instances: []types.Instance{{
				InstanceId: &r.ID, InstanceType: types.InstanceType(r.Attributes["type"]), State: stateShape(r.Attributes["state"]),
				Architecture: types.ArchitectureValues(r.Attributes["arch"]), LaunchTime: &r.Created, Tags: tagShapes(r.Tags), Operator: s.operator(r),
			}},
		})
	}
	return out, err
}

func (s service) terminateInstances(caller wire.Caller, in *sdk.TerminateInstancesInput) (*sdk.TerminateInstancesOutput, error) {
	var instances []*cloud.Resource
	for _, id := range in.InstanceIds {
		r, err := s.InEC2(cloud.ScopeOf(caller), cloud.Instance, id)
		if err != nil {
			return nil, err
		}
		if s.Knobs.KeepsInstances && r.Attributes["managed"] == "true" {
			return nil, wire.Errorf(http.StatusForbidden, "UnauthorizedOperation",
				"You are not authorized to perform this operation. User: %s is not authorized to perform: ec2:TerminateInstances on resource: %s with an explicit deny in a resource-based policy",
				caller.ARN, id)
		}
		instances = append(instances, r)
	}
	out := &sdk.TerminateInstancesOutput{TerminatingInstances: []types.InstanceStateChange{}}
	for _, r := range instances {
		before := r.Attributes["state"]
		s.Stop(r)
		out.TerminatingInstances = append(out.TerminatingInstances, types.InstanceStateChange{
			InstanceId: &r.ID, PreviousState: stateShape(before), CurrentState: stateShape(r.Attributes["state"]),
		})
	}
	return out, nil
}

func (s service) describeVolumes(caller wire.Caller, in *sdk.DescribeVolumesInput) (*sdk.DescribeVolumesOutput, error) {
	s.refresh(cloud.ScopeOf(caller))
	page, next, err := s.find(query{
		scope: cloud.ScopeOf(caller), kind: cloud.Volume, ids: in.VolumeIds, filters: in.Filters,
		managed: in.IncludeManagedResources, token: in.NextToken, limit: in.MaxResults,
		names: map[string]string{"volume-id": "id", "attachment.instance-id": "instance"},
	})
	out := &sdk.DescribeVolumesOutput{Volumes: []types.Volume{}, NextToken: next}
	for _, r := range page {
		shape := types.Volume{
			VolumeId: &r.ID, State: types.VolumeStateAvailable, CreateTime: &r.Created, Size: aws.Int32(20), VolumeType: types.VolumeTypeGp3,
			Tags: tagShapes(r.Tags), Operator: s.operator(r), Attachments: []types.VolumeAttachment{},
		}
		if id := r.Attributes["instance"]; id != "" {
			shape.State = types.VolumeStateInUse
			shape.Attachments = append(shape.Attachments, types.VolumeAttachment{
				InstanceId: &id, VolumeId: &r.ID, State: types.VolumeAttachmentStateAttached, DeleteOnTermination: aws.Bool(r.Attributes["root"] == "true"),
			})
		}
		out.Volumes = append(out.Volumes, shape)
	}
	return out, err
}

func (s service) deleteVolume(caller wire.Caller, in *sdk.DeleteVolumeInput) (*sdk.DeleteVolumeOutput, error) {
	return &sdk.DeleteVolumeOutput{}, s.DeleteFromEC2(cloud.ScopeOf(caller), cloud.Volume, aws.ToString(in.VolumeId))
}

// tag is one tag of one resource, as DescribeTags lists them.
type tag struct {
	on         *cloud.Resource
	key, value string
}

func (s service) describeTags(caller wire.Caller, in *sdk.DescribeTagsInput) (*sdk.DescribeTagsOutput, error) {
	s.refresh(cloud.ScopeOf(caller))
	kinds := []cloud.Kind{
		cloud.VPC, cloud.Subnet, cloud.InternetGateway, cloud.RouteTable,
		cloud.SecurityGroup, cloud.Interface, cloud.Instance, cloud.Volume, cloud.Fleet, cloud.LaunchTemplate,
	}
	names := map[string]string{"key": "key", "value": "value", "resource-id": "resource", "resource-type": "kind"}
	var found []tag
	for _, r := range s.List(cloud.ScopeOf(caller), kinds...) {
		for _, key := range slices.Sorted(maps.Keys(r.Tags)) {
			as := &cloud.Resource{Attributes: map[string]string{"key": key, "value": r.Tags[key], "resource": r.ID, "kind": string(r.Kind)}}
			matches, err := query{kind: "tag", filters: in.Filters, names: names}.matches(as)
			if err != nil {
				return nil, err
			}
			if matches {
				found = append(found, tag{r, key, r.Tags[key]})
			}
		}
	}
	page, next := cloud.Page(s.Cloud, found, in.NextToken, int(aws.ToInt32(in.MaxResults)), func(t tag) string { return t.on.ID + "/" + t.key })
	out := &sdk.DescribeTagsOutput{Tags: []types.TagDescription{}, NextToken: next}
	for _, t := range page {
		out.Tags = append(out.Tags, types.TagDescription{
			Key: aws.String(t.key), Value: aws.String(t.value), ResourceId: &t.on.ID, ResourceType: types.ResourceType(t.on.Kind),
		})
	}
	return out, nil
}
