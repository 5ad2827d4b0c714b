package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"github.com/onsi/ginkgo/v2"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// turnPeriod is how often a spec that waits for its turn looks.
const turnPeriod = 100 * time.Millisecond

// hold is a way to hold a lock.
type hold func(*flock.Flock, context.Context, time.Duration) (bool, error)

var (
	alone  hold = (*flock.Flock).TryLockContext
	shared hold = (*flock.Flock).TryRLockContext
)

// take waits for the lock of a file of the run, and returns what gives it back. A
// process that dies gives its locks back.
func take(ctx context.Context, dir, name string, how hold) (end func(), err error) {
	file := flock.New(filepath.Join(dir, name))
	switch _, err := how(file, ctx, turnPeriod); {
	case err == nil:
		return func() { _ = file.Unlock() }, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	default:
		return nil, fmt.Errorf("lock %s: %w: have the run's folder on a file system that can lock", file.Path(), err)
	}
}

// turn waits until a node may be made, and returns what ends that. One spec, of
// all processes, has nodes made at a time. Nodes that start together share the
// machine, so that those of more would not be there sooner, but measure how they
// wait for it, and not how long a spec's own take.
func turn(ctx context.Context, dir string) (end func(), err error) {
	return take(ctx, dir, "turn", alone)
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
	enter, err := take(ctx, dir, "nodes-enter", alone)
	if err != nil {
		return nil, err
	}
	defer enter()
	others := map[string]string{comeAndGo: stay, stay: comeAndGo}[own]
	none, err := take(ctx, dir, others, alone)
	if err != nil {
		return nil, err
	}
	defer none()
	return take(ctx, dir, own, shared)
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
