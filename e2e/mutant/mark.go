package mutant

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

// mark is an annotation of an object that a mutant has changed. Its value is
// what undoes that, so that anyone may, also after a kill. Mending heeds nothing
// else: on a cluster that others have made, what looks like the work of a mutant
// may be what they want.
type mark string

// The marks, one for each kind of change: an object may bear several.
const (
	hadReplicas mark = "scaleproof.dev/had-replicas"
	hadClass    mark = "scaleproof.dev/had-class"
	hadMetrics  mark = "scaleproof.dev/had-metrics"
	hadNodes    mark = "scaleproof.dev/had-nodes"
)

// That Flux is to leave an object as it is, and what its owner had there before.
const (
	notByFlux    = "kustomize.toolkit.fluxcd.io/reconcile"
	hadNotByFlux = "scaleproof.dev/had-reconcile"
)

// on is the value of the mark, if the object bears it.
func (m mark) on(o *unstructured.Unstructured) (value string, marked bool) {
	value, marked = o.GetAnnotations()[string(m)]
	return value, marked
}

// set is what a merge patch has as annotations to mark the object. One that bears
// the mark keeps it: what it has now is the mutant's.
func (m mark) set(o *unstructured.Unstructured, value string) map[string]any {
	if _, marked := m.on(o); marked {
		return map[string]any{}
	}
	annotations := map[string]any{string(m): value, notByFlux: "disabled"}
	if had, found := o.GetAnnotations()[notByFlux]; found {
		annotations[hadNotByFlux] = had
	}
	return annotations
}

// takeOff takes the mark off an object again. That is the last step of a mend, when
// what was undone is seen to have come back: one that was cut off before is gone on
// with by the next, and does not pass for done.
func (m mark) takeOff(ctx context.Context, c cluster, of schema.GroupVersionResource, o *unstructured.Unstructured) error {
	change := map[string]any{"metadata": map[string]any{"annotations": m.clear(o)}}
	if err := c.patch(ctx, of, o.GetNamespace(), o.GetName(), types.MergePatchType, change); err != nil {
		return fmt.Errorf("take annotation %s off %s %s: %w", m, of.Resource, o.GetName(), err)
	}
	return nil
}

// clear is what a merge patch has as annotations to take the mark off again.
func (m mark) clear(o *unstructured.Unstructured) map[string]any {
	annotations := map[string]any{string(m): nil, notByFlux: nil, hadNotByFlux: nil}
	if had, found := o.GetAnnotations()[hadNotByFlux]; found {
		annotations[notByFlux] = had
	}
	return annotations
}

// merged are the object's annotations after such a patch.
func merged(o *unstructured.Unstructured, change map[string]any) map[string]any {
	all := map[string]any{}
	for key, value := range o.GetAnnotations() {
		all[key] = value
	}
	for key, value := range change {
		if all[key] = value; value == nil {
			delete(all, key)
		}
	}
	return all
}
