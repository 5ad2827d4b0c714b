package awsdouble

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

// Limits of the server itself.
const (
	// grace is how long answers may still take when it is told to stop.
	grace = 2 * time.Second
	// patience with a client's headers.
	patience = time.Minute
)

// hasty is the SDK's own standard retryer, but for the waits between attempts.
func hasty() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		o.RateLimiter = noLimit{}
	})
}

// noLimit lets a client retry for as long as it has attempts left: a test that
// throttles hundreds of calls would else empty the client's bucket.
type noLimit struct{}

func (noLimit) GetToken(context.Context, uint) (func() error, error) {
	return func() error { return nil }, nil
}

func (noLimit) AddTokens(uint) error { return nil }

// Serve answers on the address until the context ends, which is no error. The
// channel, if not nil, gets the URL once it listens.
func Serve(ctx context.Context, s *Server, address string, listening chan<- string) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("the double of AWS cannot listen: %w", err)
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: patience}
	stopped := make(chan error, 1)
	go func() { stopped <- server.Serve(listener) }()
	if listening != nil {
		listening <- "http://" + listener.Addr().String()
	}
	select {
	case err := <-stopped:
		return fmt.Errorf("the double of AWS stopped: %w", err)
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := server.Shutdown(ending); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return server.Close()
}
