package eks

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/providers"
	"github.com/scaleproof/scaleproof/providers/eks/awsdouble"
	double "github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
)

func TestUpAndDown(t *testing.T) {
	w := start(t)
	c := w.mustUp()
	want := providers.Traits{
		HPASync: 15 * time.Second, PodStart: podStart, NodeLaunch: nodeLaunch, RealNodes: true, Architectures: []string{"amd64", "arm64"},
	}
	if diff := cmp.Diff(want, c.Traits()); diff != "" {
		t.Errorf("traits (-want +got):\n%s", diff)
	}
	left, err := c.look(t.Context(), w.notes())
	if err != nil || !strings.Contains(strings.Join(left, ","), "oidc-provider oidc.eks.eu-west-1.") {
		t.Errorf("of a cluster that is there, %q is found: %v", left, err)
	}
	if err := c.Down(t.Context()); err != nil {
		t.Fatal(err, w.told)
	}
	w.empty()
	count := c.Requests()
	t.Logf("%+v", count)
	if count.Own > 60 || count.Own < 20 {
		t.Errorf("%d requests of its own", count.Own)
	}
	t.Log(strings.Join(w.told, "\n"))
}

// asked counts the calls of an operation.
func (w *world) asked(operation string) (n int) {
	for _, call := range w.Log() {
		if call.Operation == operation {
			n++
		}
	}
	return n
}

// TestNoPolls are requests for a change that are made again until EKS takes them.
func TestNoPolls(t *testing.T) {
	w := start(t)
	w.Turn(func(k *double.Knobs) { k.RoleAssumable = 5 })
	c := w.mustUp()
	asked := w.asked("CreateCluster")
	if n := c.Requests().ByOperation["eks:CreateCluster"]; n != asked || n < 2 {
		t.Errorf("%d of %d are counted", n, asked)
	}
	w.mustDown()
}

// TestForeignProviders are those of other clusters in the account, whose tags nobody
// needs who has a ledger, and else once.
func TestForeignProviders(t *testing.T) {
	const foreign = 30
	for who, lost := range map[string]bool{"with a ledger": false, "without": true} {
		t.Run(who, func(t *testing.T) {
			t.Parallel()
			w := start(t)
			scope := double.Scope{Account: awsdouble.Someone().Account}
			w.Touch(func(c *double.Cloud) {
				for n := range foreign {
					issuer := fmt.Sprintf("oidc.eks.%s.amazonaws.com/id/%d", w.options.Region, n)
					c.Add(&double.Resource{ID: scope.ARN("iam", "oidc-provider/"+issuer), Kind: double.OIDCProvider, Name: issuer, Scope: scope})
				}
			})
			w.mustUp()
			if lost {
				w.elsewhere()
			}
			w.Forget()
			c := w.cluster()
			if err := c.Down(t.Context()); err != nil {
				t.Fatal(err)
			}
			if left, err := c.Leftovers(t.Context()); err != nil || len(left) > 0 || len(w.Left()) != foreign {
				t.Errorf("left are %q, %v, and\n%v", left, err, w.Left())
			}
			want := map[bool]int{false: 0, true: foreign + 1}[lost] // its own is one
			if n := w.asked("ListOpenIDConnectProviderTags"); n != want {
				t.Errorf("the tags of %d providers were asked for, and not of %d", n, want)
			}
		})
	}
}
