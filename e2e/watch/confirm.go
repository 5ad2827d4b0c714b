package watch

import (
	"context"
	"errors"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// Confirm returns once everything that is recorded was seen after the call, or
// its gap, which reaches back to when it was seen last, is in the timeline. Only
// then is it known that what was not seen until now did not happen.
//
// The error says that the API server does not answer, or is the context's.
func (r *Recorder) Confirm(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, listTimeout, errors.New("no answer in "+listTimeout.String()))
	defer cancel()
	defer context.AfterFunc(r.ctx, cancel)() //nolint:contextcheck // the recorder's end is one more that ends this
	r.mu.Lock()
	asked := slices.Clone(r.asked)
	r.mu.Unlock()
	answers := make(chan struct{}, len(asked))
	for _, sampler := range asked {
		select {
		case sampler <- answers:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	// What answers here is the connection that the watches live on.
	err := r.clients.raw().Get().AbsPath("/version").Do(withPurpose(ctx, purposeSample)).Error()
	if status := apierrors.APIStatus(nil); err != nil && !errors.As(err, &status) {
		return fmt.Errorf("the API server does not answer: %w", err)
	}
	for range asked {
		select {
		case <-answers:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}
