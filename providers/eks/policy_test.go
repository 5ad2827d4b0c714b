package eks

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	double "github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
	"github.com/scaleproof/scaleproof/providers/eks/stack"
)

// besides are the actions that a request needs beside the one of its own name: where
// it has tags, and what the services do for the caller. Those of CreateCluster are in
// the schema of AWS::EKS::Cluster that CloudFormation has.
var besides = map[string][]string{
	"cloudformation:CreateStack":      {"cloudformation:TagResource"},
	"cloudformation:DescribeStacks":   {"cloudformation:ListStacks"}, // where it names no stack
	"iam:CreateOpenIDConnectProvider": {"iam:TagOpenIDConnectProvider"},
	"eks:CreateCluster": {
		"eks:CreateAccessEntry", "eks:DescribeCluster", "eks:TagResource", "ec2:DescribeSubnets", "ec2:DescribeVpcs",
		"iam:AddRoleToInstanceProfile", "iam:CreateInstanceProfile", "iam:CreateServiceLinkedRole", "iam:DeleteInstanceProfile",
		"iam:GetInstanceProfile", "iam:GetRole", "iam:ListAttachedRolePolicies", "iam:PassRole",
		"iam:RemoveRoleFromInstanceProfile", "iam:TagInstanceProfile",
	},
	"eks:UpdateClusterConfig": {"iam:PassRole"},
}

// ofTemplate are the actions by which CloudFormation makes, reads and removes a part of
// the template, for the caller: those of the type's schema, but for properties that the
// template does not set.
var ofTemplate = map[string]string{
	"AWS::EC2::VPC": "ec2:CreateTags ec2:CreateVpc ec2:DeleteVpc ec2:DescribeNetworkAcls ec2:DescribeSecurityGroups " +
		"ec2:DescribeVpcAttribute ec2:DescribeVpcEncryptionControls ec2:DescribeVpcs ec2:ModifyVpcAttribute",
	"AWS::EC2::InternetGateway":      "ec2:CreateInternetGateway ec2:CreateTags ec2:DeleteInternetGateway ec2:DescribeInternetGateways",
	"AWS::EC2::VPCGatewayAttachment": "ec2:AttachInternetGateway ec2:DescribeInternetGateways ec2:DescribeVpnGateways ec2:DetachInternetGateway",
	"AWS::EC2::RouteTable":           "ec2:CreateRouteTable ec2:CreateTags ec2:DeleteRouteTable ec2:DescribeRouteTables",
	"AWS::EC2::Route":                "ec2:CreateRoute ec2:DeleteRoute ec2:DescribeNetworkInterfaces ec2:DescribeRouteTables",
	"AWS::EC2::Subnet": "ec2:CreateSubnet ec2:CreateTags ec2:DeleteSubnet ec2:DescribeNetworkAcls ec2:DescribeSubnets " +
		"ec2:ModifySubnetAttribute",
	"AWS::EC2::SubnetRouteTableAssociation": "ec2:AssociateRouteTable ec2:DescribeRouteTables ec2:DescribeSubnets " +
		"ec2:DisassociateRouteTable ec2:ReplaceRouteTableAssociation",
	"AWS::IAM::Role": "iam:AttachRolePolicy iam:CreateRole iam:DeleteRole iam:DetachRolePolicy iam:GetRole " +
		"iam:ListAttachedRolePolicies iam:ListRolePolicies iam:TagRole",
	"AWS::Logs::LogGroup": "logs:CreateLogGroup logs:DeleteLogGroup logs:DescribeIndexPolicies logs:DescribeLogGroups " +
		"logs:GetDataProtectionPolicy logs:ListTagsForResource logs:PutRetentionPolicy logs:TagResource",
}

// policy is an IAM policy as far as ours goes.
type policy struct {
	Version   string
	Statement []statement
}

type statement struct {
	Sid, Effect      string
	Action, Resource []string
	Condition        map[string]map[string][]string
}

func readPolicy(t *testing.T) policy {
	t.Helper()
	text, err := os.ReadFile("policy.json")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(strings.Join(strings.Fields(string(text)), "")); n > 6144 {
		t.Errorf("%d characters are more than IAM takes", n)
	}
	var p policy
	if err := yaml.UnmarshalStrict(text, &p); err != nil || !json.Valid(text) {
		t.Fatal("not a policy", err)
	}
	return p
}

// TestPolicyIsWhatIsNeeded lets the double tell what is asked of AWS on all ways, and
// wants the policy to allow just that and what CloudFormation does for the template.
func TestPolicyIsWhatIsNeeded(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.allWays()
	needed := map[string]bool{}
	for _, call := range w.Log() {
		if action := call.Service + ":" + call.Operation; action != "sts:GetCallerIdentity" { // which everyone may
			needed[action] = true
			for _, other := range besides[action] {
				needed[other] = true
			}
		}
	}
	parts, err := stack.Resources()
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range parts {
		if ofTemplate[part.Kind] == "" {
			t.Errorf("nothing tells what %s needs", part.Kind)
		}
		for _, action := range strings.Fields(ofTemplate[part.Kind]) {
			needed[action] = true
		}
	}
	allowed := map[string]bool{}
	for _, s := range readPolicy(t).Statement {
		for _, action := range s.Action {
			allowed[action] = s.Effect == "Allow"
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(needed)), slices.Sorted(maps.Keys(allowed))); diff != "" {
		t.Errorf("needed (-) and allowed (+):\n%s", diff)
	}
}

