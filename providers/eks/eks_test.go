package eks

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/providers"
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
