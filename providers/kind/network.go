package kind

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"github.com/scaleproof/scaleproof/providers/kind/engine"
)

const (
	// networkName is kind's own; its library knows no other.
	networkName = "kind"
	// networkLabel is on a network that we made and may remove.
	networkLabel = "scaleproof.dev/network"
)

// ensureNetwork makes kind's network before kind does, so that it bears our
// label. One that is there is used as it is. Its lock is held.
func ensureNetwork(ctx context.Context) error {
	found, err := engine.Run(ctx, "network", "ls", "--quiet", "--filter", "name=^"+networkName+"$")
	if err != nil || found != "" {
		return err
	}
	args := []string{"network", "create", "--driver", "bridge", "--label", networkLabel + "=true",
		"--opt", "com.docker.network.bridge.enable_ip_masquerade=true"}
	mtu, err := engine.Run(ctx, "network", "inspect", "bridge", "--format", `{{index .Options "com.docker.network.driver.mtu"}}`)
	if err != nil {
		return err
	}
	if mtu != "" {
		args = append(args, "--opt", "com.docker.network.driver.mtu="+mtu)
	}
	_, err = engine.Run(ctx, append(args, networkName)...)
	return err
}

// removeNetwork removes the network if it is ours and nothing uses it.
func removeNetwork(ctx context.Context, h home) error {
	release, err := h.claimNetwork(ctx)
	if err != nil {
		return err
	}
	defer release()
	ours, err := engine.Run(ctx, "network", "ls", "--quiet", "--filter", "name=^"+networkName+"$", "--filter", "label="+networkLabel)
	if err != nil || ours == "" {
		return err
	}
	// A stopped container is no endpoint of the network, but is lost without it.
	users, err := engine.Run(ctx, "ps", "--all", "--quiet", "--filter", "network="+networkName)
	if err != nil || users != "" {
		return err
	}
	_, err = engine.Run(ctx, "network", "rm", networkName)
	if engine.Said(err, "not found") || engine.Said(err, "no such network") || engine.Said(err, "active endpoints") {
		return nil
	}
	return err
}

// HostAddress is this machine's address in the nodes' network, which is made if
// need be. Down of a cluster removes one that was.
func (p *Provider) HostAddress(ctx context.Context) (string, error) {
	release, err := newHome(p.options.CacheDir, networkName).claimNetwork(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	if err := ensureNetwork(ctx); err != nil {
		return "", err
	}
	return gateway(ctx)
}

// gateway is the host's address on the network.
func gateway(ctx context.Context) (string, error) {
	text, err := engine.Run(ctx, "network", "inspect", networkName, "--format", "{{range .IPAM.Config}}{{.Gateway}} {{end}}")
	if err != nil {
		return "", err
	}
	for _, field := range strings.Fields(text) {
		if address, err := netip.ParseAddr(field); err == nil && address.Is4() {
			return address.String(), nil
		}
	}
	return "", fmt.Errorf("the network %s has no IPv4 gateway: remove it (docker network rm %s), and it is made anew", networkName, networkName)
}
