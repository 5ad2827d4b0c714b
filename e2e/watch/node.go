package watch

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// Labels and the taint of nodes that Karpenter made.
const (
	poolLabel      = "karpenter.sh/nodepool"
	disruptedTaint = "karpenter.sh/disrupted"
)

// nodeFields reads a Node. Its cpu is what pods may ask for, in cores.
func nodeFields(n *corev1.Node) []timeline.Moment {
	w := writer{kind: timeline.Node, object: n.Name}
	ready, reason := false, ""
	for _, c := range n.Status.Conditions {
		if c.Type == corev1.NodeReady {
			ready, reason = c.Status == corev1.ConditionTrue, c.Reason
		}
	}
	w.truth("Ready", ready, reason)
	w.word("pool", n.Labels[poolLabel])
	w.word("type", n.Labels[corev1.LabelInstanceTypeStable])
	w.word("arch", n.Labels[corev1.LabelArchStable])
	w.word("provider", n.Spec.ProviderID)
	w.word("labels", pairs(n.Labels))
	if cpu := n.Status.Allocatable.Cpu(); !cpu.IsZero() {
		w.number("cpu", exact(*cpu))
	}
	disrupted := false
	for _, taint := range n.Spec.Taints {
		disrupted = disrupted || taint.Key == disruptedTaint
	}
	w.truth("disrupted", disrupted, "")
	w.truth("deleting", n.DeletionTimestamp != nil, "")
	return w.moments
}
