package kind

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/providers"
)

func TestMachinesAreTheContainersOfNodes(t *testing.T) {
	got := machines("shop", "shop-control-plane \nshop-general-purpose-x7k2f general-purpose\n")
	want := []providers.Machine{
		{ProviderID: "kind://docker/shop/shop-control-plane"},
		{ProviderID: "kind://docker/shop/shop-general-purpose-x7k2f", Pool: "general-purpose"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("machines (-want +got):\n%s", diff)
	}
	if got := machines("shop", ""); got != nil {
		t.Errorf("no container is %v", got)
	}
}

// What is not of the cluster is never removed: the engine is not even asked.
func TestTerminateRefusesOthersMachines(t *testing.T) {
	c := &cluster{name: "shop"}
	for _, id := range []string{"", "kind://docker/other/other-worker", "kind://docker/shop/", "kind://docker/shop/a/b", "aws:///eu/i-1"} {
		if err := c.Terminate(t.Context(), id); err == nil || !strings.Contains(err.Error(), "no node of cluster shop") {
			t.Errorf("Terminate(%q) is %v, want a refusal", id, err)
		}
	}
}
