package promise_test

import (
	"testing"
	"time"

	"github.com/scaleproof/scaleproof/e2e/promise"
	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// What never comes is the stack's fault where a recorder was looking for it,
// and nobody's where none was.
func TestNothingOfAKindIsAVerdictOnlyWhereARecorderLooked(t *testing.T) {
	began := time.Unix(1000, 0)
	p := promise.Promise{ID: "test.scales", Level: promise.Must, Claim: "an HPA comes",
		Kept: timeline.Desired(1), Limit: promise.Sum(promise.HPASync)}
	costs := promise.Costs{promise.HPASync.Name: time.Second}
	looking := timeline.Seen(timeline.HPA, "shop/hpas")
	looking.At = began.Add(-time.Second)
	blind := timeline.Lost(timeline.HPA, "shop/hpas", 0, "refused")
	blind.At = began.Add(-time.Minute)
	for _, test := range []struct {
		name    string
		moments []timeline.Moment
		want    promise.Outcome
	}{
		{"nobody looked", nil, promise.Blind},
		{"a recorder looked", []timeline.Moment{looking}, promise.Never},
		{"a recorder was lost before it saw anything", []timeline.Moment{blind}, promise.Blind},
	} {
		t.Run(test.name, func(t *testing.T) {
			v, err := p.Judge(test.moments, began, began.Add(time.Minute), costs)
			if err != nil {
				t.Fatal(err)
			}
			if v.Outcome != test.want {
				t.Errorf("outcome is %s (%s), want %s", v.Outcome, v.Why, test.want)
			}
		})
	}
}
