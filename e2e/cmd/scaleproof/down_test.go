package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/scaleproof/scaleproof/providers"
)

// stuck is a cluster that does not go.
type stuck struct{ *fake }

// Find implements providers.Finder.
func (s stuck) Find(context.Context, string) (providers.Cluster, error) { return s, nil }

// DownLimit implements providers.Slow.
func (stuck) DownLimit() time.Duration { return time.Millisecond }

// Down implements providers.Cluster.
func (stuck) Down(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestDownOfAClusterThatDoesNotGo(t *testing.T) {
	w := (&fake{}).world()
	w.provider = func(settings, imageSet, log) (providers.Provider, error) { return stuck{&fake{}}, nil }
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	recalled := errors.New("the deploy key was not taken back")
	w.recall = func(ctx context.Context, _ settings, _ log) error {
		recalled = ctx.Err() // a cluster that is stuck has used up its own time alone
		return nil
	}
	got := do(t, ctx, w, "down")
	if got.code != 2 || recalled != nil {
		t.Errorf("exit code %d, recalled: %v", got.code, recalled)
	}
	for _, text := range []string{"not removed in time", "gave up after 3ms", "finalizers", "run scaleproof down again"} {
		if !strings.Contains(got.stderr, text) {
			t.Errorf("no %q in\n%s", text, got.stderr)
		}
	}
}