// allWays makes and removes clusters: with a stack that is explained and made again,
// with all that can be left behind, by Down and by Sweep.
func (w *world) allWays() {
	w.t.Helper()
	w.Turn(func(k *double.Knobs) { k.StackFails = map[string]string{"Subnet2": "no addresses"} })
	if _, err := w.up(w.t.Context()); err == nil {
		w.t.Fatal("no error")
	}
	w.Turn(func(k *double.Knobs) {
		k.StackFails, k.LeakedInterfaces, k.LeakedVolumes, k.StuckInstances, k.KeepsInstances, k.LeakedGroups = nil, 1, 1, true, false, true
	})
	w.mustUp()
	w.mustDown()
	w.mustUp()
	found, err := w.sweeper().Sweep(w.t.Context(), SweepOptions{OlderThan: time.Hour, Now: time.Now().Add(5 * time.Hour), Delete: true})
	if err != nil || len(found) != 1 || found[0].Err != nil {
		w.t.Fatalf("%+v, %v", found, err)
	}
	w.empty()
}

// removers are the actions that remove what there is of a cluster.
var removers = map[double.Kind]string{
	double.Stack: "cloudformation:DeleteStack", double.Cluster: "eks:DeleteCluster", double.LogGroup: "logs:DeleteLogGroup",
	double.Role: "iam:DeleteRole", double.OIDCProvider: "iam:DeleteOpenIDConnectProvider", double.InstanceProfile: "iam:DeleteInstanceProfile",
	double.VPC: "ec2:DeleteVpc", double.Subnet: "ec2:DeleteSubnet", double.InternetGateway: "ec2:DeleteInternetGateway",
	double.RouteTable: "ec2:DeleteRouteTable", double.SecurityGroup: "ec2:DeleteSecurityGroup", double.Interface: "ec2:DeleteNetworkInterface",
	double.Instance: "ec2:TerminateInstances", double.Volume: "ec2:DeleteVolume",
}

// anyones are of what the policy reaches others' too: of the first two what is in use
// cannot be removed, and the names of the others tell no cluster. Tags do not help with
// these: to remove what is gone, and so has none, would be denied.
var anyones = []double.Kind{double.Interface, double.SecurityGroup, double.OIDCProvider, double.InstanceProfile}

// TestPolicyReachesWhatIsOurs compares the resources and the tags that the policy names
// with those that things have, and lets it reach nobody else's.
func TestPolicyReachesWhatIsOurs(t *testing.T) {
	w, p := start(t), readPolicy(t)
	w.Turn(func(k *double.Knobs) { k.LeakedInterfaces, k.LeakedVolumes = 1, 1 })
	w.mustUp()
	seen := map[double.Kind]bool{}
	for _, thing := range w.Left() {
		seen[thing.Kind] = true
		arn := thing.ID
		if thing.Kind.InEC2() {
			arn = "arn:aws:ec2:" + thing.Region + ":" + thing.Account + ":" + string(thing.Kind) + "/" + thing.ID
		}
		if !p.allows(removers[thing.Kind], arn, thing.Tags) {
			t.Errorf("%q of %s with %v is not allowed", removers[thing.Kind], arn, thing.Tags)
		}
		if !slices.Contains(anyones, thing.Kind) && p.allows(removers[thing.Kind], strings.ReplaceAll(arn, Prefix, "other"), nil) {
			t.Errorf("%s of another's %s is allowed", removers[thing.Kind], thing.Kind)
		}
	}
	if len(seen) != len(removers) {
		t.Errorf("there are only %v", seen)
	}
	w.mustDown()
}

// TestPolicyOfRoles lets roles have the policies of the template, and no other.
func TestPolicyOfRoles(t *testing.T) {
	var named []string
	for _, match := range regexp.MustCompile(`arn:\$\{AWS::Partition\}(:iam::aws:policy/\w+)`).FindAllStringSubmatch(stack.Template, -1) {
		named = append(named, "arn:aws"+match[1])
	}
	var allowed []string
	for _, s := range readPolicy(t).Statement {
		if slices.Contains(s.Action, "iam:AttachRolePolicy") {
			allowed = append(allowed, s.Condition["ArnEquals"]["iam:PolicyARN"]...)
		}
	}
	if diff := cmp.Diff(named, allowed); diff != "" {
		t.Errorf("in the template (-) and allowed (+):\n%s", diff)
	}
}

// allows tells whether a statement lets the action do something to what has that name
// and those tags.
func (p policy) allows(action, arn string, tags map[string]string) bool {
	return slices.ContainsFunc(p.Statement, func(s statement) bool {
		return s.Effect == "Allow" && slices.Contains(s.Action, action) && matches(s.Resource, arn) && s.fits(tags)
	})
}

// fits tells whether the tags are as the statement's conditions want them.
func (s statement) fits(tags map[string]string) bool {
	for key, values := range s.Condition["StringLike"] {
		if tag, ok := strings.CutPrefix(key, "aws:ResourceTag/"); ok && !matches(values, tags[tag]) {
			return false
		}
	}
	return true
}

// matches tells whether one of the patterns, in which * is anything, is the text.
func matches(patterns []string, text string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		return regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*") + "$").MatchString(text)
	})
}
