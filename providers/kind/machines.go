package kind

import (
	"context"
	"fmt"
	"path"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/scaleproof/scaleproof/providers"
	"github.com/scaleproof/scaleproof/providers/kind/engine"
)

const (
	// poolLabel is on the containers that Karpenter's provider makes, as it is
	// on their Nodes.
	poolLabel = "karpenter.sh/nodepool"
	// providerIDPrefix is kind's own: kind://docker/<cluster>/<node>.
	providerIDPrefix = "kind://docker/"
)

// comesAndGoes tells whether a Node is Karpenter's. Its container may be gone
// before it is, for good where whoever would see to it is gone too.
func comesAndGoes(node *corev1.Node) bool {
	_, pooled := node.Labels[poolLabel]
	return pooled
}

var _ providers.MachineKeeper = (*cluster)(nil)

// Machines implements providers.MachineKeeper: the cluster's node containers.
func (c *cluster) Machines(ctx context.Context) ([]providers.Machine, error) {
	text, err := engine.Run(ctx, "ps", "--all", "--filter", "label="+kindLabel+"="+c.name,
		"--format", `{{.Names}} {{.Label "`+poolLabel+`"}}`)
	if err != nil {
		return nil, err
	}
	return machines(c.name, text), nil
}

// machines reads a line for each container: its name, and its pool if it has one.
func machines(cluster, text string) []providers.Machine {
	var all []providers.Machine
	for line := range strings.Lines(text) {
		name, pool, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name != "" {
			all = append(all, providers.Machine{ProviderID: providerIDPrefix + path.Join(cluster, name), Pool: pool})
		}
	}
	return all
}

// Terminate implements providers.MachineKeeper.
func (c *cluster) Terminate(ctx context.Context, providerID string) error {
	name, ours := strings.CutPrefix(providerID, providerIDPrefix+c.name+"/")
	if !ours || name == "" || strings.Contains(name, "/") {
		return fmt.Errorf("no node of cluster %s has the provider id %q", c.name, providerID)
	}
	if _, err := engine.Run(ctx, "rm", "--force", "--volumes", name); err != nil && !engine.Said(err, "no such container") {
		return err
	}
	return nil
}
