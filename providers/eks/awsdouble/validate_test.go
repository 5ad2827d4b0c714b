package awsdouble_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/aws/smithy-go"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
)

// message is the error's, as the SDK read it.
func message(err error) string {
	var known smithy.APIError
	if !errors.As(err, &known) {
		return ""
	}
	return known.ErrorMessage()
}

// TestCreateClusterIsValidated shows what EKS says of requests that are wrong.
func TestCreateClusterIsValidated(t *testing.T) {
	for _, test := range []struct {
		name    string
		change  func(*eks.CreateClusterInput)
		code    string
		message string
	}{
		{"no load balancing", func(in *eks.CreateClusterInput) {
			in.KubernetesNetworkConfig.ElasticLoadBalancing.Enabled = aws.Bool(false)
		}, "InvalidParameterException 400",
			"For EKS Auto Mode, please ensure that all required configs, including computeConfig, kubernetesNetworkConfig, and blockStorage are all either fully enabled or fully disabled."},
		{"no storage", func(in *eks.CreateClusterInput) { in.StorageConfig = nil }, "InvalidParameterException 400", "either fully enabled or fully disabled."},
		{"no compute", func(in *eks.CreateClusterInput) { in.ComputeConfig = nil }, "InvalidParameterException 400", "either fully enabled or fully disabled."},
		{"own add-ons", func(in *eks.CreateClusterInput) { in.BootstrapSelfManagedAddons = nil }, "InvalidParameterException 400",
			"When EKS Auto Mode is enabled, bootstrapSelfManagedAddons must be set to false."},
		{"pools and no role", func(in *eks.CreateClusterInput) { in.ComputeConfig.NodeRoleArn = nil }, "InvalidParameterException 400",
			"When Compute Config nodeRoleArn is null or empty, nodePool list cannot be populated."},
		{"a role and no pools", func(in *eks.CreateClusterInput) { in.ComputeConfig.NodePools = nil }, "InvalidParameterException 400",
			"When Compute Config nodeRoleArn is not null or empty, nodePool value(s) must be provided."},
		{"another pool", func(in *eks.CreateClusterInput) { in.ComputeConfig.NodePools = []string{"gpu"} }, "InvalidParameterException 400", "gpu"},
		{"one subnet", func(in *eks.CreateClusterInput) {
			in.ResourcesVpcConfig.SubnetIds = in.ResourcesVpcConfig.SubnetIds[:1]
		}, "InvalidParameterException 400", "at least two different AZs"},
		{"a subnet that is not", func(in *eks.CreateClusterInput) { in.ResourcesVpcConfig.SubnetIds[0] = "subnet-1" }, "InvalidParameterException 400", "The subnet ID 'subnet-1' does not exist"},
		{"a role that is not", func(in *eks.CreateClusterInput) { in.RoleArn = aws.String("arn:aws:iam::111122223333:role/none") }, "InvalidParameterException 400", "role/none, could not be assumed"},
		{"roles exchanged", func(in *eks.CreateClusterInput) { in.RoleArn = in.ComputeConfig.NodeRoleArn }, "InvalidParameterException 400", "trusted entity is not correct"},
		{"a version of the past", func(in *eks.CreateClusterInput) { in.Version = aws.String("1.12") }, "InvalidParameterException 400", "unsupported Kubernetes version"},
		{"a bad name", func(in *eks.CreateClusterInput) { in.Name = aws.String("-x") }, "InvalidParameterException 400", "regular expression"},
		{"a key for secrets", func(in *eks.CreateClusterInput) {
			in.EncryptionConfig = []types.EncryptionConfig{{Resources: []string{"secrets"}}}
		}, "NotImplemented 501", "EncryptionConfig.Resources of CreateCluster"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := start(t)
			_, outputs := w.stack(name)
			in := clusterInput(name, outputs)
			test.change(in)
			_, err := w.eks.CreateCluster(w.t.Context(), in)
			if got := code(err); got != test.code || !strings.Contains(message(err), test.message) {
				t.Errorf("%s: %v", got, err)
			}
			if n := w.kinds()[cloud.Cluster] + w.kinds()[cloud.Interface]; n != 0 {
				t.Errorf("%d things were made", n)
			}
		})
	}
}

