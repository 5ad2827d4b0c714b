package e2e

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/scaleproof/scaleproof/e2e/promise"
	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// TestDoubtIsBlind is a promise that was kept as far as was seen, where nobody
// can say that all was seen.
func TestDoubtIsBlind(t *testing.T) {
	scene := &Scene{Timeline: timeline.New()}
	scene.Timeline.Record(timeline.Moment{Kind: timeline.Replicas, Object: "shop", Field: "spec", Value: 1})
	since := time.Now()
	held := promise.Promise{
		ID: "test.holds", Level: promise.Must, Never: timeline.Equals(timeline.Replicas, "spec", 2), For: promise.Sum(promise.HPASync),
	}
	judge := func() promise.Verdict {
		verdict, err := held.Judge(scene.Timeline.Moments(), since, since.Add(time.Minute), promise.Costs{promise.HPASync.Name: 30 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		return verdict
	}
	if verdict := judge(); verdict.Outcome != promise.Kept {
		t.Fatalf("before anybody doubts: %s", verdict.Headline())
	}
	scene.doubt(held, since, errors.New("the API server does not answer"))
	if verdict := judge(); verdict.Outcome != promise.Blind || !strings.Contains(verdict.Why, "does not answer") {
		t.Errorf("in doubt: %s", verdict.Headline())
	}
}
