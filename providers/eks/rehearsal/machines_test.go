package rehearsal

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
)

func TestParseMachines(t *testing.T) {
	got := parseMachines("it-pool-x1 general-purpose c1.large amd64\nit-pool-x2 system m1.nano arm64\nhalf a line\n")
	want := []cloud.Machine{
		{ID: "it-pool-x1", Pool: "general-purpose", Type: "c1.large", Arch: "x86_64"},
		{ID: "it-pool-x2", Pool: "system", Type: "m1.nano", Arch: "arm64"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("machines (-want +got):\n%s", diff)
	}
}
