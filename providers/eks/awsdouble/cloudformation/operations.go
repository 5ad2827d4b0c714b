package cloudformation

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	sdktypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/wire"
)

var stackNames = regexp.MustCompile(`^[a-zA-Z][-a-zA-Z0-9]{0,127}$`)

// every returns the stacks of the caller's region, deleted ones too, oldest first.
func (s service) every(caller wire.Caller) []*stack {
	var all []*stack
	for _, r := range s.Every(cloud.ScopeOf(caller), cloud.Stack) {
		all = append(all, r.Value.(*stack))
	}
	return all
}

// find returns the stack of a name, which no deleted one has, or of an id.
func (s service) find(caller wire.Caller, name string) *stack {
	for _, st := range s.every(caller) {
		if st.ID == name || st.Name == name && st.status != sdktypes.StackStatusDeleteComplete {
			return st
		}
	}
	return nil
}

func (s service) createStack(caller wire.Caller, in *sdk.CreateStackInput) (*sdk.CreateStackOutput, error) {
	name := aws.ToString(in.StackName)
	if !stackNames.MatchString(name) {
		return nil, invalid("1 validation error detected: Value '%s' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*", name)
	}
	t, err := parse(aws.ToString(in.TemplateBody))
	if err != nil {
		return nil, err
	}
	if t.namesRoles() && !slices.Contains(in.Capabilities, sdktypes.CapabilityCapabilityNamedIam) {
		return nil, wire.Errorf(http.StatusBadRequest, "InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_NAMED_IAM]")
	}
	values, err := values(t, in.Parameters)
	if err != nil {
		return nil, err
	}
	if old := s.find(caller, name); old != nil {
		if old.token != "" && old.token == aws.ToString(in.ClientRequestToken) {
			return &sdk.CreateStackOutput{StackId: &old.ID}, nil
		}
		return nil, wire.Errorf(http.StatusBadRequest, "AlreadyExistsException", "Stack [%s] already exists", name)
	}
	tags := map[string]string{}
	for _, tag := range in.Tags {
		tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	id := cloud.ScopeOf(caller).ARN("cloudformation", fmt.Sprintf("stack/%s/%08x-0000-4000-8000-000000000000", name, s.Serial()))
	st := &stack{
		Cloud: s.Cloud, Resource: s.Add(&cloud.Resource{ID: id, Kind: cloud.Stack, Name: name, Scope: cloud.ScopeOf(caller), Tags: tags}),
		template: t, parameters: values, parts: map[string]*part{}, onFailure: in.OnFailure, token: aws.ToString(in.ClientRequestToken),
		timeout: time.Duration(aws.ToInt32(in.TimeoutInMinutes)) * time.Minute,
	}
	st.Value = st
	st.become(sdktypes.StackStatusCreateInProgress, "User Initiated")
	return &sdk.CreateStackOutput{StackId: &id}, nil
}

// values are those of all parameters of a template.
func values(t *template, given []sdktypes.Parameter) (map[string]string, error) {
	all := map[string]string{}
	for _, p := range given {
		if _, ok := t.Parameters[aws.ToString(p.ParameterKey)]; !ok {
			return nil, invalid("Parameters: [%s] do not exist in the template", aws.ToString(p.ParameterKey))
		}
		all[aws.ToString(p.ParameterKey)] = aws.ToString(p.ParameterValue)
	}
	var missing []string
	for _, name := range slices.Sorted(maps.Keys(t.Parameters)) {
		if _, ok := all[name]; ok {
			continue
		}
		if t.Parameters[name].Default == nil {
			missing = append(missing, name)
			continue
		}
		all[name] = *t.Parameters[name].Default
	}
	if len(missing) > 0 {
		return nil, invalid("Parameters: [%s] must have values", strings.Join(missing, ", "))
	}
	return all, nil
}

// absent is the error for a stack that does not exist.
func absent(name string) error { return invalid("Stack with id %s does not exist", name) }

func (s service) describeStacks(caller wire.Caller, in *sdk.DescribeStacksInput) (*sdk.DescribeStacksOutput, error) {
	var found []*stack
	if name := aws.ToString(in.StackName); name != "" {
		st := s.find(caller, name)
		if st == nil || s.See(st.ID) == nil {
			return nil, absent(name)
		}
		st.advance()
		if st.status == sdktypes.StackStatusDeleteComplete && st.ID != name {
			return nil, absent(name)
		}
		shown := *st
		if st.stale > 0 {
			st.stale--
			shown.status = st.before
		}
		found = []*stack{&shown}
	} else {
		for _, st := range s.every(caller) {
			st.advance()
			if st.status != sdktypes.StackStatusDeleteComplete {
				found = append(found, st)
			}
		}
	}
	page, next := cloud.Page(s.Cloud, found, in.NextToken, 0, func(st *stack) string { return st.ID })
	out := &sdk.DescribeStacksOutput{Stacks: []sdktypes.Stack{}, NextToken: next}
	for _, st := range page {
		out.Stacks = append(out.Stacks, st.shape())
	}
	return out, nil
}

// shape is the stack as it is answered.
func (s *stack) shape() sdktypes.Stack {
	shape := sdktypes.Stack{
		StackId: &s.ID, StackName: &s.Name, StackStatus: s.status, CreationTime: &s.Created,
		Description: &s.template.Description, Capabilities: []sdktypes.Capability{sdktypes.CapabilityCapabilityNamedIam},
		DisableRollback: aws.Bool(s.onFailure == sdktypes.OnFailureDoNothing),
		Tags:            []sdktypes.Tag{}, Outputs: []sdktypes.Output{}, Parameters: []sdktypes.Parameter{},
	}
	if s.reason != "" {
		shape.StackStatusReason = &s.reason
	}
	if !s.deleted.IsZero() {
		shape.DeletionTime = &s.deleted
	}
	for _, key := range slices.Sorted(maps.Keys(s.Tags)) {
		shape.Tags = append(shape.Tags, sdktypes.Tag{Key: aws.String(key), Value: aws.String(s.Tags[key])})
	}
	for _, key := range slices.Sorted(maps.Keys(s.parameters)) {
		shape.Parameters = append(shape.Parameters, sdktypes.Parameter{ParameterKey: aws.String(key), ParameterValue: aws.String(s.parameters[key])})
	}
	for _, key := range slices.Sorted(maps.Keys(s.outputs)) {
		shape.Outputs = append(shape.Outputs, sdktypes.Output{OutputKey: aws.String(key), OutputValue: aws.String(s.outputs[key])})
	}
	return shape
}

func (s service) describeEvents(caller wire.Caller, in *sdk.DescribeStackEventsInput) (*sdk.DescribeStackEventsOutput, error) {
	st := s.find(caller, aws.ToString(in.StackName))
	if st == nil {
		return nil, invalid("Stack [%s] does not exist", aws.ToString(in.StackName))
	}
	events := slices.Clone(st.events)
	slices.Reverse(events) // the newest first
	page, next := cloud.Page(s.Cloud, events, in.NextToken, 0, func(e sdktypes.StackEvent) string { return *e.EventId })
	return &sdk.DescribeStackEventsOutput{StackEvents: page, NextToken: next}, nil
}

// deleteStack is idempotent: a stack that is not there is no error.
func (s service) deleteStack(caller wire.Caller, in *sdk.DeleteStackInput) (*sdk.DeleteStackOutput, error) {
	if st := s.find(caller, aws.ToString(in.StackName)); st != nil {
		if st.status != sdktypes.StackStatusDeleteInProgress {
			st.before, st.stale = st.status, s.Knobs.StaleStack
		}
		st.remove()
	}
	return &sdk.DeleteStackOutput{}, nil
}
