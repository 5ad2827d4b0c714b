package awsdouble_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble"
	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
	"github.com/scaleproof/scaleproof/providers/eks/stack"
)

// world is a double with the SDK's clients on it.
type world struct {
	*awsdouble.Running
	t   *testing.T
	sts *sts.Client
	iam *iam.Client
	ec2 *ec2.Client
	cfn *cloudformation.Client
	eks *eks.Client
}

func start(t *testing.T) *world {
	t.Helper()
	r := awsdouble.Start(t, awsdouble.Options{})
	return on(t, r, r.Config())
}

// on is a double with clients that are made of the configuration.
func on(t *testing.T, r *awsdouble.Running, c aws.Config) *world {
	t.Helper()
	known := awsdouble.StatusesOfEKS(t)
	t.Cleanup(func() { agrees(t, r, known) })
	return &world{
		Running: r, t: t, sts: sts.NewFromConfig(c), iam: iam.NewFromConfig(c), ec2: ec2.NewFromConfig(c),
		cfn: cloudformation.NewFromConfig(c), eks: eks.NewFromConfig(c),
	}
}

// common are EKS's errors that are of no operation, and so have no snapshots.
var common = []string{"InvalidSignatureException", "UnrecognizedClientException", "NotImplemented"}

// agrees checks that every error of EKS in the log is one that the SDK knows,
// with its status.
func agrees(t *testing.T, r *awsdouble.Running, known map[string]int) {
	t.Helper()
	for _, c := range r.Log() {
		if c.Service == "eks" && c.Code != "" && !slices.Contains(common, c.Code) && known[c.Code] != c.Status {
			t.Errorf("%s: the SDK's snapshot has status %d", c, known[c.Code])
		}
	}
}