func TestUnsupportedZone(t *testing.T) {
	w := start(t)
	c := w.Config()
	c.Region = "us-east-1"
	w = on(t, w.Running, c)
	in := stackInput(name)
	in.Parameters[0].ParameterValue, in.Parameters[1].ParameterValue = aws.String("us-east-1a"), aws.String("us-east-1b")
	id := must[*cloudformation.CreateStackOutput](t)(w.cfn.CreateStack(w.t.Context(), in)).StackId
	outputs := map[string]string{}
	for _, o := range must[*cloudformation.DescribeStacksOutput](t)(w.cfn.DescribeStacks(w.t.Context(), &cloudformation.DescribeStacksInput{StackName: id})).Stacks[0].Outputs {
		outputs[*o.OutputKey] = *o.OutputValue
	}
	_, err := w.eks.CreateCluster(w.t.Context(), clusterInput(name, outputs))
	var unsupported *types.UnsupportedAvailabilityZoneException
	if !errors.As(err, &unsupported) || strings.Join(unsupported.ValidZones, " ") != "us-east-1b us-east-1c" {
		t.Errorf("error is %v, %+v", err, unsupported)
	}
}

// TestClusterIsThereOnce shows names that are taken, and tokens.
func TestClusterIsThereOnce(t *testing.T) {
	w := start(t)
	_, outputs := w.stack(name)
	in := clusterInput(name, outputs)
	in.ClientRequestToken = aws.String("once")
	for _, token := range []string{"once", "once", "twice"} {
		in.ClientRequestToken = &token
		_, err := w.eks.CreateCluster(w.t.Context(), in)
		var taken *types.ResourceInUseException
		if errors.As(err, &taken) != (token == "twice") || taken != nil && (*taken.Message != "Cluster already exists with name: "+name || *taken.ClusterName != name) {
			t.Errorf("%s: %v", token, err)
		}
	}
	_, err := w.eks.DeleteCluster(w.t.Context(), &eks.DeleteClusterInput{Name: aws.String(name)})
	if got := code(err); got != "ResourceInUseException 409" {
		t.Errorf("deleting one that is CREATING: %v", err)
	}
}

func TestDeletionProtection(t *testing.T) {
	w := start(t)
	_, outputs := w.stack(name)
	in := clusterInput(name, outputs)
	in.DeletionProtection = aws.Bool(true)
	must[*eks.CreateClusterOutput](t)(w.eks.CreateCluster(w.t.Context(), in))
	w.statuses(3)
	_, err := w.eks.DeleteCluster(w.t.Context(), &eks.DeleteClusterInput{Name: aws.String(name)})
	if got := code(err); got != "ResourceInUseException 409" {
		t.Errorf("deleting it: %v", err)
	}
	must[*eks.UpdateClusterConfigOutput](t)(w.eks.UpdateClusterConfig(w.t.Context(), &eks.UpdateClusterConfigInput{Name: aws.String(name), DeletionProtection: aws.Bool(false)}))
	w.statuses(3)
	w.deleteCluster(name)
}

// TestRoleGoneTooEarly deletes the role first: EKS cannot clean up after itself.
func TestRoleGoneTooEarly(t *testing.T) {
	w := start(t)
	_, outputs := w.stack(name)
	w.cluster(name, outputs)
	w.Touch(func(c *cloud.Cloud) { c.Remove(outputs["ClusterRoleArn"]) })
	w.deleteCluster(name)
	if left := w.kinds(); left[cloud.SecurityGroup] != 1 || left[cloud.Interface] != 2 {
		t.Errorf("left are %v", left)
	}
}

