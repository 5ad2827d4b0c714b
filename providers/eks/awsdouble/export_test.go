package awsdouble

import (
	"sync"
	"testing"
)

var statuses struct {
	sync.Once
	of map[string]int
}

// StatusesOfEKS are those of EKS's errors, by their codes, as the SDK's
// snapshots have them.
func StatusesOfEKS(t *testing.T) map[string]int {
	t.Helper()
	statuses.Do(func() {
		statuses.of = map[string]int{}
		for _, s := range snapshots(t, "eks", "response_snapshot", ".error.snap") {
			statuses.of[s.operation] = s.status(t)
		}
	})
	return statuses.of
}
