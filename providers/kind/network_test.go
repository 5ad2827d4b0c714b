package kind

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/providers/kind/engine/fakedocker"
)

// TestNetworkThatIsKept is one in which this machine has an address before there
// is a cluster, and after.
func TestNetworkThatIsKept(t *testing.T) {
	docker := fakedocker.Install(t, "docker", append(having(t),
		fakedocker.Says("network ls *", ""), fakedocker.Says("network create *", "n1"),
		fakedocker.Says("network inspect bridge *", ""), fakedocker.Says("network inspect kind *", "172.18.0.1 fc00::1 "))...)
	p := provider(t, func(o *Options) { o.KeepNetwork = true })
	if address, err := p.HostAddress(t.Context()); err != nil || address != "172.18.0.1" {
		t.Errorf("the address is %q, %v", address, err)
	}
	found, err := p.Find(t.Context(), "it")
	if err == nil {
		err = found.Down(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	changes := slices.DeleteFunc(docker.Calls(t), func(call string) bool {
		return !strings.HasPrefix(call, "network create") && !strings.HasPrefix(call, "network rm")
	})
	want := []string{"network create --driver bridge --label scaleproof.dev/network=true --opt com.docker.network.bridge.enable_ip_masquerade=true kind"}
	if diff := cmp.Diff(want, changes); diff != "" {
		t.Errorf("what was done to networks (-want +got):\n%s", diff)
	}
}
