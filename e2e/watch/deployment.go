package watch

import (
	appsv1 "k8s.io/api/apps/v1"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// deploymentFields reads a Deployment: what it was asked for, what it has, and
// how many of these are ready.
func deploymentFields(d *appsv1.Deployment) []timeline.Moment {
	asked := int32(1) // the API's default
	if d.Spec.Replicas != nil {
		asked = *d.Spec.Replicas
	}
	w := writer{kind: timeline.Deployment, object: d.Name}
	w.number("spec", float64(asked))
	w.number("replicas", float64(d.Status.Replicas))
	w.number("ready", float64(d.Status.ReadyReplicas))
	return w.moments
}
