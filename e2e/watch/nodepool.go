package watch

import (
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// nodePoolFields reads Karpenter's NodePool: its limit and what it has, in
// cores, and after how many seconds it consolidates; no such field tells that
// it never does.
func nodePoolFields(o *unstructured.Unstructured) []timeline.Moment {
	w := writer{kind: timeline.NodePool, object: o.GetName()}
	w.conditions(o, "Ready")
	if limit, ok := cores(o, "spec", "limits", "cpu"); ok {
		w.number("limit", limit)
	}
	used, _ := cores(o, "status", "resources", "cpu")
	w.number("cpu", used)
	if after, err := time.ParseDuration(text(o, "spec", "disruption", "consolidateAfter")); err == nil {
		w.number("consolidateAfter", after.Seconds())
	}
	w.truth("deleting", o.GetDeletionTimestamp() != nil, "")
	return w.moments
}
