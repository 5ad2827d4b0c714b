package eks

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/providers"
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

// TestNoPolls are requests for a change that are made again until EKS takes them.
func TestNoPolls(t *testing.T) {
	w := start(t)
	w.Turn(func(k *double.Knobs) { k.RoleAssumable = 5 })
	c, asked := w.mustUp(), 0
	for _, call := range w.Log() {
		if call.Operation == "CreateCluster" {
			asked++
		}
	}
	if n := c.Requests().ByOperation["eks:CreateCluster"]; n != asked || n < 2 {
		t.Errorf("%d of %d are counted", n, asked)
	}
	w.mustDown()
}
