package eks

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/providers"
	"github.com/scaleproof/scaleproof/providers/eks/awsdouble"
	double "github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
	"github.com/scaleproof/scaleproof/providers/eks/network"
)

// pools are those of the machines, sorted.
func pools(machines []providers.Machine) []string {
	var all []string
	for _, m := range machines {
		all = append(all, m.Pool)
	}
	slices.Sort(all)
	return all
}

func TestMachines(t *testing.T) {
	w := start(t)
	w.mustUp()
	p, err := New(w.options)
	if err != nil {
		t.Fatal(err)
	}
	found, err := p.Find(t.Context(), name) // as the specs do, beside the run itself
	if err != nil {
		t.Fatal(err)
	}
	keeper, ok := found.(providers.MachineKeeper)
	if !ok {
		t.Fatal("nobody keeps the machines")
	}
	list := func() []providers.Machine {
		t.Helper()
		machines, err := keeper.Machines(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return machines
	}
	before := list()
	if diff := cmp.Diff([]string{"general-purpose", "system"}, pools(before)); diff != "" {
		t.Fatalf("pools of the machines (-want +got):\n%s", diff)
	}
	if err := keeper.Terminate(t.Context(), before[0].ProviderID); !errors.Is(err, providers.ErrMachineKept) {
		t.Errorf("a machine that only EKS may end: %v", err)
	}
	w.Turn(func(k *double.Knobs) { k.Terminating, k.KeepsInstances = double.Pace{}, false })
	for range 2 { // of what is gone EC2 tells for a while
		if err := keeper.Terminate(t.Context(), before[0].ProviderID); err != nil {
			t.Error(err)
		}
	}
	const strange = "i-00000000000000000"
	if err := keeper.Terminate(t.Context(), "aws:///eu-west-1a/"+strange); err == nil || !strings.Contains(err.Error(), "no machine "+strange) {
		t.Errorf("a machine that EC2 does not tell of was terminated: %v", err)
	}
	if diff := cmp.Diff(before[1:], list()); diff != "" {
		t.Errorf("machines, one of which was terminated (-want +got):\n%s", diff)
	}
	w.mustDown()
}

// TestWhatMachinesWereStartedBy costs nothing and goes with EKS: Down has not to wait
// until EC2 tells of it no more.
func TestWhatMachinesWereStartedBy(t *testing.T) {
	w := start(t)
	w.mustUp()
	w.Touch(func(c *double.Cloud) {
		for _, kind := range []double.Kind{double.Fleet, double.LaunchTemplate} {
			c.Add(&double.Resource{Kind: kind, Scope: double.Scope{Account: awsdouble.Someone().Account, Region: w.options.Region}, Implied: true, Tags: map[string]string{network.AutoModeTag: name}})
		}
	})
	w.mustDown()
}
