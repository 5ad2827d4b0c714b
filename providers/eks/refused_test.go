package eks

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	double "github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
	"github.com/scaleproof/scaleproof/providers/eks/ledger"
)

// untag takes a tag of ours off all things of a kind.
func (w *world) untag(kind double.Kind, tag string) {
	w.Touch(func(c *double.Cloud) {
		for _, left := range c.Left() {
			if left.Kind == kind {
				delete(c.Has(left.ID).Tags, tag)
			}
		}
	})
}

// first is the id of the oldest thing of a kind.
func (w *world) first(kind double.Kind) string {
	for _, left := range w.Left() {
		if left.Kind == kind {
			return left.ID
		}
	}
	w.t.Fatalf("there is no %s", kind)
	return ""
}

// expire lets the time of what this machine made be over.
func (w *world) expire() {
	w.t.Helper()
	w.expires(time.Now().Add(-time.Minute))
}

// expires changes when what this machine made expires.
func (w *world) expires(at time.Time) {
	w.t.Helper()
	notes, err := ledger.Open(w.options.home(), name)
	if err != nil {
		w.t.Fatal(err)
	}
	defer notes.Close()
	head := *notes.Head()
	head.Expires = at
	if err := notes.Begin(head); err != nil {
		w.t.Fatal(err)
	}
}

// TestRefusedUp is about a cluster that is not the run's: Up leaves it alone, and
// gives nobody a handle to take it down by.
func TestRefusedUp(t *testing.T) {
	for what, c := range map[string]struct {
		change func(t *testing.T, w *world)
		says   string
	}{
		"in another region": {func(_ *testing.T, w *world) { w.options.Region = "us-east-1" }, "it is in eu-west-1: remove it with `scaleproof down --provider eks --cluster-name " + name + "`"},
		"an expired one":    {func(_ *testing.T, w *world) { w.expire() }, "it has expired at"},
		"another machine's, expired": {func(t *testing.T, w *world) {
			w.options.CacheDir = t.TempDir()
			id := w.first(double.Cluster)
			w.Touch(func(c *double.Cloud) { c.Has(id).Tags[ExpiresTag] = "2026-01-01T00:00:00Z" })
		}, "it has expired at 2026-01-01T00:00:00Z: remove it with `scaleproof down --provider eks"},
		"someone's cluster": {func(_ *testing.T, w *world) { w.untag(double.Cluster, ClusterTag) }, "taken"},
		"someone's stack":   {func(_ *testing.T, w *world) { w.untag(double.Stack, ClusterTag) }, "taken"},
		"another machine's": {func(t *testing.T, w *world) { w.options.CacheDir = t.TempDir() }, "another machine's scaleproof made it"},
		"another machine's half": {func(t *testing.T, w *world) {
			w.options.CacheDir = t.TempDir()
			id := w.first(double.Cluster)
			w.Touch(func(c *double.Cloud) { c.Remove(id) })
		}, "--cluster-name " + name},
		"made anew elsewhere": {func(_ *testing.T, w *world) {
			id := w.first(double.Cluster)
			w.Touch(func(c *double.Cloud) { c.Has(id).Tags[CreatedTag] = "2026-01-01T00:00:00Z" })
		}, "another machine's scaleproof made it"},
		"another command's": {func(t *testing.T, w *world) {
			notes, err := ledger.Open(w.options.home(), name)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = notes.Close() })
		}, "another scaleproof command"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := start(t)
			w.mustUp()
			c.change(t, w)
			before := w.Left()
			p, err := New(w.options)
			if err != nil {
				t.Fatal(err)
			}
			cluster, err := p.Up(t.Context(), name)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("Up says %v", err)
			}
			if cluster != nil {
				t.Error("there is a handle")
			}
			if diff := cmp.Diff(before, w.Left()); diff != "" {
				t.Errorf("Up changed something:\n%s", diff)
			}
		})
	}
}

// TestFailedUpHasAHandle by which what it made is taken down.
func TestFailedUpHasAHandle(t *testing.T) {
	w := start(t)
	w.Turn(func(k *double.Knobs) { k.StackFails = map[string]string{"Subnet2": "no addresses"} })
	p, err := New(w.options)
	if err != nil {
		t.Fatal(err)
	}
	cluster, err := p.Up(t.Context(), name)
	if err == nil || cluster == nil {
		t.Fatalf("%v, %v", cluster, err)
	}
	if err := cluster.Down(t.Context()); err != nil {
		t.Error(err)
	}
	w.empty()
}
