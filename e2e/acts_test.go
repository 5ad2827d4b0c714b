package e2e

import (
	"testing"

	"k8s.io/apimachinery/pkg/types"
)

func TestPatchOf(t *testing.T) {
	for change, want := range map[string]types.PatchType{
		`{"spec":{"max":7}}`:                              types.MergePatchType,
		`[{"op":"replace","path":"/spec/max","value":7}]`: types.JSONPatchType,
	} {
		if got := patchOf(change); got.PatchType != want || string(got.Data) != change {
			t.Errorf("%s is sent as a %s of %s, want a %s", change, got.PatchType, got.Data, want)
		}
	}
}
