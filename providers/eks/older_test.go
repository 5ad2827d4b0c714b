package eks

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble"
	double "github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
)

// kept is a volume and a machine of a cluster of that name which was made before.
func (w *world) kept() {
	scope := double.Scope{Account: awsdouble.Someone().Account, Region: w.options.Region}
	w.Touch(func(c *double.Cloud) {
		for _, kind := range []double.Kind{double.Volume, double.Instance} {
			c.Add(&double.Resource{
				Kind: kind, Scope: scope, Tags: map[string]string{double.ClusterTag: name}, Attributes: map[string]string{"state": "running"},
			}).Created = time.Now().Add(-24 * time.Hour)
		}
	})
}

// TestOlderThings are of an earlier cluster of that name, and somebody's: whoever
// removes ours leaves them alone and says so, and ends when all else is gone.
func TestOlderThings(t *testing.T) {
	for who, remove := range map[string]func(w *world) error{
		"who made it":  func(w *world) error { return w.cluster().Down(w.t.Context()) },
		"someone else": func(w *world) error { w.elsewhere(); return w.cluster().Down(w.t.Context()) },
		"a sweep": func(w *world) error {
			found, err := w.sweeper().Sweep(w.t.Context(), SweepOptions{OlderThan: time.Hour, Now: time.Now().Add(5 * time.Hour), Delete: true})
			if err == nil && len(found) == 1 {
				err = found[0].Err
			}
			return err
		},
	} {
		t.Run(who, func(t *testing.T) {
			t.Parallel()
			w := start(t)
			w.Turn(func(k *double.Knobs) { k.LeakedVolumes, k.StuckInstances, k.KeepsInstances = 2, true, false })
			w.kept()
			before := w.Left()
			w.mustUp()
			if err := remove(w); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(before, w.Left()); diff != "" {
				t.Errorf("what was there before (-) and is left (+):\n%s", diff)
			}
			told := strings.Join(w.told, "\n")
			for _, thing := range before {
				if want := thing.ID + " is older than cluster " + name; !strings.Contains(told, want) {
					t.Errorf("nobody says that %s", want)
				}
			}
		})
	}
}
