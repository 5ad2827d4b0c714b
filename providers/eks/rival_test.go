package eks

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble"
	double "github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
)

// elsewhere goes on at another machine, and says how to come back.
func (w *world) elsewhere() (back func()) {
	here := w.options.CacheDir
	w.options.CacheDir = w.t.TempDir()
	return func() { w.options.CacheDir = here }
}

// spares fails the test if doing it is no error that says where the ledger is, or if
// it changes anything.
func (w *world) spares(what string, do func() error) {
	w.t.Helper()
	before := w.Left()
	if err := do(); err == nil || !strings.Contains(err.Error(), "another machine's scaleproof made it, since") ||
		!strings.Contains(err.Error(), w.options.home()) {
		w.t.Errorf("%s says %v", what, err)
	}
	if diff := cmp.Diff(before, w.Left()); diff != "" {
		w.t.Errorf("%s changed something:\n%s", what, diff)
	}
}

// TestSparesARivalsCluster is a machine whose Down was cut off, and finished by
// somebody else. By now another machine has a cluster of that name, and uses it.
func TestSparesARivalsCluster(t *testing.T) {
	w := start(t)
	w.mustUp()
	allow := w.Inject(awsdouble.Fault{Kind: awsdouble.Denied, Operation: "DeleteCluster"})
	if err := w.cluster().Down(t.Context()); err == nil {
		t.Fatal("no error")
	}
	allow()
	back := w.elsewhere()
	w.mustDown()
	w.mustUp()
	back()
	w.spares("Up", func() error {
		p, err := New(w.options)
		if err != nil {
			t.Fatal(err)
		}
		c, err := p.Up(t.Context(), name)
		if c != nil {
			t.Error("there is a handle")
		}
		return err
	})
	w.spares("Down", func() error { return w.cluster().Down(t.Context()) })
	w.spares("a look", func() error { _, err := w.cluster().Leftovers(t.Context()); return err })
	w.Touch(func(c *double.Cloud) { // its time is over
		for _, left := range c.Left() {
			if left.Tags[ExpiresTag] != "" {
				c.Has(left.ID).Tags[ExpiresTag] = time.Now().Add(-time.Minute).UTC().Format(time.RFC3339)
			}
		}
	})
	w.mustDown()
}

// TestLosesARace is a machine that looked when nothing was there yet, and asks for
// what another has begun in the same second.
func TestLosesARace(t *testing.T) {
	w := start(t)
	c := w.cluster()
	notes, err := c.claim(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer notes.Close()
	head, err := c.begin(notes)
	if err != nil {
		t.Fatal(err)
	}
	back := w.elsewhere()
	w.mustUp()
	back()
	base, err := c.reach.stacks.Find(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	w.spares("a stack", func() error { _, err := c.createStack(t.Context(), notes, head); return err })
	w.spares("a control plane", func() error { _, err := c.ensurePlane(t.Context(), notes, head, base, nil); return err })
	w.spares("Down", func() error { return c.finish(t.Context(), notes) })
}
