package main

import (
	"context"
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
	if got := do(t, ctx, w, "down"); got.code != 2 || !strings.Contains(got.stderr, "not removed after 3ms") || !strings.Contains(got.stderr, "finalizers") {
		t.Errorf("%+v", got)
	}
}
