package cloud

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
)

// Pace is how often a wait asks: after First, then each time half as long
// again, at most every Most.
type Pace struct{ First, Most time.Duration }

// DefaultPace fits services that need minutes for an answer, and loses seconds
// of those that need less.
var DefaultPace = Pace{First: 2 * time.Second, Most: 10 * time.Second}

// backoff is what the pauses between attempts grow to where the service says
// that it is asked too often.
func (p Pace) backoff() time.Duration { return 2 * p.Most }

// Prompt is the pace for what there is in a moment.
func (p Pace) Prompt() Pace {
	return Pace{First: min(p.First, 100*time.Millisecond), Most: min(p.Most, time.Second)}
}

// leastLimit is what is left of any limit when a pace is fast.
const leastLimit = 2 * time.Second

// Deadline is a context that ends after the limit and says what took so long.
// With a pace that is faster than DefaultPace the limit is shorter too: then it
// is no cloud that answers.
func (p Pace) Deadline(ctx context.Context, limit time.Duration, format string, args ...any) (context.Context, context.CancelFunc) {
	if p.Most < DefaultPace.Most {
		limit = max(time.Duration(float64(limit)*p.Most.Seconds()/DefaultPace.Most.Seconds()), min(limit, leastLimit))
	}
	return context.WithTimeoutCause(ctx, limit, fmt.Errorf("not done within %v: "+format, append([]any{limit}, args...)...))
}

// Unheard is how often something that was just made may be said not to exist:
// what answers may not have heard of it yet.
const Unheard = 9

// Thing is something that a service makes or removes in its own time.
type Thing[T any] struct {
	// Name is what the log calls it.
	Name string
	// Find returns it, or nil if it does not exist.
	Find func(context.Context) (*T, error)
	// State is what the service calls its state, and whether that is one in
	// which the service leaves it.
	State func(*T) (state string, settled bool)
}

// Settle waits until the service leaves the thing as it is, and returns it, or
// nil if it is gone; one that is fresh may not be known yet. The log is told of
// each state.
func Settle[T any](ctx context.Context, pace Pace, fresh bool, thing Thing[T], log func(string, ...any)) (*T, error) {
	var found *T
	told, asked := "", 0
	err := pace.Until(ctx, func(ctx context.Context) (bool, error) {
		var err error
		if found, err = thing.Find(ctx); err != nil {
			return false, err
		}
		if asked++; found == nil {
			return !fresh || asked > Unheard, nil
		}
		fresh = false
		state, settled := thing.State(found)
		if state != told {
			told = state
			log("%s is %s", thing.Name, state)
		}
		return settled, nil
	})
	return found, err
}

// heardLimit is what asking for something unheard of may take: a minute is usual.
const heardLimit = 3 * time.Minute

// Heard is the answer of find for something that may have been asked for a moment
// ago: nil only when nobody has heard of it for as long as that may take.
func Heard[T any](ctx context.Context, pace Pace, name string, find func(context.Context) (*T, error)) (*T, error) {
	ctx, cancel := pace.Deadline(ctx, heardLimit, "nothing tells whether there is a %s", name)
	defer cancel()
	return Settle(ctx, pace, true, Thing[T]{
		Name: name, Find: find, State: func(*T) (string, bool) { return "there", true },
	}, func(string, ...any) {})
}

// Until asks until it is done, an error is final, or the context ends, whose
// cause is then in the error. Answers that mean "not now" (throttled, a fault
// of the service) are asked again, more slowly.
func (p Pace) Until(ctx context.Context, ask func(context.Context) (done bool, err error)) error {
	pause := p.First
	asked := context.WithValue(ctx, pollKey{}, true)
	var last error
	for {
		done, err := ask(asked)
		if err != nil && ctx.Err() != nil {
			return errors.Join(context.Cause(ctx), last) // and not that a request was cut off
		}
		if done || err != nil && !Passing(err) {
			return err
		}
		if err != nil {
			last, pause = err, p.backoff()
		}
		// A tenth more or less, so that many who wait do not ask at once.
		timer := time.NewTimer(pause + time.Duration((rand.Float64()-0.5)*0.2*float64(pause)))
		select {
		case <-ctx.Done():
			timer.Stop()
			return errors.Join(context.Cause(ctx), last)
		case <-timer.C:
		}
		pause = min(pause*3/2, p.Most)
	}
}

// Passing tells of an error that says nothing of the question: the request was
// throttled, lost, or failed in the service itself.
func Passing(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	return retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err).Bool()
}

// Is tells whether the service refused with one of the codes.
func Is(err error, codes ...string) bool {
	var refused smithy.APIError
	return errors.As(err, &refused) && slices.Contains(codes, refused.ErrorCode())
}

// Message is what the service said, without what the SDK adds; empty if it was
// not the service.
func Message(err error) string {
	var refused smithy.APIError
	if errors.As(err, &refused) {
		return refused.ErrorMessage()
	}
	return ""
}
