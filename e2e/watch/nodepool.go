package watch

import (
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// nodePoolFields reads Karpenter's NodePool: its limit and what it has, in
// cores, of which labels its nodes are to have which of several values, and after
// how many seconds it consolidates; no such field tells that it never does.
func nodePoolFields(o *unstructured.Unstructured) []timeline.Moment {
	w := writer{kind: timeline.NodePool, object: o.GetName()}
	w.conditions(o, "Ready")
	if limit, ok := cores(o, "spec", "limits", "cpu"); ok {
		w.number("limit", limit)
	}
	used, _ := cores(o, "status", "resources", "cpu")
	w.number("cpu", used)
	w.word("requires", requires(o))
	if after, err := time.ParseDuration(text(o, "spec", "disruption", "consolidateAfter")); err == nil {
		w.number("consolidateAfter", after.Seconds())
	}
	w.truth("deleting", o.GetDeletionTimestamp() != nil, "")
	return w.moments
}

// requires are the labels of which the pool names the values that it allows, as in
// "kubernetes.io/arch=amd64|arm64".
func requires(o *unstructured.Unstructured) string {
	requirements, _, _ := unstructured.NestedSlice(o.Object, "spec", "template", "spec", "requirements")
	allowed := map[string]string{}
	for _, each := range requirements {
		requirement, _ := each.(map[string]any)
		key, _, _ := unstructured.NestedString(requirement, "key")
		operator, _, _ := unstructured.NestedString(requirement, "operator")
		values, _, _ := unstructured.NestedStringSlice(requirement, "values")
		if corev1.NodeSelectorOperator(operator) == corev1.NodeSelectorOpIn {
			slices.Sort(values)
			allowed[key] = strings.Join(values, "|")
		}
	}
	return pairs(allowed)
}
