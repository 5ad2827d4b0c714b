package watch

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// sourceFields reads Flux's GitRepository; its revision is the artifact that
// Kustomizations are given.
func sourceFields(o *unstructured.Unstructured) []timeline.Moment {
	w := writer{kind: timeline.Source, object: o.GetName()}
	w.conditions(o, "Ready")
	w.word("revision", text(o, "status", "artifact", "revision"))
	w.truth("suspend", suspended(o), "")
	return w.moments
}

// kustomizationFields reads Flux's Kustomization; its revision is the one that
// was applied last.
func kustomizationFields(o *unstructured.Unstructured) []timeline.Moment {
	w := writer{kind: timeline.Kustomization, object: o.GetName()}
	w.conditions(o, "Ready")
	w.word("revision", text(o, "status", "lastAppliedRevision"))
	w.word("attempted", text(o, "status", "lastAttemptedRevision"))
	w.word("handled", text(o, "status", "lastHandledReconcileAt"))
	w.truth("suspend", suspended(o), "")
	return w.moments
}

func suspended(o *unstructured.Unstructured) bool {
	suspend, _, _ := unstructured.NestedBool(o.Object, "spec", "suspend")
	return suspend
}
