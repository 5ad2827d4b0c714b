package cloudformation

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
)

// stack is one stack: what it is to have, and how far it is.
type stack struct {
	*cloud.Cloud
	*cloud.Resource
	template   *template
	parameters map[string]string
	parts      map[string]*part
	onFailure  sdk.OnFailure
	token      string
	timeout    time.Duration
	// made are the logical ids of the parts, in the order they were made.
	made    []string
	status  sdk.StackStatus
	reason  string
	outputs map[string]string
	failed  []string
	events  []sdk.StackEvent
	step    cloud.Progress
	deleted time.Time
	// before is the status that stale reads still show.
	before sdk.StackStatus
	stale  int
}

// advance does all steps whose time has come.
func (s *stack) advance() {
	for strings.HasSuffix(string(s.status), "_IN_PROGRESS") && !s.stuck() && s.Done(&s.step, s.Knobs.StackStep) {
		s.step = s.Begin()
		if s.status == sdk.StackStatusCreateInProgress {
			s.makeNext()
		} else {
			s.removeNext()
		}
	}
	if s.status == sdk.StackStatusCreateInProgress && s.timeout > 0 && s.Now().Sub(s.Created) > s.timeout {
		s.giveUp("Stack creation time exceeded the specified timeout. Rollback requested by user.")
	}
}

func (s *stack) stuck() bool {
	return s.Knobs.StuckStack && s.status == sdk.StackStatusCreateInProgress && len(s.made) >= len(s.template.Resources)/2
}

// makeNext makes one more resource, or ends the creation.
func (s *stack) makeNext() {
	var waiting []string
	for _, name := range s.template.order() {
		if !slices.Contains(s.made, name) {
			waiting = append(waiting, name)
		}
	}
	if len(waiting) == 0 {
		s.finish()
		return
	}
	name := waiting[0]
	s.event(name, "CREATE_IN_PROGRESS", "")
	part, err := s.makePart(name)
	if err != nil {
		s.event(name, "CREATE_FAILED", handler(err))
		if len(waiting) > 1 {
			s.event(waiting[1], "CREATE_FAILED", "Resource creation cancelled")
		}
		s.giveUp(fmt.Sprintf("The following resource(s) failed to create: [%s]. Rollback requested by user.", name))
		return
	}
	s.parts[name] = part
	s.made = append(s.made, name)
	s.event(name, "CREATE_COMPLETE", "")
}

func (s *stack) makePart(name string) (*part, error) {
	if reason := s.Knobs.StackFails[name]; reason != "" {
		return nil, errors.New(reason)
	}
	r := s.template.Resources[name]
	evaluated, err := s.evaluate(r.Properties)
	if err != nil {
		return nil, err
	}
	values := evaluated.(map[string]any)
	return types[r.Type].make(s, s.tagsOf(name, values), values)
}

// tagsOf are a resource's tags: those of the stack, CloudFormation's and its own.
func (s *stack) tagsOf(name string, values properties) map[string]string {
	tags := maps.Clone(s.Tags)
	tags["aws:cloudformation:stack-name"], tags["aws:cloudformation:stack-id"], tags["aws:cloudformation:logical-id"] = s.Name, s.ID, name
	if own, ok := values["Tags"].([]any); ok {
		for _, entry := range own {
			if pair, ok := entry.(map[string]any); ok {
				tags[fmt.Sprint(pair["Key"])] = fmt.Sprint(pair["Value"])
			}
		}
	}
	return tags
}

// finish ends a creation in which nothing failed.
func (s *stack) finish() {
	s.outputs = map[string]string{}
	for name, output := range s.template.Outputs {
		value, err := s.evaluate(output.Value)
		if err != nil {
			s.giveUp(err.Error())
			return
		}
		s.outputs[name] = fmt.Sprint(value)
	}
	s.become(sdk.StackStatusCreateComplete, "")
}

