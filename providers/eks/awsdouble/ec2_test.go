package awsdouble_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
)

func filter(name string, values ...string) ec2types.Filter {
	return ec2types.Filter{Name: &name, Values: values}
}

// TestFilters shows which tags filters find, of a stack and its cluster.
func TestFilters(t *testing.T) {
	w := start(t)
	_, outputs := w.stack(name)
	w.cluster(name, outputs)
	for _, test := range []struct {
		name    string
		filters []ec2types.Filter
		want    string
	}{
		{"of the stack", []ec2types.Filter{filter("key", "scaleproof.dev/cluster"), filter("value", name)}, "internet-gateway:1 route-table:1 subnet:2 vpc:1"},
		{"of Auto Mode", []ec2types.Filter{filter("key", cloud.ClusterTag)}, "instance:2 network-interface:2 volume:2"},
		{"by a prefix", []ec2types.Filter{filter("key", cloud.ClusterTag), filter("value", "scaleproof-*"), filter("resource-type", "volume", "vpc")}, "volume:2"},
		{"by one character", []ec2types.Filter{filter("key", cloud.ClusterTag), filter("value", "scaleproof-?")}, "instance:2 network-interface:2 volume:2"},
		{"of another", []ec2types.Filter{filter("key", cloud.ClusterTag), filter("value", "scaleproof")}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			out := must[*ec2.DescribeTagsOutput](t)(w.ec2.DescribeTags(w.t.Context(), &ec2.DescribeTagsInput{Filters: test.filters}))
			count := map[string]int{}
			for _, tag := range out.Tags {
				count[string(tag.ResourceType)]++
			}
			var got []string
			for kind, n := range count {
				got = append(got, fmt.Sprint(kind, ":", n))
			}
			slices.Sort(got)
			if diff := cmp.Diff(test.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	_, err := w.ec2.DescribeVpcs(w.t.Context(), &ec2.DescribeVpcsInput{Filters: []ec2types.Filter{filter("dhcp-options-id", "x")}})
	if got := code(err); got != "NotImplemented 501" || !strings.Contains(message(err), "dhcp-options-id") {
		t.Errorf("a filter that is not served: %v", err)
	}
}

func TestZones(t *testing.T) {
	for region, want := range map[string]string{
		"eu-west-1":      "eu-west-1a=euw1-az3 eu-west-1b=euw1-az1 eu-west-1c=euw1-az2",
		"ap-northeast-1": "ap-northeast-1a=apne1-az3 ap-northeast-1b=apne1-az1 ap-northeast-1c=apne1-az2",
		"ca-central-1":   "ca-central-1a=cac1-az3 ca-central-1b=cac1-az1 ca-central-1c=cac1-az2",
	} {
		w := start(t)
		c := w.Config()
		c.Region = region
		out := must[*ec2.DescribeAvailabilityZonesOutput](t)(on(t, w.Running, c).ec2.DescribeAvailabilityZones(w.t.Context(), &ec2.DescribeAvailabilityZonesInput{
			Filters: []ec2types.Filter{filter("zone-type", "availability-zone"), filter("state", "available")},
		}))
		var got []string
		for _, z := range out.AvailabilityZones {
			got = append(got, *z.ZoneName+"="+*z.ZoneId)
		}
		if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", region, diff)
		}
	}
}

// TestRefusals shows how services say that something is not there, or is kept.
func TestRefusals(t *testing.T) {
	w := start(t)
	_, outputs := w.stack(name)
	w.cluster(name, outputs)
	var inUse, attached, group string
	w.Touch(func(c *cloud.Cloud) {
		where := cloud.Scope{Account: "111122223333", Region: "eu-west-1"}
		inUse, attached = c.Every(where, cloud.Interface)[0].ID, c.Every(where, cloud.Volume)[0].ID
		group = c.Named(where, cloud.SecurityGroup, "default").ID
	})
	own := must[*ec2.DescribeSecurityGroupsOutput](t)(w.ec2.DescribeSecurityGroups(w.t.Context(), &ec2.DescribeSecurityGroupsInput{Filters: []ec2types.Filter{filter("tag:aws:eks:cluster-name", name)}})).SecurityGroups[0].GroupId
	profile := must[*iam.ListInstanceProfilesForRoleOutput](t)(w.iam.ListInstanceProfilesForRole(w.t.Context(), &iam.ListInstanceProfilesForRoleInput{RoleName: aws.String(name + "-node")})).InstanceProfiles[0]
	if len(profile.Roles) != 1 || *profile.Roles[0].RoleName != name+"-node" {
		t.Errorf("the profile has %d roles", len(profile.Roles))
	}
	for _, test := range []struct {
		want string
		call func() (any, error)
	}{
		{"InvalidNetworkInterfaceID.NotFound 400", func() (any, error) {
			return w.ec2.DeleteNetworkInterface(w.t.Context(), &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: aws.String("eni-1")})
		}},
		{"InvalidParameterValue 400", func() (any, error) {
			return w.ec2.DeleteNetworkInterface(w.t.Context(), &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: &inUse})
		}},
		{"InvalidVolume.NotFound 400", func() (any, error) {
			return w.ec2.DeleteVolume(w.t.Context(), &ec2.DeleteVolumeInput{VolumeId: aws.String("vol-1")})
		}},
		{"VolumeInUse 400", func() (any, error) {
			return w.ec2.DeleteVolume(w.t.Context(), &ec2.DeleteVolumeInput{VolumeId: &attached})
		}},
		{"InvalidGroup.NotFound 400", func() (any, error) {
			return w.ec2.DeleteSecurityGroup(w.t.Context(), &ec2.DeleteSecurityGroupInput{GroupId: aws.String("sg-1")})
		}},
		{"CannotDelete 400", func() (any, error) {
			return w.ec2.DeleteSecurityGroup(w.t.Context(), &ec2.DeleteSecurityGroupInput{GroupId: &group})
		}},
		{"DependencyViolation 400", func() (any, error) {
			return w.ec2.DeleteSecurityGroup(w.t.Context(), &ec2.DeleteSecurityGroupInput{GroupId: own})
		}},
		{"InvalidInstanceID.NotFound 400", func() (any, error) {
			return w.ec2.TerminateInstances(w.t.Context(), &ec2.TerminateInstancesInput{InstanceIds: []string{"i-1"}})
		}},
		{"InvalidVpcID.NotFound 400", func() (any, error) {
			return w.ec2.DescribeVpcs(w.t.Context(), &ec2.DescribeVpcsInput{VpcIds: []string{"vpc-1"}})
		}},
		{"NoSuchEntity 404", func() (any, error) {
			return w.iam.ListInstanceProfilesForRole(w.t.Context(), &iam.ListInstanceProfilesForRoleInput{RoleName: aws.String("none")})
		}},
		{"NoSuchEntity 404", func() (any, error) {
			return w.iam.DeleteInstanceProfile(w.t.Context(), &iam.DeleteInstanceProfileInput{InstanceProfileName: aws.String("none")})
		}},
		{"DeleteConflict 409", func() (any, error) {
			return w.iam.DeleteInstanceProfile(w.t.Context(), &iam.DeleteInstanceProfileInput{InstanceProfileName: profile.InstanceProfileName})
		}},
		{"NoSuchEntity 404", func() (any, error) {
			return w.iam.RemoveRoleFromInstanceProfile(w.t.Context(), &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: profile.InstanceProfileName, RoleName: aws.String("none")})
		}},
		{"NoSuchEntity 404", func() (any, error) {
			return w.iam.ListOpenIDConnectProviderTags(w.t.Context(), &iam.ListOpenIDConnectProviderTagsInput{OpenIDConnectProviderArn: aws.String("arn:none")})
		}},
		{"none", func() (any, error) {
			return w.iam.DeleteOpenIDConnectProvider(w.t.Context(), &iam.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: aws.String("arn:none")})
		}},
	} {
		if _, err := test.call(); code(err) != test.want {
			t.Errorf("want %s, got %v", test.want, err)
		}
	}
}

