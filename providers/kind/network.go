package kind

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/scaleproof/scaleproof/providers"
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

// engineHost is the name of the machine that an engine in a virtual machine is
// used from. What comes to its address there comes in on that machine's loopback:
// https://docs.docker.com/desktop/features/networking/networking-how-tos/, "I want
// to connect from a container to a service on the host".
const engineHost = "host.docker.internal"

// hostAddress is where a node reaches this machine: at the network's gateway,
// unless that is the address of another that the engine runs in.
func hostAddress(ctx context.Context, node string) (providers.HostAddress, error) {
	address, err := gateway(ctx)
	if err != nil {
		return providers.HostAddress{}, err
	}
	own, err := isOwn(address)
	if err != nil || own {
		return providers.HostAddress{Reached: address, Listen: address}, err
	}
	known, err := engine.Run(ctx, "exec", node, "getent", "ahostsv4", engineHost)
	if err != nil {
		return providers.HostAddress{}, fmt.Errorf("the nodes do not reach this machine, which delivers to them: "+
			"it has not the address of the network %s's gateway, %s, and node %s knows no %s; %s: %w",
			networkName, address, node, engineHost, engine.FitEngine, err)
	}
	first, _, _ := strings.Cut(known, " ")
	return providers.HostAddress{Reached: first, Listen: "127.0.0.1"}, nil
}

// isOwn tells whether this machine has an address.
func isOwn(address string) (bool, error) {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return false, fmt.Errorf("addresses of this machine: %w", err)
	}
	return slices.ContainsFunc(all, func(a net.Addr) bool {
		network, ok := a.(*net.IPNet)
		return ok && network.IP.String() == address
	}), nil
}

// gateway is the network's, which is the engine's host.
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
