package main

import (
	"strings"
	"testing"
)

// TestDownCommandNamesTheCluster: it is typed as it stands, and must not remove
// another one.
func TestDownCommandNamesTheCluster(t *testing.T) {
	for want, args := range map[string][]string{
		"`scaleproof down --provider kind --cluster-name wide`": {"--cluster-name", "wide"},
		"`scaleproof down --provider existing --cluster-name scaleproof --kubeconfig /k --context staging`": {
			"--provider", "existing", "--context", "staging", "--kubeconfig", "/k"},
	} {
		for _, fail := range []map[string]error{nil, {"up": errTest}} {
			removes.Store(nil)
			f := &fake{fail: fail}
			got := do(t, t.Context(), f.world(), append([]string{"run", "--keep", "--out", t.TempDir()}, args...)...)
			if !strings.Contains(got.stderr, want) {
				t.Errorf("%q does not say %s", got.stderr, want)
			}
			if said := atOnce(); !strings.Contains(said, want) {
				t.Errorf("who leaves at once is told %q, and not %s", said, want)
			}
		}
	}
}

func TestNothingToRemove(t *testing.T) {
	removes.Store(nil)
	if said := atOnce(); strings.Contains(said, "down") {
		t.Errorf("of a command that makes nothing: %q", said)
	}
}
