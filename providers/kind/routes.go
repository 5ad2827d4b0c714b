package kind

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/scaleproof/scaleproof/providers/kind/engine"
)

// routesName is the DaemonSet that connects the pods of all nodes.
const routesName = "node-routes"

// awaitRoutes returns when each node's kernel has the way to every other node's
// pods, and masquerades what leaves them: the agent has no state that the API
// shows, so the nodes are asked. Only those that last: others may be gone, and
// their way to each other's pods is theirs to wait for.
func (c *cluster) awaitRoutes(ctx context.Context, client kubernetes.Interface) error {
	if c.options.RegistryImage == "" {
		return nil
	}
	list, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	nodes := lasting(list.Items)
	for _, node := range nodes {
		if err := awaitNode(ctx, node.Name, nodes); err != nil {
			return err
		}
	}
	return nil
}

// lasting are the nodes that the cluster was made with.
func lasting(nodes []corev1.Node) []corev1.Node {
	return slices.DeleteFunc(nodes, func(node corev1.Node) bool { return comesAndGoes(&node) })
}

// awaitNode is awaitRoutes for one node.
func awaitNode(ctx context.Context, name string, nodes []corev1.Node) error {
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	for {
		table, err := engine.Run(ctx, "exec", name, "ip", "-4", "route", "show")
		missing := missingRoutes(table, name, nodes)
		if err == nil {
			_, err = engine.Run(ctx, "exec", name, "nft", "list", "table", "ip", routesName)
		}
		if err == nil && missing == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("node %s lacks routes to the pods of [%s], or does not masquerade what leaves its own: see the logs of daemonset %s: %w",
				name, strings.Join(missing, ", "), routesName, errors.Join(err, context.Cause(ctx)))
		case <-ticker.C:
		}
	}
}

// missingRoutes names the other nodes whose pods a routing table does not lead to.
func missingRoutes(table, self string, nodes []corev1.Node) []string {
	var missing []string
	for _, node := range nodes {
		for _, address := range node.Status.Addresses {
			way := node.Spec.PodCIDR + " via " + address.Address + " "
			if node.Name != self && address.Type == corev1.NodeInternalIP && !strings.Contains(table+" ", way) {
				missing = append(missing, node.Name)
			}
		}
	}
	return missing
}
