// Package stack makes and removes the network and the roles of a cluster, as
// one CloudFormation stack.
package stack

import (
	"context"
	_ "embed" // of the template
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/scaleproof/scaleproof/providers/eks/cloud"
)

// Template is what CloudFormation is given.
//
//go:embed template.yaml
var Template string

// createLimit is what CloudFormation is given to make all of it; two minutes
// are usual.
const createLimit = 10 * time.Minute

// Stacks is CloudFormation in an account.
type Stacks struct {
	client *cloudformation.Client
	pace   cloud.Pace
}

// New speaks to CloudFormation in the account.
func New(account *cloud.Account) *Stacks {
	return &Stacks{cloudformation.NewFromConfig(account.Config()), account.Pace}
}

// Spec is what a stack is made of.
type Spec struct {
	Name string
	// Zones are the two availability zones of the subnets.
	Zones []string
	// ClusterRole and NodeRole are the names that the roles get.
	ClusterRole, NodeRole string
	Tags                  map[string]string
	// Token makes a repeated request the same one.
	Token string
}

// Stack is what stands under a name.
type Stack struct {
	Name, ID string
	Status   types.StackStatus
	Reason   string
	Created  time.Time
	Tags     map[string]string
	Outputs  map[string]string
}

// whole are the states in which everything is there; somebody may have changed it since.
var whole = []types.StackStatus{types.StackStatusCreateComplete, types.StackStatusUpdateComplete, types.StackStatusUpdateRollbackComplete}

// Whole tells that everything in it was made.
func (s *Stack) Whole() bool { return slices.Contains(whole, s.Status) }

// Changing tells that CloudFormation is at work on it.
func (s *Stack) Changing() bool { return strings.HasSuffix(string(s.Status), "_IN_PROGRESS") }

// Deleting tells that it is being removed.
func (s *Stack) Deleting() bool { return s.Status == types.StackStatusDeleteInProgress }

// Subnets are the ids of the two.
func (s *Stack) Subnets() []string { return strings.Split(s.Outputs["SubnetIds"], ",") }

// ClusterRole is the ARN of the control plane's role.
func (s *Stack) ClusterRole() string { return s.Outputs["ClusterRoleArn"] }

// NodeRole is the ARN of the nodes' role.
func (s *Stack) NodeRole() string { return s.Outputs["NodeRoleArn"] }

// Find returns the stack of a name or id, or nil.
func (s *Stacks) Find(ctx context.Context, name string) (*Stack, error) {
	answer, err := s.client.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &name})
	if cloud.Is(err, "ValidationError") && strings.Contains(cloud.Message(err), "does not exist") {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("stack %s: %w", short(name), err)
	}
	if len(answer.Stacks) == 0 || answer.Stacks[0].StackStatus == types.StackStatusDeleteComplete {
		return nil, nil
	}
	found := read(answer.Stacks[0])
	return &found, nil
}

// FindFresh is Find of a stack that may have been asked for a moment ago.
func (s *Stacks) FindFresh(ctx context.Context, name string) (*Stack, error) {
	return cloud.Heard(ctx, s.pace, "stack "+name, func(ctx context.Context) (*Stack, error) { return s.Find(ctx, name) })
}

// List returns all stacks of the account's region.
func (s *Stacks) List(ctx context.Context) ([]Stack, error) {
	var found []Stack
	pages := cloudformation.NewDescribeStacksPaginator(s.client, &cloudformation.DescribeStacksInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("stacks: %w", err)
		}
		for _, entry := range page.Stacks {
			if entry.StackStatus != types.StackStatusDeleteComplete {
				found = append(found, read(entry))
			}
		}
	}
	return found, nil
}

func read(entry types.Stack) Stack {
	found := Stack{
		Name: aws.ToString(entry.StackName), ID: aws.ToString(entry.StackId),
		Status: entry.StackStatus, Reason: aws.ToString(entry.StackStatusReason), Created: aws.ToTime(entry.CreationTime),
		Tags: map[string]string{}, Outputs: map[string]string{},
	}
	for _, tag := range entry.Tags {
		found.Tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	for _, output := range entry.Outputs {
		found.Outputs[aws.ToString(output.OutputKey)] = aws.ToString(output.OutputValue)
	}
	return found
}

// Create asks for the stack; one of that name may be there already.
func (s *Stacks) Create(ctx context.Context, spec Spec) error {
	input := &cloudformation.CreateStackInput{
		StackName: &spec.Name, TemplateBody: &Template, ClientRequestToken: &spec.Token,
		Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam},
		OnFailure:    types.OnFailureRollback, TimeoutInMinutes: aws.Int32(int32(createLimit / time.Minute)),
		Parameters: []types.Parameter{
			parameter("Zone1", spec.Zones[0]), parameter("Zone2", spec.Zones[1]),
			parameter("ClusterRoleName", spec.ClusterRole), parameter("NodeRoleName", spec.NodeRole),
		},
	}
	for _, key := range slices.Sorted(maps.Keys(spec.Tags)) {
		input.Tags = append(input.Tags, types.Tag{Key: aws.String(key), Value: aws.String(spec.Tags[key])})
	}
	_, err := s.client.CreateStack(ctx, input)
	if err != nil && !cloud.Is(err, "AlreadyExistsException") {
		return fmt.Errorf("creating stack %s: %w", spec.Name, err)
	}
	return nil
}

func parameter(key, value string) types.Parameter {
	return types.Parameter{ParameterKey: &key, ParameterValue: &value}
}

// short is a stack's name, from its id too.
func short(name string) string {
	if _, rest, ok := strings.Cut(name, ":stack/"); ok {
		name, _, _ = strings.Cut(rest, "/")
	}
	return name
}
