package rehearsal

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
	"github.com/scaleproof/scaleproof/providers/kind/engine/fakedocker"
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

// TestMachinesAreKnownAtOnce reads what was last seen, and nothing once the
// cluster is on its way out.
func TestMachinesAreKnownAtOnce(t *testing.T) {
	fakedocker.Install(t, "docker", fakedocker.Says("ps *", "it-pool-x1 system c1.large amd64"))
	ctx, cancel := context.WithCancelCause(t.Context())
	machines := newPlant(ctx, Options{Cluster: name}, webhook{}, someone()).watchMachines(ctx)
	for range 3 {
		if all, err := machines.now(); len(all) != 1 || all[0].ID != "it-pool-x1" || err != nil {
			t.Fatalf("the machines are %v, %v", all, err)
		}
	}
	gone := errors.New("it is removed")
	cancel(gone)
	err := wait.PollUntilContextTimeout(t.Context(), time.Millisecond, 5*time.Second, true, func(context.Context) (bool, error) {
		_, err := machines.now()
		return errors.Is(err, gone), nil
	})
	if err != nil {
		t.Error("the machines of a cluster that is removed are still known")
	}
}