// giveUp ends a creation that failed as the stack's owner wished.
func (s *stack) giveUp(reason string) {
	switch s.onFailure {
	case sdk.OnFailureDoNothing:
		s.become(sdk.StackStatusCreateFailed, reason)
	case sdk.OnFailureDelete:
		s.become(sdk.StackStatusDeleteInProgress, reason)
	default:
		s.become(sdk.StackStatusRollbackInProgress, reason)
	}
}

// removeNext removes one more resource, or ends the removal.
func (s *stack) removeNext() {
	for i := len(s.made) - 1; i >= 0; i-- {
		if name := s.made[i]; !s.blocked(name) {
			s.removePart(i, name)
			return
		}
	}
	rollback := s.status == sdk.StackStatusRollbackInProgress
	reason := fmt.Sprintf("The following resource(s) failed to delete: [%s]. ", strings.Join(s.failed, ", "))
	switch {
	case rollback && len(s.failed) > 0:
		s.become(sdk.StackStatusRollbackFailed, reason)
	case rollback:
		s.become(sdk.StackStatusRollbackComplete, "")
	case len(s.failed) > 0:
		s.become(sdk.StackStatusDeleteFailed, reason)
	default:
		s.deleted = s.Now().UTC()
		s.become(sdk.StackStatusDeleteComplete, "")
	}
}

// blocked tells that a resource could not be deleted, or that one could not
// which needs it.
func (s *stack) blocked(name string) bool {
	return slices.ContainsFunc(s.failed, func(failed string) bool {
		return failed == name || slices.Contains(s.template.needs(failed), name)
	})
}

func (s *stack) removePart(i int, name string) {
	s.event(name, "DELETE_IN_PROGRESS", "")
	var err error
	if n := s.Knobs.StackKeeps[name]; n > 0 {
		s.Knobs.StackKeeps[name], err = n-1, errors.New("an internal failure: try again")
	} else {
		err = types[s.template.Resources[name].Type].remove(s, s.parts[name])
	}
	if err != nil && !gone(err) {
		s.event(name, "DELETE_FAILED", handler(err))
		s.failed = append(s.failed, name)
		return
	}
	s.made = slices.Delete(s.made, i, i+1)
	delete(s.parts, name)
	s.event(name, "DELETE_COMPLETE", "")
}

// remove begins the deletion of the stack.
func (s *stack) remove() {
	if s.status == sdk.StackStatusDeleteInProgress || s.status == sdk.StackStatusDeleteComplete {
		return
	}
	s.failed = nil
	s.become(sdk.StackStatusDeleteInProgress, "User Initiated")
}

func (s *stack) become(status sdk.StackStatus, reason string) {
	s.status, s.reason = status, reason
	s.Attributes["status"] = string(status)
	s.step = s.Begin()
	s.event("", string(status), reason)
}

// Updated brings a stack into the state in which an update has left it, which is
// nothing that the double does itself.
func Updated(of *cloud.Resource, status sdk.StackStatus) { of.Value.(*stack).become(status, "") }

// event writes down what happened to a resource, or to the stack itself.
func (s *stack) event(name, status, reason string) {
	e := sdk.StackEvent{
		EventId: aws.String(fmt.Sprintf("%08x", s.Serial())), StackId: &s.ID, StackName: &s.Name, Timestamp: aws.Time(s.Now().UTC()),
		LogicalResourceId: aws.String(name), ResourceStatus: sdk.ResourceStatus(status),
	}
	if reason != "" {
		e.ResourceStatusReason = &reason
	}
	if name == "" {
		e.LogicalResourceId, e.PhysicalResourceId, e.ResourceType = &s.Name, &s.ID, aws.String("AWS::CloudFormation::Stack")
	} else {
		e.ResourceType = aws.String(s.template.Resources[name].Type)
		if part := s.parts[name]; part != nil {
			e.PhysicalResourceId = &part.ref
		}
	}
	s.events = append(s.events, e)
}
