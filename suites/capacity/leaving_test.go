package capacity

import (
	"testing"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

func TestMachinesAreShownOnceEachClaimHasOne(t *testing.T) {
	state := timeline.NewState()
	apply := func(moments ...timeline.Moment) {
		for _, m := range moments {
			state.Apply(m)
		}
	}
	shown := func(id string) timeline.Moment { return at(8, timeline.Machine, id, "exists", 1, "") }
	want := func(is bool, when string) {
		t.Helper()
		if machinesShown.Holds(state) != is {
			t.Errorf("all machines are shown %s: %t", when, !is)
		}
	}
	want(false, "before there is a claim")
	apply(launched(1, 5, "shop-a", "c1.nano", 0.25)...)
	apply(launched(2, 6, "shop-b", "c1.nano", 0.25)...)
	apply(shown("rehearsed:///zone/kind-shop-a"), shown("cloud://kind-shop-c"))
	want(false, "of which one is another's")
	apply(shown("cloud://kind-shop-b"))
	want(true, "when each claim has its own")
	if id, ok := machineUnder(state, "shop-a"); !ok || id != "rehearsed:///zone/kind-shop-a" {
		t.Errorf("the machine under shop-a is %q", id)
	}
	apply(gone(9, timeline.NodeClaim, "shop-b", "provider")...)
	want(false, "when a claim does not tell which is its own")
}
