package eks

import (
	"slices"
	"testing"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble"
	double "github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
)

// TestUnheardOf is an Up that ends when something was asked for of which no answer
// tells yet: by what the ledger says Down knows better, and so does a look.
func TestUnheardOf(t *testing.T) {
	for kind, ends := range map[double.Kind]awsdouble.Fault{
		double.Cluster: {Kind: awsdouble.Denied, Operation: "DescribeCluster", After: 1},
		double.Stack:   {Kind: awsdouble.Denied, Operation: "DescribeStacks", After: 1},
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w := start(t)
			w.Turn(func(k *double.Knobs) { k.Hidden = map[double.Kind]int{kind: 6} })
			allow := w.Inject(ends)
			if _, err := w.up(t.Context()); err == nil {
				t.Fatal("no error")
			}
			allow()
			want := string(kind) + " " + name + " (asked for, and not found)"
			if left := w.look(); !slices.Contains(left, want) {
				t.Errorf("left are %q, without %q", left, want)
			}
			w.mustDown()
		})
	}
}

// look is what one look finds.
func (w *world) look() []string {
	w.t.Helper()
	c := w.cluster()
	notes, err := c.claim(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	defer notes.Close()
	left, err := c.look(w.t.Context(), notes)
	if err != nil {
		w.t.Fatal(err)
	}
	return left
}
