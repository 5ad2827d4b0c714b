package capacity

import (
	"testing"

	"github.com/scaleproof/scaleproof/e2e/promise/promisetest"
)

func TestStoredTimelines(t *testing.T) { promisetest.Check(t, Suite.Promises) }
