package promise

import (
	"math"
	"time"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// FirstHeld returns when a condition first held, not before since. As in a
// verdict, it does not while any of what it is about is out of sight, or was never
// seen.
func FirstHeld(moments []timeline.Moment, since time.Time, condition timeline.Condition) (time.Time, bool) {
	j := newJudge(Promise{Kept: condition}, Verdict{Since: since, Window: Parts{{Count: 1, Each: math.MaxInt64}}})
	j.walk(moments)
	if j.kept == nil {
		return since, false
	}
	return j.kept.at, true
}