// must fails the test at an error.
func must[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// stackInput asks for the provider's own stack.
func stackInput(name string) *cloudformation.CreateStackInput {
	parameter := func(key, value string) cfntypes.Parameter {
		return cfntypes.Parameter{ParameterKey: &key, ParameterValue: &value}
	}
	return &cloudformation.CreateStackInput{
		StackName: &name, TemplateBody: &stack.Template, Capabilities: []cfntypes.Capability{cfntypes.CapabilityCapabilityNamedIam},
		Parameters: []cfntypes.Parameter{
			parameter("Zone1", "eu-west-1a"), parameter("Zone2", "eu-west-1b"),
			parameter("ClusterRoleName", name+"-cluster"), parameter("NodeRoleName", name+"-node"),
		},
		Tags:      []cfntypes.Tag{{Key: aws.String("scaleproof.dev/cluster"), Value: &name}},
		OnFailure: cfntypes.OnFailureRollback,
	}
}

// stack makes the provider's stack and returns its outputs.
func (w *world) stack(name string) (id string, outputs map[string]string) {
	w.t.Helper()
	id = *must[*cloudformation.CreateStackOutput](w.t)(w.cfn.CreateStack(w.t.Context(), stackInput(name))).StackId
	waiter := cloudformation.NewStackCreateCompleteWaiter(w.cfn, func(o *cloudformation.StackCreateCompleteWaiterOptions) {
		o.MinDelay, o.MaxDelay = time.Millisecond, time.Millisecond
	})
	out := must[*cloudformation.DescribeStacksOutput](w.t)(waiter.WaitForOutput(w.t.Context(), &cloudformation.DescribeStacksInput{StackName: &id}, time.Minute))
	outputs = map[string]string{}
	for _, o := range out.Stacks[0].Outputs {
		outputs[*o.OutputKey] = *o.OutputValue
	}
	return id, outputs
}

// clusterInput asks for a cluster in Auto Mode on a stack.
func clusterInput(name string, outputs map[string]string) *eks.CreateClusterInput {
	return &eks.CreateClusterInput{
		Name: &name, RoleArn: aws.String(outputs["ClusterRoleArn"]),
		ResourcesVpcConfig:         &types.VpcConfigRequest{SubnetIds: strings.Split(outputs["SubnetIds"], ","), EndpointPublicAccess: aws.Bool(true)},
		BootstrapSelfManagedAddons: aws.Bool(false),
		AccessConfig:               &types.CreateAccessConfigRequest{AuthenticationMode: types.AuthenticationModeApi, BootstrapClusterCreatorAdminPermissions: aws.Bool(true)},
		ComputeConfig:              &types.ComputeConfigRequest{Enabled: aws.Bool(true), NodePools: []string{"general-purpose", "system"}, NodeRoleArn: aws.String(outputs["NodeRoleArn"])},
		KubernetesNetworkConfig:    &types.KubernetesNetworkConfigRequest{IpFamily: types.IpFamilyIpv4, ElasticLoadBalancing: &types.ElasticLoadBalancing{Enabled: aws.Bool(true)}},
		StorageConfig:              &types.StorageConfigRequest{BlockStorage: &types.BlockStorage{Enabled: aws.Bool(true)}},
		Tags:                       map[string]string{"scaleproof.dev/cluster": name},
	}
}

// cluster makes a cluster and waits for it by the SDK's own waiter.
func (w *world) cluster(name string, outputs map[string]string) *types.Cluster {
	w.t.Helper()
	must[*eks.CreateClusterOutput](w.t)(w.eks.CreateCluster(w.t.Context(), clusterInput(name, outputs)))
	waiter := eks.NewClusterActiveWaiter(w.eks, func(o *eks.ClusterActiveWaiterOptions) { o.MinDelay, o.MaxDelay = time.Millisecond, time.Millisecond })
	return must[*eks.DescribeClusterOutput](w.t)(waiter.WaitForOutput(w.t.Context(), &eks.DescribeClusterInput{Name: &name}, time.Minute)).Cluster
}

func (w *world) deleteCluster(name string) {
	w.t.Helper()
	must[*eks.DeleteClusterOutput](w.t)(w.eks.DeleteCluster(w.t.Context(), &eks.DeleteClusterInput{Name: &name}))
	waiter := eks.NewClusterDeletedWaiter(w.eks, func(o *eks.ClusterDeletedWaiterOptions) { o.MinDelay, o.MaxDelay = time.Millisecond, time.Millisecond })
	if err := waiter.Wait(w.t.Context(), &eks.DescribeClusterInput{Name: &name}, time.Minute); err != nil {
		w.t.Fatal(err)
	}
}

// deleteStack deletes a stack and returns the status and the reason it ends in.
func (w *world) deleteStack(id string) (cfntypes.StackStatus, string) {
	w.t.Helper()
	must[*cloudformation.DeleteStackOutput](w.t)(w.cfn.DeleteStack(w.t.Context(), &cloudformation.DeleteStackInput{StackName: &id}))
	for {
		s := must[*cloudformation.DescribeStacksOutput](w.t)(w.cfn.DescribeStacks(w.t.Context(), &cloudformation.DescribeStacksInput{StackName: &id})).Stacks[0]
		if !strings.HasSuffix(string(s.StackStatus), "_IN_PROGRESS") {
			return s.StackStatus, aws.ToString(s.StackStatusReason)
		}
	}
}

// kinds counts what is left by kind.
func (w *world) kinds() map[cloud.Kind]int {
	count := map[cloud.Kind]int{}
	for _, left := range w.Left() {
		count[left.Kind]++
	}
	return count
}

func TestLifecycle(t *testing.T) {
	w := start(t)
	identity := must[*sts.GetCallerIdentityOutput](t)(w.sts.GetCallerIdentity(w.t.Context(), nil))
	if got := *identity.Arn; got != "arn:aws:iam::111122223333:user/scaleproof" {
		t.Errorf("caller is %s", got)
	}
	id, outputs := w.stack("scaleproof-x")
	cluster := w.cluster("scaleproof-x", outputs)
	provider := must[*iam.CreateOpenIDConnectProviderOutput](t)(w.iam.CreateOpenIDConnectProvider(w.t.Context(), &iam.CreateOpenIDConnectProviderInput{
		Url: cluster.Identity.Oidc.Issuer, ClientIDList: []string{"sts.amazonaws.com"},
	}))
	want := map[cloud.Kind]int{
		cloud.VPC: 1, cloud.Subnet: 2, cloud.InternetGateway: 1, cloud.RouteTable: 1, cloud.Role: 2, cloud.LogGroup: 1, cloud.Stack: 1,
		cloud.Cluster: 1, cloud.SecurityGroup: 1, cloud.Interface: 4, cloud.Instance: 2, cloud.Volume: 2, cloud.InstanceProfile: 1, cloud.OIDCProvider: 1,
	}
	if diff := cmp.Diff(want, w.kinds()); diff != "" {
		t.Fatalf("what exists (-want +got):\n%s", diff)
	}
	update := must[*eks.UpdateClusterConfigOutput](t)(w.eks.UpdateClusterConfig(w.t.Context(), &eks.UpdateClusterConfigInput{
		Name: cluster.Name, ComputeConfig: &types.ComputeConfigRequest{Enabled: aws.Bool(true), NodePools: []string{}},
		KubernetesNetworkConfig: &types.KubernetesNetworkConfigRequest{ElasticLoadBalancing: &types.ElasticLoadBalancing{Enabled: aws.Bool(true)}},
		StorageConfig:           &types.StorageConfigRequest{BlockStorage: &types.BlockStorage{Enabled: aws.Bool(true)}},
	})).Update
	for status := update.Status; status != types.UpdateStatusSuccessful; {
		status = must[*eks.DescribeUpdateOutput](t)(w.eks.DescribeUpdate(w.t.Context(), &eks.DescribeUpdateInput{Name: cluster.Name, UpdateId: update.Id})).Update.Status
	}
	w.untilNoInstances("scaleproof-x")
	w.deleteCluster("scaleproof-x")
	must[*iam.DeleteOpenIDConnectProviderOutput](t)(w.iam.DeleteOpenIDConnectProvider(w.t.Context(), &iam.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: provider.OpenIDConnectProviderArn}))
	w.deleteProfiles("scaleproof-x-node")
	if status, reason := w.deleteStack(id); status != cfntypes.StackStatusDeleteComplete {
		t.Errorf("the stack is %s: %s", status, reason)
	}
	if diff := cmp.Diff([]cloud.Leftover{}, w.Left()); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
}

