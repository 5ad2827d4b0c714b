package eks

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble"
	double "github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloudformation"
)

// TestUpdatedStack is one that somebody has changed by hand: a control plane stands on
// it, from under which nothing is pulled away.
func TestUpdatedStack(t *testing.T) {
	for what, c := range map[string]struct {
		status  types.StackStatus
		unheard bool // no answer tells of the control plane yet
		says    string
	}{
		"an update":               {status: types.StackStatusUpdateComplete},
		"one that was taken back": {status: types.StackStatusUpdateRollbackComplete},
		"one that was not":        {status: types.StackStatusUpdateRollbackFailed, says: "is UPDATE_ROLLBACK_FAILED, and a control plane stands on it"},
		"and nobody knows of it":  {status: types.StackStatusUpdateRollbackFailed, unheard: true, says: "a control plane stands on it"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := start(t)
			if c.unheard {
				w.Turn(func(k *double.Knobs) { k.Hidden = map[double.Kind]int{double.Cluster: 6} })
				allow := w.Inject(awsdouble.Fault{Kind: awsdouble.Denied, Operation: "DescribeCluster", After: 1})
				if _, err := w.up(t.Context()); err == nil {
					t.Fatal("no error")
				}
				allow()
			} else {
				w.mustUp()
			}
			id, before := w.first(double.Stack), w.Left()
			w.Touch(func(cloud *double.Cloud) { cloudformation.Updated(cloud.Has(id), c.status) })
			_, err := w.up(t.Context())
			if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("Up says %v", err)
			}
			if diff := cmp.Diff(before, w.Left()); diff != "" {
				t.Errorf("Up changed something:\n%s", diff)
			}
			w.mustDown()
		})
	}
}
