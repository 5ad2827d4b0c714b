package stack

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

type template struct {
	Parameters, Outputs map[string]any
	Resources           map[string]struct {
		Type       string
		Properties struct {
			AssumeRolePolicyDocument struct {
				Statement []struct {
					Effect    string
					Principal map[string]string
					Action    []string
				}
			}
			ManagedPolicyArns []map[string]string
		}
	}
}

func parsed(t *testing.T) template {
	t.Helper()
	var parsed template
	if err := yaml.Unmarshal([]byte(Template), &parsed); err != nil {
		t.Fatal(err)
	}
	return parsed
}

// TestTemplateRoles compares the roles with what Auto Mode asks for.
func TestTemplateRoles(t *testing.T) {
	for role, want := range map[string]struct {
		service           string
		actions, policies []string
	}{
		"ClusterRole": {
			"eks.amazonaws.com", []string{"sts:AssumeRole", "sts:TagSession"},
			[]string{
				"AmazonEKSClusterPolicy", "AmazonEKSComputePolicy", "AmazonEKSBlockStoragePolicy",
				"AmazonEKSLoadBalancingPolicy", "AmazonEKSNetworkingPolicy",
			},
		},
		"NodeRole": {
			"ec2.amazonaws.com", []string{"sts:AssumeRole"},
			[]string{"AmazonEKSWorkerNodeMinimalPolicy", "AmazonEC2ContainerRegistryPullOnly"},
		},
	} {
		properties := parsed(t).Resources[role].Properties
		var policies []string
		for _, arn := range properties.ManagedPolicyArns {
			name, ok := strings.CutPrefix(arn["Fn::Sub"], "arn:${AWS::Partition}:iam::aws:policy/")
			if !ok {
				t.Errorf("%s: policy %v is not one of AWS in any partition", role, arn)
			}
			policies = append(policies, name)
		}
		if diff := cmp.Diff(want.policies, policies); diff != "" {
			t.Errorf("%s (-want +got):\n%s", role, diff)
		}
		trust := properties.AssumeRolePolicyDocument.Statement
		if len(trust) != 1 || trust[0].Effect != "Allow" || trust[0].Principal["Service"] != want.service || !slices.Equal(trust[0].Action, want.actions) {
			t.Errorf("%s trusts %+v", role, trust)
		}
	}
}

// TestTemplateIsWhatCloudFormationReads keeps to the YAML that it takes: no
// anchors, and no name twice among parameters, resources and outputs.
func TestTemplateIsWhatCloudFormationReads(t *testing.T) {
	if found := regexp.MustCompile(`(?m)[:\-\[{] [&*][a-z]+`).FindString(Template); found != "" {
		t.Errorf("an anchor: %q", found)
	}
	if len(Template) > 51200 {
		t.Errorf("%d bytes are more than a request takes", len(Template))
	}
	seen := parsed(t)
	var all []string
	for _, names := range [][]string{slices.Collect(maps.Keys(seen.Parameters)), slices.Collect(maps.Keys(seen.Resources)), slices.Collect(maps.Keys(seen.Outputs))} {
		for _, name := range names {
			if slices.Contains(all, name) || !regexp.MustCompile(`^[A-Za-z0-9]+$`).MatchString(name) {
				t.Errorf("name %q is taken or has more than letters and digits", name)
			}
			all = append(all, name)
		}
	}
	for _, reference := range regexp.MustCompile(`(?:\{Ref: |Fn::GetAtt": \[|DependsOn: )"?([A-Za-z0-9:]+)`).FindAllStringSubmatch(Template, -1) {
		if !slices.Contains(append(all, "AWS::StackName"), reference[1]) {
			t.Errorf("a reference to %q, which is nowhere", reference[1])
		}
	}
}

// TestTemplateNetwork is what makes machines reach registries without a gateway
// that costs.
func TestTemplateNetwork(t *testing.T) {
	resources, err := Resources()
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, r := range resources {
		count[r.Kind]++
	}
	want := map[string]int{
		"AWS::EC2::VPC": 1, "AWS::EC2::InternetGateway": 1, "AWS::EC2::VPCGatewayAttachment": 1, "AWS::EC2::RouteTable": 1,
		"AWS::EC2::Route": 1, "AWS::EC2::Subnet": 2, "AWS::EC2::SubnetRouteTableAssociation": 2, "AWS::IAM::Role": 2, "AWS::Logs::LogGroup": 1,
	}
	if diff := cmp.Diff(want, count); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
