package watch

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// apiServiceFields reads an APIService of the aggregation layer.
func apiServiceFields(o *unstructured.Unstructured) []timeline.Moment {
	w := writer{kind: timeline.APIService, object: o.GetName()}
	w.conditions(o, "Available")
	return w.moments
}
