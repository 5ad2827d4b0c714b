package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/onsi/ginkgo/v2"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

const (
	// turns is how many specs, of all processes, have their first node made at
	// a time. Nodes that start together share the machine: more would measure
	// how they wait for it, and not how long one takes.
	turns = 2
	// turnPeriod is how often a spec that waits for its turn looks.
	turnPeriod = 100 * time.Millisecond
)

// turn waits until a node may be made, and returns what ends that. A process
// that dies gives its turn back.
func turn(ctx context.Context, dir string) (end func(), err error) {
	ticker := time.NewTicker(turnPeriod)
	defer ticker.Stop()
	for {
		for i := range turns {
			file, err := os.OpenFile(filepath.Join(dir, fmt.Sprintf("turn-%d", i)), os.O_CREATE|os.O_RDWR, 0o600)
			if err != nil {
				return nil, fmt.Errorf("wait for a turn to make a node: %w", err)
			}
			if syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
				return func() { _ = file.Close() }, nil
			}
			_ = file.Close()
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for a turn to make a node: %w", context.Cause(ctx))
		}
	}
}

// takeTurn waits for the app's turn to have nodes made, which lasts until they
// are ready, or Karpenter makes none, or the spec is over.
func (a *App) takeTurn(ctx context.Context) {
	ginkgo.GinkgoHelper()
	end, err := turn(ctx, filepath.Dir(os.Getenv(ConfigVariable)))
	if err != nil {
		ginkgo.Fail(err.Error())
	}
	over := make(chan struct{})
	ginkgo.DeferCleanup(func() { close(over) })
	go func() {
		defer end()
		for {
			changed := a.Timeline.Changed()
			if launched(a.Now()) {
				return
			}
			select {
			case <-changed:
			case <-over:
				return
			}
		}
	}()
}

// launched holds once there are nodes, all of them ready, or Karpenter has told
// a pod that it gets none.
func launched(s *timeline.State) bool {
	claims := s.All(timeline.NodeClaim, "deleting")
	for _, claim := range claims {
		if ready, ok := s.Get(timeline.NodeClaim, claim.Object, "Ready"); !ok || ready.Value != 1 {
			return false
		}
	}
	return len(claims) > 0 || len(s.All(timeline.Event, "karpenter FailedScheduling")) > 0
}
