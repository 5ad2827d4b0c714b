package e2e

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// briefly is long enough to take a lock that nobody has.
func briefly(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 3*turnPeriod)
	t.Cleanup(cancel)
	return ctx
}

func TestATurnIsTakenAndGivenBack(t *testing.T) {
	dir := t.TempDir()
	end, err := turn(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := turn(briefly(t), dir); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("a turn that is taken was given: %v", err)
	}
	end()
	next, err := turn(t.Context(), dir)
	if err != nil {
		t.Fatalf("a turn that was given back is not there: %v", err)
	}
	end() // a turn that is over already gives nobody else's back
	if _, err := turn(briefly(t), dir); err == nil {
		t.Fatal("a turn was given back by whoever had it before")
	}
	next()
}

func TestAFolderThatCannotLock(t *testing.T) {
	if _, err := turn(t.Context(), filepath.Join(t.TempDir(), "gone")); err == nil || !strings.Contains(err.Error(), "file system") {
		t.Errorf("error %v", err)
	}
}

func TestNodesComeAndGoWhileNobodyKeepsThem(t *testing.T) {
	dir := t.TempDir()
	take := func(how string) func() {
		t.Helper()
		end, err := nodes(t.Context(), dir, how)
		if err != nil {
			t.Fatal(err)
		}
		return end
	}

	first, second := take(comeAndGo), take(comeAndGo)
	if _, err := nodes(briefly(t), dir, stay); err == nil {
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
	if _, err := nodes(briefly(t), dir, comeAndGo); err == nil {
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
