package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

func TestTurnsAreTakenAndGivenBack(t *testing.T) {
	dir := t.TempDir()
	var ends []func()
	for range turns {
		end, err := turn(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, end)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := turn(ctx, dir); err == nil {
		t.Fatalf("there are more than %d turns", turns)
	}

	ends[0]()
	ctx, cancel = context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	end, err := turn(ctx, dir)
	if err != nil {
		t.Fatalf("a turn that was given back is not there: %v", err)
	}
	end()
	for _, end := range ends[1:] {
		end()
	}
}

func TestNodesComeAndGoWhileNobodyKeepsThem(t *testing.T) {
	dir := t.TempDir()
	busy, cancel := context.WithCancel(t.Context())
	cancel()
	take := func(how string) func() {
		t.Helper()
		end, err := nodes(t.Context(), dir, how)
		if err != nil {
			t.Fatal(err)
		}
		return end
	}

	first, second := take(comeAndGo), take(comeAndGo)
	if _, err := nodes(busy, dir, stay); err == nil {
		t.Fatal("nodes are kept while those of two specs come and go")
	}
	first()
	kept := make(chan func())
	go func() {
		end, err := nodes(t.Context(), dir, stay)
		if err != nil {
			t.Error(err)
		}
		kept <- end
	}()
	second()
	end := <-kept
	take(stay)()
	if _, err := nodes(busy, dir, comeAndGo); err == nil {
		t.Fatal("nodes come and go while they are kept")
	}
	end()
	take(comeAndGo)()
}

func TestATurnLastsUntilTheNodesAreReady(t *testing.T) {
	claim := func(name, field string, value float64) timeline.Moment {
		return timeline.Moment{Kind: timeline.NodeClaim, Object: name, Field: field, Value: value}
	}
	for _, test := range []struct {
		name    string
		moments []timeline.Moment
		want    bool
	}{
		{name: "nothing yet"},
		{name: "a claim", moments: []timeline.Moment{claim("a", "deleting", 0)}},
		{name: "a claim that is not ready", moments: []timeline.Moment{claim("a", "deleting", 0), claim("a", "Ready", 0)}},
		{name: "a ready claim", moments: []timeline.Moment{claim("a", "deleting", 0), claim("a", "Ready", 1)}, want: true},
		{name: "one of two", moments: []timeline.Moment{claim("a", "deleting", 0), claim("a", "Ready", 1), claim("b", "deleting", 0)}},
		{name: "none will come", want: true, moments: []timeline.Moment{
			{Kind: timeline.Event, Object: "Pod/web", Field: "karpenter FailedScheduling", Text: "no such type"}}},
	} {
		state := timeline.NewState()
		state.Replay(test.moments)
		if got := launched(state); got != test.want {
			t.Errorf("%s: %t, want %t", test.name, got, test.want)
		}
	}
}
