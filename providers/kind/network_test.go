package kind

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/providers"
	"github.com/scaleproof/scaleproof/providers/kind/engine/fakedocker"
)

// TestNetworkThatIsKept is one in which this machine has an address before there
// is a cluster, and after.
func TestNetworkThatIsKept(t *testing.T) {
	docker := fakedocker.Install(t, "docker", append(alive(having(t)...),
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

// TestNetworkIsNoCluster: a cluster may have any name, and makes its network.
func TestNetworkIsNoCluster(t *testing.T) {
	h := newHome(t.TempDir(), "network")
	release, err := h.claim()
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	releaseNetwork, err := h.claimNetwork(ctx)
	if err != nil {
		t.Fatalf("a cluster called network waits for itself: %v", err)
	}
	releaseNetwork()
}

func TestNetworkIsWaitedForUntilTheContextEnds(t *testing.T) {
	cache := t.TempDir()
	release, err := newHome(cache, "it").claimNetwork(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(2*networkPause, func() { cancel(stop) })
	if _, err := newHome(cache, "it2").claimNetwork(ctx); !errors.Is(err, stop) || !errors.Is(err, errNetwork) {
		t.Errorf("error %v", err)
	}
	time.AfterFunc(2*networkPause, release)
	again, err := newHome(cache, "it2").claimNetwork(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	again()
}

// TestNetworkIsHeldUntilTheRegistryIsOnIt has another cluster go while this one's
// registry is put on the network that both share.
func TestNetworkIsHeldUntilTheRegistryIsOnIt(t *testing.T) {
	docker := fakedocker.Install(t, "docker",
		fakedocker.Says("network ls *", "n1"), fakedocker.Says("ps *", ""), fakedocker.Says("network rm *", ""),
		fakedocker.Says("image inspect *", "sha256:1"),
		fakedocker.Answer{Match: "run *", Script: "touch $STATE/running; until test -e $STATE/go; do sleep 0.01; done"})
	p := provider(t, nil)
	c, err := p.open("it")
	if err != nil {
		t.Fatal(err)
	}
	occupied := make(chan error, 1)
	go func() { occupied <- c.occupyNetwork(t.Context()) }()
	awaitFile(t, filepath.Join(docker.State, "running"))
	ctx, cancel := context.WithTimeout(t.Context(), 2*networkPause)
	defer cancel()
	if err := removeNetwork(ctx, newHome(p.options.CacheDir, "it2")); !errors.Is(err, errNetwork) {
		t.Errorf("removing the network meanwhile: error %v", err)
	}
	if err := os.WriteFile(filepath.Join(docker.State, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := <-occupied; err != nil {
		t.Fatal(err)
	}
	if calls := strings.Join(docker.Calls(t), "\n"); strings.Contains(calls, "network rm") {
		t.Errorf("the network is gone:\n%s", calls)
	}
}

func awaitFile(t *testing.T, path string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for !exists(path) {
		select {
		case <-ctx.Done():
			t.Fatalf("there is no %s", path)
		case <-ticker.C:
		}
	}
}

// TestHostAddress is the gateway's where this machine has it, and else that of the
// machine which an engine in a virtual one is used from.
func TestHostAddress(t *testing.T) {
	unknown := fakedocker.Fails("exec *", "")
	const desktop = "192.168.65.254  STREAM host.docker.internal\n192.168.65.254  DGRAM\n"
	for name, test := range map[string]struct {
		gateway string
		known   fakedocker.Answer
		want    providers.HostAddress
		says    string
	}{
		"engine here":            {gateway: "127.0.0.1", known: unknown, want: providers.HostAddress{Reached: "127.0.0.1", Listen: "127.0.0.1"}},
		"engine of a desktop":    {gateway: "192.0.2.254", known: fakedocker.Says("exec *", desktop), want: providers.HostAddress{Reached: "192.168.65.254", Listen: "127.0.0.1"}},
		"engine without root":    {gateway: "192.0.2.254", known: unknown, says: "use an engine that runs as root"},
		"network without a host": {gateway: "", known: unknown, says: "docker network rm kind"},
	} {
		t.Run(name, func(t *testing.T) {
			fakedocker.Install(t, "docker", fakedocker.Says("network inspect kind *", test.gateway), test.known)
			got, err := hostAddress(t.Context(), "it-control-plane")
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("address (-want +got):\n%s", diff)
			}
			if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %v, want %q", err, test.says)
			}
		})
	}
}
