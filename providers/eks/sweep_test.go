package eks

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble"
	double "github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
)

func TestSweepable(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	old, young := now.Add(-5*time.Hour), now.Add(-time.Hour)
	for what, c := range map[string]struct {
		traces []trace
		want   string // why it is spared
	}{
		"old":                         {traces: []trace{{name: "n", proof: true, part: "stack n", made: old, expires: young}}},
		"old, and nobody said":        {traces: []trace{{name: "n", part: "volume v", made: old, proof: true}}},
		"only EKS knows of it":        {traces: []trace{{name: "n", part: "volume v", made: old}}, want: "only EKS' own tag leads to it"},
		"left beside what is ours":    {traces: []trace{{name: "n", part: "volume v", made: old}, {name: "n", proof: true, part: "stack n", made: old}}},
		"young":                       {traces: []trace{{name: "n", proof: true, part: "stack n", made: young}}, want: "stack n is younger than 4h0m0s"},
		"one part is young":           {traces: []trace{{name: "n", proof: true, part: "stack n", made: old}, {name: "n", proof: true, part: "cluster n", made: young}}, want: "cluster n is younger than 4h0m0s"},
		"kept on purpose":             {traces: []trace{{name: "n", proof: true, part: "stack n", made: old, expires: now.Add(time.Hour)}}, want: "it may be there until 2026-11-23T13:00:00Z"},
		"no tag of ours":              {traces: []trace{{name: "n", proof: true, part: "stack n", made: old, foreign: true}}, want: "stack n has no tag of scaleproof"},
		"nobody knows its age":        {traces: []trace{{name: "n", proof: true, part: "oidc-provider x"}}, want: "nothing tells the age of oidc-provider x"},
		"one part's age is unknown":   {traces: []trace{{name: "n", proof: true, part: "stack n", made: old}, {name: "n", proof: true, part: "oidc-provider x"}}, want: "nothing tells the age of oidc-provider x"},
		"old, and made in a moment":   {traces: []trace{{name: "n", proof: true, part: "stack n", made: now.Add(-4 * time.Hour)}}},
		"made in the future, it says": {traces: []trace{{name: "n", proof: true, part: "stack n", made: now.Add(time.Hour)}}, want: "stack n is younger than 4h0m0s"},
	} {
		t.Run(what, func(t *testing.T) {
			found := sweepable(c.traces, SweepOptions{OlderThan: 4 * time.Hour, Now: now})
			if len(found) != 1 || found[0].Spared != c.want {
				t.Errorf("got %+v", found)
			}
		})
	}
}