// TestTemplates shows what CloudFormation says of requests and templates that
// are wrong, and what the double does not interpret.
func TestTemplates(t *testing.T) {
	vpc := "Resources: {V: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}}\n"
	for _, test := range []struct {
		name, body string
		change     func(*cloudformation.CreateStackInput)
		code, text string
	}{
		{"good", vpc, nil, "none", ""},
		{"no resources", "Description: none\n", nil, "ValidationError 400", "At least one Resources member"},
		{"no YAML", "{", nil, "ValidationError 400", "Template format error"},
		{"a reference to nothing", "Resources: {V: {Type: AWS::EC2::VPC, Properties: {CidrBlock: {Ref: Nothing}}}}\n", nil, "ValidationError 400", "Unresolved resource dependencies [Nothing]"},
		{"a circle", "Resources: {A: {Type: AWS::EC2::InternetGateway, DependsOn: B}, B: {Type: AWS::EC2::InternetGateway, DependsOn: [A]}}\n", nil, "ValidationError 400", "Circular"},
		{"a parameter without a value", "Parameters: {P: {Type: String}}\n" + vpc, nil, "ValidationError 400", "Parameters: [P] must have values"},
		{"a default", "Parameters: {P: {Type: String, Default: x}}\n" + vpc, nil, "none", ""},
		{"a parameter too many", vpc, func(in *cloudformation.CreateStackInput) {
			in.Parameters = []cfntypes.Parameter{{ParameterKey: aws.String("Q"), ParameterValue: aws.String("x")}}
		}, "ValidationError 400", "Parameters: [Q] do not exist in the template"},
		{"a named role", "Resources: {R: {Type: AWS::IAM::Role, Properties: {RoleName: r, AssumeRolePolicyDocument: {}}}}\n",
			func(in *cloudformation.CreateStackInput) { in.Capabilities = nil }, "InsufficientCapabilitiesException 400", "CAPABILITY_NAMED_IAM"},
		{"another type", "Resources: {Q: {Type: AWS::SQS::Queue}}\n", nil, "NotImplemented 501", "AWS::SQS::Queue"},
		{"another property", "Resources: {V: {Type: AWS::EC2::VPC, Properties: {InstanceTenancy: default}}}\n", nil, "NotImplemented 501", "InstanceTenancy"},
		{"another function", "Resources: {V: {Type: AWS::EC2::VPC, Properties: {CidrBlock: {\"Fn::Select\": [0, [a]]}}}}\n", nil, "NotImplemented 501", "Fn::Select"},
		{"conditions", "Conditions: {C: true}\n" + vpc, nil, "NotImplemented 501", "Conditions"},
		{"short forms", "Resources: {V: {Type: AWS::EC2::VPC, Properties: {CidrBlock: !Ref P}}}\n", nil, "NotImplemented 501", "short forms"},
		{"a bad name", vpc, func(in *cloudformation.CreateStackInput) { in.StackName = aws.String("1") }, "ValidationError 400", "stackName"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := start(t)
			in := &cloudformation.CreateStackInput{StackName: aws.String(name), TemplateBody: &test.body, Capabilities: []cfntypes.Capability{cfntypes.CapabilityCapabilityNamedIam}}
			if test.change != nil {
				test.change(in)
			}
			_, err := w.cfn.CreateStack(w.t.Context(), in)
			if got := code(err); got != test.code || !strings.Contains(message(err), test.text) {
				t.Errorf("%s: %v", got, err)
			}
		})
	}
}

func TestStackIsThereOnce(t *testing.T) {
	w := start(t)
	in := stackInput(name)
	for _, token := range []string{"once", "once", "twice"} {
		in.ClientRequestToken = &token
		_, err := w.cfn.CreateStack(w.t.Context(), in)
		if taken := code(err) == "AlreadyExistsException 400"; taken != (token == "twice") {
			t.Errorf("%s: %v", token, err)
		}
	}
	_, err := w.cfn.DescribeStacks(w.t.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String("none")})
	if got := message(err); got != "Stack with id none does not exist" {
		t.Errorf("one that is not: %v", err)
	}
}
