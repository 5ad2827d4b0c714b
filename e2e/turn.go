package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/onsi/ginkgo/v2"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

const (
	// turns is how many specs, of all processes, have nodes made at a time. Nodes
	// that start together share the machine, so that those of more would not be there
	// sooner, but measure how they wait for it, and not how long a spec's own take.
	turns = 1
	// turnPeriod is how often a spec that waits for its turn looks.
	turnPeriod = 100 * time.Millisecond
)

// turn waits until a node may be made, and returns what ends that.
func turn(ctx context.Context, dir string) (end func(), err error) {
	return acquire(ctx, func() (*os.File, error) {
		for i := range turns {
			if file, err := lock(dir, fmt.Sprintf("turn-%d", i), syscall.LOCK_EX); file != nil || err != nil {
				return file, err
			}
		}
		return nil, nil
	})
}

// acquire tries until there is a lock, and returns what gives it back.
func acquire(ctx context.Context, try func() (*os.File, error)) (end func(), err error) {
	ticker := time.NewTicker(turnPeriod)
	defer ticker.Stop()
	for {
		file, err := try()
		if err != nil {
			return nil, err
		}
		if file != nil {
			return func() { _ = file.Close() }, nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// lock locks a file of the run, or returns nil where others have. A process that
// dies gives its locks back.
func lock(dir, name string, how int) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	switch err := syscall.Flock(int(file.Fd()), how|syscall.LOCK_NB); {
	case err == nil:
		return file, nil
	case errors.Is(err, syscall.EWOULDBLOCK), errors.Is(err, syscall.EINTR):
		return nil, file.Close()
	default:
		return nil, errors.Join(fmt.Errorf("lock %s: %w: have the run's folder on a file system that can lock", file.Name(), err), file.Close())
	}
}

// What a spec does to nodes, or needs of others. Any number of specs can do the
// one at a time, or the other.
const (
	comeAndGo = "nodes-come-and-go" // it has some of its own
	stay      = "nodes-stay"        // nobody may
)

// nodes waits until the specs that run agree, and returns what ends it. Who waits
// lets nobody else in, so that its turn comes.
func nodes(ctx context.Context, dir, own string) (end func(), err error) {
	take := func(name string, how int) (func(), error) {
		return acquire(ctx, func() (*os.File, error) { return lock(dir, name, how) })
	}
	enter, err := take("nodes-enter", syscall.LOCK_EX)
	if err != nil {
		return nil, err
	}
	defer enter()
	others := map[string]string{comeAndGo: stay, stay: comeAndGo}[own]
	none, err := take(others, syscall.LOCK_EX)
	if err != nil {
		return nil, err
	}
	defer none()
	return take(own, syscall.LOCK_SH)
}

// runFolder is what all processes of a run share.
func runFolder() string { return filepath.Dir(os.Getenv(ConfigVariable)) }

// KeepNodes has the spec begin once no spec has nodes of its own, and keeps it so
// until it is over: a node that starts, or goes, is felt by all that runs beside
// it on a small machine.
func (e *Env) KeepNodes(ctx context.Context) {
	ginkgo.GinkgoHelper()
	end, err := nodes(ctx, runFolder(), stay)
	if err != nil {
		ginkgo.Fail("wait until no other spec's nodes come and go: " + err.Error())
	}
	ginkgo.DeferCleanup(end)
}

// Turn waits until no other spec has nodes made, and keeps it so until end is
// called, or the spec is over. Provision has a turn for the app's first nodes; a
// spec that measures how long others take has one of its own for them.
func (a *App) Turn(ctx context.Context) (end func()) {
	ginkgo.GinkgoHelper()
	end, err := turn(ctx, runFolder())
	if err != nil {
		ginkgo.Fail("wait for a turn to make nodes: " + err.Error())
	}
	ginkgo.DeferCleanup(end)
	return end
}

// takeTurn has a turn that lasts until the app's first nodes are ready, or
// Karpenter makes none.
func (a *App) takeTurn(ctx context.Context) {
	ginkgo.GinkgoHelper()
	end := a.Turn(ctx)
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