// sweeper is a provider on another machine.
func (w *world) sweeper() *Provider {
	w.t.Helper()
	options := w.options
	options.CacheDir = w.t.TempDir()
	p, err := New(options)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func TestSweep(t *testing.T) {
	w := start(t)
	w.Turn(func(k *double.Knobs) { k.LeakedVolumes, k.PageSize = 2, 1 })
	w.mustUp()
	before := w.Left()
	sweep := func(options SweepOptions) Swept {
		t.Helper()
		found, err := w.sweeper().Sweep(t.Context(), options)
		if err != nil || len(found) != 1 {
			t.Fatalf("%+v, %v", found, err)
		}
		return found[0]
	}
	later := time.Now().Add(5 * time.Hour)
	if found := sweep(SweepOptions{OlderThan: 4 * time.Hour, Delete: true}); found.Spared == "" {
		t.Errorf("what is young is swept: %v", found)
	}
	if found := sweep(SweepOptions{OlderThan: 4 * time.Hour, Now: later}); found.Spared != "" || !strings.Contains(found.String(), "stack scaleproof-test") {
		t.Errorf("what is old is not found: %v", found)
	}
	if diff := cmp.Diff(before, w.Left()); diff != "" {
		t.Fatalf("a look changed something:\n%s", diff)
	}
	if found := sweep(SweepOptions{OlderThan: 4 * time.Hour, Now: later, Delete: true}); found.Err != nil {
		t.Errorf("%v after\n%s", found.Err, strings.Join(w.told, "\n"))
	}
	w.empty()
}

// stack makes one for a cluster of another name, and nothing else.
func (w *world) stack(name string) string {
	w.t.Helper()
	c := &cluster{name: name, options: w.options}
	notes, err := c.claim(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	defer notes.Close()
	head, err := c.begin(notes)
	if err != nil {
		w.t.Fatal(err)
	}
	made, err := c.createStack(w.t.Context(), notes, head)
	if err != nil {
		w.t.Fatal(err)
	}
	return made.ID
}

// TestSweepLooksAgain is an account in which others go on while one cluster is
// removed: a name that was old is used again, and another is gone.
func TestSweepLooksAgain(t *testing.T) {
	const gone, young = name + "-gone", name + "-young"
	w := start(t)
	w.mustUp()
	ids, later := map[string]string{gone: w.stack(gone), young: w.stack(young)}, time.Now().Add(5*time.Hour)
	p := w.sweeper()
	told := p.options.Log
	p.options.Log = func(format string, args ...any) {
		if told(format, args...); strings.Contains(fmt.Sprintf(format, args...), "being removed") {
			w.Touch(func(c *double.Cloud) {
				c.Remove(ids[gone])
				c.Has(ids[young]).Created = later
			})
		}
	}
	found, err := p.Sweep(t.Context(), SweepOptions{OlderThan: 4 * time.Hour, Now: later, Delete: true})
	if err != nil || len(found) != 3 || found[0].Spared != "" || found[0].Err != nil {
		t.Fatalf("%+v, %v", found, err)
	}
	if !strings.Contains(found[1].Spared, "gone") || !strings.Contains(found[2].Spared, "younger") {
		t.Errorf("%v\n%v", found[1], found[2])
	}
	if w.first(double.Stack) != ids[young] {
		t.Errorf("left are %v", w.Left())
	}
}

// TestSweepGoesOn is an account in which a cluster that does not go comes first.
func TestSweepGoesOn(t *testing.T) {
	const next, limit = name + "-next", 3 * time.Second
	for what, c := range map[string]struct {
		options SweepOptions
		says    string // of the cluster that does not go
		left    bool   // the next one is
	}{
		"each has its time": {SweepOptions{Each: limit}, "not removed within 3s", false},
		"all of it is over": {SweepOptions{All: limit}, "the sweep has taken 3s", true},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := start(t)
			w.options.Pace.Most = 50 * time.Millisecond // else EKS' own limit is over before
			w.mustUp()
			id := w.stack(next)
			w.Turn(func(k *double.Knobs) { k.StuckDeleting = true })
			c.options.OlderThan, c.options.Now, c.options.Delete = time.Hour, time.Now().Add(5*time.Hour), true
			found, err := w.sweeper().Sweep(t.Context(), c.options)
			if err != nil || len(found) != 2 || found[0].Err == nil || (found[1].Err != nil) != c.left {
				t.Fatalf("%+v, %v", found, err)
			}
			told := strings.Join(w.told, "\n")
			if !strings.Contains(found[0].Err.Error(), c.says) || !strings.Contains(told, c.says) {
				t.Errorf("no %q in %v, nor in\n%s", c.says, found[0].Err, told)
			}
			if here := w.has(id); here != c.left || strings.Contains(told, "cluster "+next+" is swept") == here {
				t.Errorf("the next one is there: %v, and it is told that\n%s", here, told)
			}
		})
	}
}

