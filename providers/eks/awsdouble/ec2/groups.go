package ec2

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/wire"
)

func (s service) describeGroups(caller wire.Caller, in *sdk.DescribeSecurityGroupsInput) (*sdk.DescribeSecurityGroupsOutput, error) {
	page, next, err := s.find(query{
		scope: cloud.ScopeOf(caller), kind: cloud.SecurityGroup, ids: in.GroupIds, filters: in.Filters, token: in.NextToken, limit: in.MaxResults,
		names: map[string]string{"vpc-id": "vpc", "group-id": "id", "group-name": "name"},
	})
	out := &sdk.DescribeSecurityGroupsOutput{SecurityGroups: []types.SecurityGroup{}, NextToken: next}
	for _, r := range page {
		out.SecurityGroups = append(out.SecurityGroups, types.SecurityGroup{
			GroupId: &r.ID, GroupName: &r.Name, VpcId: aws.String(r.Attributes["vpc"]), Description: aws.String(r.Attributes["description"]),
			OwnerId: &caller.Account, Tags: tagShapes(r.Tags),
			IpPermissions: rules(r.Attributes["ingress"]), IpPermissionsEgress: rules(r.Attributes["egress"]),
			SecurityGroupArn: aws.String(cloud.ScopeOf(caller).ARN("ec2", "security-group/"+r.ID)),
		})
	}
	return out, err
}

func (s service) deleteGroup(caller wire.Caller, in *sdk.DeleteSecurityGroupInput) (*sdk.DeleteSecurityGroupOutput, error) {
	err := s.DeleteFromEC2(cloud.ScopeOf(caller), cloud.SecurityGroup, aws.ToString(in.GroupId))
	return &sdk.DeleteSecurityGroupOutput{GroupId: in.GroupId, Return: aws.Bool(true)}, err
}

// rules are those of a group, of which the double has only one that names another.
func rules(other string) []types.IpPermission {
	if other == "" {
		return []types.IpPermission{}
	}
	return []types.IpPermission{{IpProtocol: aws.String("-1"), UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: &other}}}}
}

func (s service) revokeIngress(caller wire.Caller, in *sdk.RevokeSecurityGroupIngressInput) (*sdk.RevokeSecurityGroupIngressOutput, error) {
	return &sdk.RevokeSecurityGroupIngressOutput{Return: aws.Bool(true)}, s.revoke(caller, in.GroupId, "ingress", in.IpPermissions)
}

func (s service) revokeEgress(caller wire.Caller, in *sdk.RevokeSecurityGroupEgressInput) (*sdk.RevokeSecurityGroupEgressOutput, error) {
	return &sdk.RevokeSecurityGroupEgressOutput{Return: aws.Bool(true)}, s.revoke(caller, in.GroupId, "egress", in.IpPermissions)
}

func (s service) revoke(caller wire.Caller, id *string, way string, rules []types.IpPermission) error {
	group, err := s.InEC2(cloud.ScopeOf(caller), cloud.SecurityGroup, aws.ToString(id))
	if err != nil {
		return err
	}
	for _, rule := range rules {
		for _, pair := range rule.UserIdGroupPairs {
			if err := s.Revoke(group, way, aws.ToString(pair.GroupId)); err != nil {
				return err
			}
		}
	}
	return nil
}
