package timeline_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

func TestSavedTimelineIsReadAgain(t *testing.T) {
	want := []timeline.Moment{
		at(1, ready(0)), at(2, gone(ready(0))),
		at(3, timeline.Lost(timeline.HPA, "hpas", 1500*time.Millisecond, `cut "here"`)),
		at(4, timeline.Moment{Kind: timeline.Metric, Object: "s0-prometheus", Field: "value", Value: 21.8, Within: time.Second}),
	}
	path := filepath.Join(t.TempDir(), "app.jsonl")
	if err := timeline.Of(want...).Save(path); err != nil {
		t.Fatal(err)
	}
	got, err := timeline.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.Moments()); diff != "" {
		t.Errorf("moments (-want +got):\n%s", diff)
	}
}

func TestOpenSaysWhichMomentIsBroken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.jsonl")
	if err := os.WriteFile(path, []byte("{\"at\":\"2026-01-01T00:00:00Z\",\"kind\":\"hpa\",\"value\":1}\n{\"at\":\"2026-"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := timeline.Open(path); err == nil || !strings.Contains(err.Error(), "app.jsonl: moment 2: ") {
		t.Errorf("error is %v, want one that names the file and moment 2", err)
	}
	if _, err := timeline.Open(path + ".missing"); !os.IsNotExist(err) {
		t.Errorf("error is %v, want that there is no such file", err)
	}
}

func TestFollowStoresEachMomentAtOnceAndOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tl := timeline.New()
		tl.Record(ready(1))
		ctx, cancel := context.WithCancel(t.Context())
		var stored bytes.Buffer
		done := make(chan error)
		go func() { done <- tl.Follow(ctx, &stored) }()
		for n := range 3 {
			synctest.Wait()
			if lines := strings.Count(stored.String(), "\n"); lines != n+1 {
				t.Errorf("%d moments are stored, want %d", lines, n+1)
			}
			tl.Record(ready(float64(n)))
		}
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if lines := strings.Count(stored.String(), "\n"); lines != 4 {
			t.Errorf("%d moments are stored in the end, want 4", lines)
		}
	})
}
