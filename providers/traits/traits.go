// Package traits reads a cluster's abilities and costs off the cluster itself.
package traits

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/scaleproof/scaleproof/providers"
)

// DefaultHPASync is the controller-manager's own default, also that of managed
// control planes, whose flags cannot be seen.
const DefaultHPASync = 15 * time.Second

// hpaSyncFlag sets another.
const hpaSyncFlag = "--horizontal-pod-autoscaler-sync-period="

// Read looks at the nodes and, where it runs as a pod, at the controller
// manager. What pods and nodes cost is for the provider to say.
func Read(ctx context.Context, config *rest.Config) (providers.Traits, error) {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return providers.Traits{}, err
	}
	nodes, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return providers.Traits{}, fmt.Errorf("reading the nodes: %w", err)
	}
	managers, err := client.CoreV1().Pods("kube-system").List(ctx, metav1.ListOptions{LabelSelector: "component=kube-controller-manager"})
	if err != nil {
		return providers.Traits{}, fmt.Errorf("reading the controller manager's flags: %w", err)
	}
	sync, err := hpaSync(managers.Items)
	if err != nil {
		return providers.Traits{}, err
	}
	there, err := grafana(ctx, client)
	if err != nil {
		return providers.Traits{}, err
	}
	return providers.Traits{HPASync: sync, Grafana: there, Architectures: architectures(nodes.Items)}, nil
}

// Where kube-prometheus-stack has its Grafana.
const (
	grafanaNamespace = "monitoring"
	grafanaService   = "kube-prometheus-stack-grafana"
)

// grafana tells whether the stack on a cluster has one.
func grafana(ctx context.Context, client kubernetes.Interface) (bool, error) {
	_, err := client.CoreV1().Services(grafanaNamespace).Get(ctx, grafanaService, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("looking for Grafana: %w", err)
	}
	return true, nil
}

// hpaSync is the longest period among the controller managers: any of them may
// lead.
func hpaSync(managers []corev1.Pod) (time.Duration, error) {
	longest := time.Duration(0)
	for _, manager := range managers {
		period := DefaultHPASync
		for _, container := range manager.Spec.Containers {
			for _, arg := range append(slices.Clone(container.Command), container.Args...) {
				value, found := strings.CutPrefix(arg, hpaSyncFlag)
				if !found {
					continue
				}
				set, err := time.ParseDuration(value)
				if err != nil {
					return 0, fmt.Errorf("pod %s: %s: %w", manager.Name, arg, err)
				}
				period = set
			}
		}
		longest = max(longest, period)
	}
	if longest == 0 {
		return DefaultHPASync, nil
	}
	return longest, nil
}

// architectures of the nodes that take pods.
func architectures(nodes []corev1.Node) []string {
	found := map[string]bool{}
	for _, node := range nodes {
		if !node.Spec.Unschedulable {
			found[node.Status.NodeInfo.Architecture] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}