func (w *world) untilNoInstances(cluster string) {
	w.t.Helper()
	for {
		out := must[*ec2.DescribeInstancesOutput](w.t)(w.ec2.DescribeInstances(w.t.Context(), &ec2.DescribeInstancesInput{Filters: []ec2types.Filter{
			{Name: aws.String("tag:" + cloud.ClusterTag), Values: []string{cluster}},
			{Name: aws.String("instance-state-name"), Values: []string{"pending", "running", "shutting-down"}},
		}}))
		if len(out.Reservations) == 0 {
			return
		}
	}
}

func (w *world) deleteProfiles(role string) {
	w.t.Helper()
	out := must[*iam.ListInstanceProfilesForRoleOutput](w.t)(w.iam.ListInstanceProfilesForRole(w.t.Context(), &iam.ListInstanceProfilesForRoleInput{RoleName: &role}))
	for _, p := range out.InstanceProfiles {
		must[*iam.RemoveRoleFromInstanceProfileOutput](w.t)(w.iam.RemoveRoleFromInstanceProfile(w.t.Context(), &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: p.InstanceProfileName, RoleName: &role}))
		must[*iam.DeleteInstanceProfileOutput](w.t)(w.iam.DeleteInstanceProfile(w.t.Context(), &iam.DeleteInstanceProfileInput{InstanceProfileName: p.InstanceProfileName}))
	}
}