// TestHidden shows that what is fresh is not found the first times, by name, by
// id and in lists.
func TestHidden(t *testing.T) {
	w := start(t)
	w.Turn(func(k *cloud.Knobs) {
		k.Hidden = map[cloud.Kind]int{cloud.OIDCProvider: 1, cloud.VPC: 1, cloud.Role: 1}
	})
	w.stack(name)
	arn := must[*iam.CreateOpenIDConnectProviderOutput](t)(w.iam.CreateOpenIDConnectProvider(w.t.Context(), &iam.CreateOpenIDConnectProviderInput{Url: aws.String("https://a.example/b")})).OpenIDConnectProviderArn
	reads := map[string]func() int{
		"provider": func() int {
			_, err := w.iam.GetOpenIDConnectProvider(w.t.Context(), &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn})
			if err != nil && code(err) != "NoSuchEntity 404" {
				t.Error(err)
			}
			return map[bool]int{true: 1}[err == nil]
		},
		"role": func() int {
			_, err := w.iam.GetRole(w.t.Context(), &iam.GetRoleInput{RoleName: aws.String(name + "-node")})
			return map[bool]int{true: 1}[err == nil]
		},
	}
	for what, read := range reads {
		if first, second := read(), read(); first != 0 || second != 1 {
			t.Errorf("%s: found %d times, then %d", what, first, second)
		}
	}
	for _, want := range []int{0, 1} {
		if n := len(must[*ec2.DescribeVpcsOutput](t)(w.ec2.DescribeVpcs(w.t.Context(), nil)).Vpcs); n != want {
			t.Errorf("%d VPCs, want %d", n, want)
		}
	}
	w.Turn(func(k *cloud.Knobs) { k.Hidden = map[cloud.Kind]int{cloud.VPC: 9, cloud.Role: 9, cloud.Subnet: 9} })
	id, _ := w.stack("hidden")
	if status, reason := w.deleteStack(id); status != "DELETE_COMPLETE" {
		t.Errorf("CloudFormation does not find its own: %s %s", status, reason)
	}
	if n := w.kinds()[cloud.Role]; n != 2 {
		t.Errorf("%d roles are left of two stacks, one of which is gone", n)
	}
}

// TestRegionsAreApart shows that nobody sees what is elsewhere.
func TestRegionsAreApart(t *testing.T) {
	w := start(t)
	w.stack(name)
	c := w.Config()
	c.Region = "us-west-2"
	other := on(t, w.Running, c)
	if n := len(must[*ec2.DescribeVpcsOutput](t)(other.ec2.DescribeVpcs(w.t.Context(), nil)).Vpcs); n != 0 {
		t.Errorf("%d VPCs in another region", n)
	}
	_, err := other.iam.GetRole(w.t.Context(), &iam.GetRoleInput{RoleName: aws.String(name + "-node")})
	if err != nil {
		t.Errorf("a role is of all regions: %v", err)
	}
}
