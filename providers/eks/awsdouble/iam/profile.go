package iam

import (
	"fmt"
	"net/url"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/wire"
)

func (s service) getRole(caller wire.Caller, in *sdk.GetRoleInput) (*sdk.GetRoleOutput, error) {
	role, err := s.SeeInIAM(scope(caller), cloud.Role, aws.ToString(in.RoleName))
	if err != nil {
		return nil, err
	}
	shape := roleShape(role)
	shape.Tags = tagShapes(role.Tags)
	return &sdk.GetRoleOutput{Role: &shape}, nil
}

func (s service) listProfilesForRole(caller wire.Caller, in *sdk.ListInstanceProfilesForRoleInput) (*sdk.ListInstanceProfilesForRoleOutput, error) {
	role, err := s.SeeInIAM(scope(caller), cloud.Role, aws.ToString(in.RoleName))
	if err != nil {
		return nil, err
	}
	profiles := slices.DeleteFunc(s.List(scope(caller), cloud.InstanceProfile), func(p *cloud.Resource) bool {
		return !slices.Contains(p.Uses, role.ID)
	})
	page, next := cloud.Page(s.Cloud, profiles, in.Marker, int(aws.ToInt32(in.MaxItems)), func(p *cloud.Resource) string { return p.Name })
	out := &sdk.ListInstanceProfilesForRoleOutput{InstanceProfiles: []types.InstanceProfile{}, Marker: next, IsTruncated: next != nil}
	for _, p := range page {
		out.InstanceProfiles = append(out.InstanceProfiles, types.InstanceProfile{
			Arn: &p.ID, InstanceProfileName: &p.Name, InstanceProfileId: aws.String(unique("AIPA", p.ID)),
			Path: aws.String("/"), CreateDate: &p.Created, Roles: []types.Role{roleShape(role)},
		})
	}
	return out, nil
}

func (s service) removeFromProfile(caller wire.Caller, in *sdk.RemoveRoleFromInstanceProfileInput) (*sdk.RemoveRoleFromInstanceProfileOutput, error) {
	err := s.RemoveFromProfile(scope(caller), aws.ToString(in.InstanceProfileName), aws.ToString(in.RoleName))
	return &sdk.RemoveRoleFromInstanceProfileOutput{}, err
}

func (s service) deleteProfile(caller wire.Caller, in *sdk.DeleteInstanceProfileInput) (*sdk.DeleteInstanceProfileOutput, error) {
	return &sdk.DeleteInstanceProfileOutput{}, s.DeleteProfile(scope(caller), aws.ToString(in.InstanceProfileName))
}

// roleShape is a role as it stands in lists; its tags are not in there.
func roleShape(r *cloud.Resource) types.Role {
	return types.Role{
		Arn: &r.ID, RoleName: &r.Name, RoleId: aws.String(unique("AROA", r.ID)), Path: aws.String("/"), CreateDate: &r.Created,
		// IAM hands documents out percent-encoded.
		AssumeRolePolicyDocument: aws.String(url.QueryEscape(r.Attributes["trust"])),
	}
}

func tagShapes(tags map[string]string) []types.Tag {
	shapes := []types.Tag{}
	for _, key := range sortedKeys(tags) {
		shapes = append(shapes, types.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
	}
	return shapes
}

// unique is an id as IAM makes them: a prefix that tells the kind, and letters.
func unique(prefix, arn string) string {
	var sum uint64 = 14695981039346656037
	for i := range len(arn) {
		sum = (sum ^ uint64(arn[i])) * 1099511628211
	}
	return fmt.Sprintf("%s%016X", prefix, sum)
}
