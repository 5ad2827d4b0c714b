package stack

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/scaleproof/scaleproof/providers/eks/cloud"
)

// Await waits until nothing is done to the stack any more, and returns it, or
// nil if it is gone; one that is fresh may not be known yet. The log is told of
// each step.
func (s *Stacks) Await(ctx context.Context, name string, fresh bool, log func(string, ...any)) (*Stack, error) {
	return s.await(ctx, name, fresh, "", log)
}

// await is Await of a stack that was, a moment ago, in a status which it is to leave:
// some answers are older than what was asked for.
func (s *Stacks) await(ctx context.Context, name string, fresh bool, was types.StackStatus, log func(string, ...any)) (*Stack, error) {
	stale := 0
	ctx, cancel := s.pace.Deadline(ctx, createLimit+createLimit, "stack %s", short(name))
	defer cancel()
	return cloud.Settle(ctx, s.pace, fresh, cloud.Thing[Stack]{
		Name: "stack " + short(name),
		Find: func(ctx context.Context) (*Stack, error) { return s.Find(ctx, name) },
		State: func(found *Stack) (string, bool) {
			if found.Status == was && stale < cloud.Unheard {
				stale++
				return string(found.Status), false
			}
			was = ""
			return string(found.Status), !found.Changing()
		},
	}, log)
}

// Explain is an error that says what CloudFormation could not make or remove,
// in its own words.
func (s *Stacks) Explain(ctx context.Context, stack *Stack) error {
	known := []error{fmt.Errorf("stack %s is %s", stack.Name, stack.Status)}
	told := map[string]bool{"": true, stack.Reason: true}
	answer, err := s.client.DescribeStackEvents(ctx, &cloudformation.DescribeStackEventsInput{StackName: &stack.ID})
	if err == nil {
		for _, event := range answer.StackEvents {
			reason := aws.ToString(event.ResourceStatusReason)
			// What was cancelled failed because of something else.
			if told[reason] || !strings.HasSuffix(string(event.ResourceStatus), "_FAILED") || strings.Contains(reason, "cancelled") {
				continue
			}
			told[reason] = true
			known = append(known, fmt.Errorf("%s: %s", aws.ToString(event.LogicalResourceId), reason))
		}
	}
	if stack.Reason != "" {
		known = append(known, errors.New(stack.Reason))
	}
	return errors.Join(append(known, err)...)
}

// tries of a removal. CloudFormation gives up at the first resource that
// something else holds on to.
const tries = 3

// Delete removes the stack of a name or id, and waits. Before each try it calls
// before, which removes what others left in the way.
func (s *Stacks) Delete(ctx context.Context, name string, before func(context.Context), log func(string, ...any)) error {
	for try := 1; ; try++ {
		found, err := s.Find(ctx, name)
		if err != nil || found == nil {
			return err
		}
		if found.Status == types.StackStatusRollbackInProgress { // only then CloudFormation takes no other order
			if found, err = s.Await(ctx, name, false, log); err != nil || found == nil {
				return err
			}
		}
		name = found.ID // by its id it can be asked for when it is gone
		was := types.StackStatus("")
		if !found.Deleting() {
			was = found.Status
			before(ctx)
			if _, err := s.client.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: &name}); err != nil {
				return fmt.Errorf("deleting stack %s: %w", found.Name, err)
			}
		}
		found, err = s.await(ctx, name, false, was, log)
		if err != nil || found == nil {
			return err
		}
		if try == tries {
			return s.Explain(ctx, found)
		}
	}
}