// TestSweepComesToTheControlPlane is a cluster whose machines do not end: waiting for
// them must leave time to remove what costs on.
func TestSweepComesToTheControlPlane(t *testing.T) {
	w := start(t)
	w.options.Pace.Most = 50 * time.Millisecond
	w.Turn(func(k *double.Knobs) { k.StuckInstances = true })
	w.mustUp()
	found, err := w.sweeper().Sweep(t.Context(), SweepOptions{Each: 4 * time.Second, OlderThan: time.Hour, Now: time.Now().Add(5 * time.Hour), Delete: true})
	if err != nil || len(found) != 1 || found[0].Err == nil {
		t.Fatalf("%+v, %v", found, err)
	}
	if exists(w.Running, double.Cluster) {
		t.Errorf("the control plane is there, after: %v", found[0].Err)
	}
	w.Turn(func(k *double.Knobs) { k.KeepsInstances = false })
	w.mustDown()
}

// has tells whether there is something of that id that is not gone.
func (w *world) has(id string) bool {
	return slices.ContainsFunc(w.Left(), func(l double.Leftover) bool { return l.ID == id })
}

// TestSweepOrphans is what is left when the cluster is gone and its volumes are
// not. The stack stays with them: it proves that they are ours.
func TestSweepOrphans(t *testing.T) {
	w := start(t)
	w.Turn(func(k *double.Knobs) { k.LeakedVolumes, k.StuckInstances, k.KeepsInstances = 2, true, false })
	w.mustUp()
	allow := w.Inject(awsdouble.Fault{Kind: awsdouble.Denied, Operation: "DeleteVolume"})
	if err := w.cluster().Down(t.Context()); err == nil {
		t.Fatal("no error, though volumes stay")
	}
	if exists(w.Running, double.Cluster) || !exists(w.Running, double.Stack) || !exists(w.Running, double.Volume) {
		t.Fatalf("%v", w.Left())
	}
	allow()
	found, err := w.sweeper().Sweep(t.Context(), SweepOptions{OlderThan: time.Hour, Now: time.Now().Add(4 * time.Hour), Delete: true})
	if err != nil || len(found) != 1 || found[0].Spared != "" || found[0].Err != nil || !strings.Contains(found[0].String(), "volume vol-") {
		t.Errorf("%+v, %v", found, err)
	}
	w.empty()
}

// TestSweepLeavesOthers is an account with things that look like ours.
func TestSweepLeavesOthers(t *testing.T) {
	w := start(t)
	w.mustUp()
	w.Touch(func(c *double.Cloud) {
		for _, left := range c.Left() {
			if left.Kind == double.Cluster || left.Kind == double.Stack {
				c.Has(left.ID).Tags = map[string]string{"team": "other"}
			}
		}
	})
	before := w.Left()
	found, err := w.sweeper().Sweep(t.Context(), SweepOptions{OlderThan: time.Hour, Now: time.Now().Add(9 * time.Hour), Delete: true})
	if err != nil || len(found) != 1 || !strings.Contains(found[0].Spared, "no tag of scaleproof") {
		t.Errorf("%+v, %v", found, err)
	}
	if diff := cmp.Diff(before, w.Left()); diff != "" {
		t.Errorf("someone else's things were touched:\n%s", diff)
	}
}

// TestSweepKeepsToItsRegion is a machine whose ledger tells of a cluster of the
// same name in another region.
func TestSweepKeepsToItsRegion(t *testing.T) {
	w := start(t)
	w.mustUp()
	options := w.options
	options.CacheDir, options.Region = t.TempDir(), "us-east-1"
	p, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Up(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	options.Region = "eu-west-1" // and the ledger says us-east-1
	if p, err = New(options); err != nil {
		t.Fatal(err)
	}
	before := w.Left()
	found, err := p.Sweep(t.Context(), SweepOptions{OlderThan: time.Hour, Now: time.Now().Add(9 * time.Hour), Delete: true})
	if err != nil || len(found) != 1 || found[0].Err == nil || !strings.Contains(found[0].Err.Error(), "us-east-1") {
		t.Errorf("%+v, %v", found, err)
	}
	if diff := cmp.Diff(before, w.Left()); diff != "" {
		t.Errorf("something was removed:\n%s", diff)
	}
}
