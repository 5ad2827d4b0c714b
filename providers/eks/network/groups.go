package network

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/scaleproof/scaleproof/providers/eks/cloud"
)

// clusterTag is on the security group that EKS makes for a cluster.
const clusterTag = "aws:eks:cluster-name"

// DeleteGroups removes the security groups that EKS made in a network and left. Rules
// of theirs that name others go first: two that name each other would both stay.
func (n *Network) DeleteGroups(ctx context.Context, vpc, cluster string) error {
	groups, err := n.groups(ctx, vpc, cluster)
	if err != nil {
		return err
	}
	var failed []error
	var left []string
	for _, group := range groups {
		failed = append(failed, n.unlink(ctx, group))
		left = append(left, aws.ToString(group.GroupId))
	}
	return errors.Join(append(failed, n.each(ctx, "security group", left, func(ctx context.Context, id string) error {
		_, err := n.client.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &id})
		return err
	}))...)
}

// groups are those that EKS made in the network for the cluster.
func (n *Network) groups(ctx context.Context, vpc, cluster string) ([]types.SecurityGroup, error) {
	var found []types.SecurityGroup
	pages := ec2.NewDescribeSecurityGroupsPaginator(n.client, &ec2.DescribeSecurityGroupsInput{Filters: []types.Filter{filter("vpc-id", vpc)}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("security groups: %w", err)
		}
		for _, group := range page.SecurityGroups {
			tags := tagMap(group.Tags)
			if aws.ToString(group.GroupName) != "default" && (tags[clusterTag] == cluster || tags[AutoModeTag] == cluster) {
				found = append(found, group)
			}
		}
	}
	return found, nil
}

// unlink revokes the rules of a group that name groups.
func (n *Network) unlink(ctx context.Context, group types.SecurityGroup) error {
	var failed []error
	if rules := naming(group.IpPermissions); len(rules) > 0 {
		_, err := n.client.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: group.GroupId, IpPermissions: rules})
		failed = append(failed, err)
	}
	if rules := naming(group.IpPermissionsEgress); len(rules) > 0 {
		_, err := n.client.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{GroupId: group.GroupId, IpPermissions: rules})
		failed = append(failed, err)
	}
	for i, err := range failed {
		if cloud.Is(err, gone...) {
			failed[i] = nil
		}
	}
	if err := errors.Join(failed...); err != nil {
		return fmt.Errorf("revoking rules of security group %s: %w", aws.ToString(group.GroupId), err)
	}
	return nil
}

// naming are the parts of rules that name groups.
func naming(rules []types.IpPermission) []types.IpPermission {
	var found []types.IpPermission
	for _, rule := range rules {
		if len(rule.UserIdGroupPairs) > 0 {
			found = append(found, types.IpPermission{
				IpProtocol: rule.IpProtocol, FromPort: rule.FromPort, ToPort: rule.ToPort, UserIdGroupPairs: rule.UserIdGroupPairs,
			})
		}
	}
	return found
}
