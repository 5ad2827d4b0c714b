package watch

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// nodeClaimConditions are those of a claim's life, in the order in which they
// come true, and those that tell why it may end.
var nodeClaimConditions = []string{
	"Launched", "Registered", "Initialized", "Ready", "Consolidatable", "Drifted", "DisruptionReason", "Drained", "InstanceTerminating",
}

// nodeClaimFields reads Karpenter's NodeClaim. Its requests are the cores that
// it was made for, its cpu those that it got.
func nodeClaimFields(o *unstructured.Unstructured) []timeline.Moment {
	w := writer{kind: timeline.NodeClaim, object: o.GetName()}
	requests, _ := cores(o, "spec", "resources", "requests", "cpu")
	w.number("requests", requests)
	labels := o.GetLabels()
	w.word("pool", labels[poolLabel])
	w.word("type", labels[corev1.LabelInstanceTypeStable])
	w.word("arch", labels[corev1.LabelArchStable])
	w.word("labels", pairs(labels))
	w.word("node", text(o, "status", "nodeName"))
	w.word("provider", text(o, "status", "providerID"))
	if cpu, ok := cores(o, "status", "capacity", "cpu"); ok {
		w.number("cpu", cpu)
	}
	w.conditions(o, nodeClaimConditions...)
	w.truth("deleting", o.GetDeletionTimestamp() != nil, "")
	return w.moments
}

// cores reads a quantity of CPU. It is false where there is none.
func cores(o *unstructured.Unstructured, path ...string) (float64, bool) {
	quantity, err := resource.ParseQuantity(text(o, path...))
	if err != nil {
		return 0, false
	}
	return exact(quantity), true
}
