package kind

import (
	"context"
	"errors"
	"fmt"
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
// pods: the agent has no state that the API shows, so the nodes are asked.
func (c *cluster) awaitRoutes(ctx context.Context, client kubernetes.Interface) error {
	if c.options.Nodes < 2 {
		return nil
	}
	nodes, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	for _, node := range nodes.Items {
		for {
			table, err := engine.Run(ctx, "exec", node.Name, "ip", "-4", "route", "show")
			missing := missingRoutes(table, node.Name, nodes.Items)
			if err == nil && missing == nil {
				break
			}
			select {
			case <-ctx.Done():
				return fmt.Errorf("node %s has no route to the pods of %s: see the logs of daemonset %s: %w",
					node.Name, strings.Join(missing, ", "), routesName, errors.Join(err, context.Cause(ctx)))
			case <-ticker.C:
			}
		}
	}
	return nil
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
