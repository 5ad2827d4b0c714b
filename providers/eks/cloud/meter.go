package cloud

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
)

// Requests counts what was asked of AWS, an attempt as one.
type Requests struct {
	// Own are all but Polls, which only asked whether something is done yet.
	Own, Polls int
	// ByOperation splits Own, as in "eks:CreateCluster".
	ByOperation map[string]int
}

// meter counts requests, on any number of goroutines.
type meter struct {
	mu    sync.Mutex
	count Requests
}

func newMeter() *meter { return &meter{count: Requests{ByOperation: map[string]int{}}} }

// Requests is what was asked so far.
func (a *Account) Requests() Requests {
	a.meter.mu.Lock()
	defer a.meter.mu.Unlock()
	count := a.meter.count
	count.ByOperation = maps.Clone(count.ByOperation)
	return count
}

// add puts the meter behind the SDK's retries, where every attempt passes. What
// is only signed has none, and is not counted.
func (m *meter) add(stack *middleware.Stack) error {
	const retries = "Retry"
	if _, sends := stack.Finalize.Get(retries); !sends {
		return nil
	}
	return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("Meter",
		func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
			m.note(ctx)
			return next.HandleFinalize(ctx, in)
		}), retries, middleware.After)
}

func (m *meter) note(ctx context.Context) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if polls(ctx) && reads(middleware.GetOperationName(ctx)) {
		m.count.Polls++
		return
	}
	m.count.Own++
	m.count.ByOperation[service(ctx)+":"+middleware.GetOperationName(ctx)]++
}

// reads tells of an operation that changes nothing. What waits may also have to ask
// again for a change, and that is no poll.
func reads(operation string) bool {
	return slices.ContainsFunc([]string{"Describe", "Get", "List"}, func(verb string) bool { return strings.HasPrefix(operation, verb) })
}

// service is the SDK's own name of it, shortened where people do so.
func service(ctx context.Context) string {
	switch id := awsmiddleware.GetServiceID(ctx); id {
	case "CloudFormation":
		return "cloudformation"
	case "EKS":
		return "eks"
	case "EC2":
		return "ec2"
	case "IAM":
		return "iam"
	case "STS":
		return "sts"
	default:
		return id
	}
}

// pollKey marks the context of a request that only waits.
type pollKey struct{}

func polls(ctx context.Context) bool { return ctx.Value(pollKey{}) != nil }
