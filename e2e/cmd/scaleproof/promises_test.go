package main

import (
	"testing"

	"github.com/scaleproof/scaleproof/suites"
)

// TestPromisesFile keeps PROMISES.md from landing stale: the tests must pass
// before a change lands, make check need not.
func TestPromisesFile(t *testing.T) {
	w := world{suites: suites.All()}
	if got := do(t, t.Context(), w, "promises", "--check", "../../../PROMISES.md"); got.code != 0 {
		t.Error(got.stderr)
	}
}
