package watch

import (
	"encoding/json"
	"fmt"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// hpaFields reads a HorizontalPodAutoscaler.
func hpaFields(h *autoscalingv2.HorizontalPodAutoscaler) []timeline.Moment {
	low := int32(1) // the API's default
	if h.Spec.MinReplicas != nil {
		low = *h.Spec.MinReplicas
	}
	w := writer{kind: timeline.HPA, object: h.Name}
	w.number("current", float64(h.Status.CurrentReplicas))
	w.number("desired", float64(h.Status.DesiredReplicas))
	w.number("min", float64(low))
	w.number("max", float64(h.Spec.MaxReplicas))
	metrics, target, ok := externalMetrics(h)
	if ok {
		w.number("target", target)
	}
	if average, ok := currentAverage(h); ok {
		w.number("average", average)
	}
	for _, c := range h.Status.Conditions {
		w.truth(string(c.Type), c.Status == corev1.ConditionTrue, c.Reason)
	}
	w.word("owner", owner(h.OwnerReferences))
	w.word("labels", pairs(h.Labels))
	w.word("ref", h.Spec.ScaleTargetRef.Kind+"/"+h.Spec.ScaleTargetRef.Name)
	w.word("metrics", metrics)
	w.word("behavior", behavior(h.Spec.Behavior))
	return w.moments
}

// externalMetrics prints the external metrics of an HPA, and returns the
// AverageValue of the first that has one.
func externalMetrics(h *autoscalingv2.HorizontalPodAutoscaler) (printed string, target float64, ok bool) {
	var words []string
	for _, m := range h.Spec.Metrics {
		if m.External == nil {
			continue
		}
		var value float64
		t := m.External.Target
		switch {
		case t.AverageValue != nil:
			value = exact(*t.AverageValue)
			if !ok {
				target, ok = value, true
			}
		case t.Value != nil:
			value = exact(*t.Value)
		}
		selector := ""
		if m.External.Metric.Selector != nil {
			selector = metav1.FormatLabelSelector(m.External.Metric.Selector)
		}
		words = append(words, fmt.Sprintf("%s{%s} %s %s", m.External.Metric.Name, selector, t.Type, timeline.Number(value)))
	}
	return strings.Join(words, "; "), target, ok
}

// currentAverage returns what the HPA last read of its first external metric,
// for each replica that there was then.
func currentAverage(h *autoscalingv2.HorizontalPodAutoscaler) (float64, bool) {
	for _, m := range h.Status.CurrentMetrics {
		if m.External != nil && m.External.Current.AverageValue != nil {
			return exact(*m.External.Current.AverageValue), true
		}
	}
	return 0, false
}

// exact returns a quantity to a thousandth, the resolution of the metrics APIs,
// rounded once: 21800m is 21.8.
func exact(q resource.Quantity) float64 { return float64(q.MilliValue()) / 1000 }

// owner names who controls an object, or who owns it where nobody controls it.
func owner(refs []metav1.OwnerReference) string {
	for _, ref := range refs {
		if ref.Controller != nil && *ref.Controller {
			return ref.Kind + "/" + ref.Name
		}
	}
	if len(refs) > 0 {
		return refs[0].Kind + "/" + refs[0].Name
	}
	return ""
}

func behavior(b *autoscalingv2.HorizontalPodAutoscalerBehavior) string {
	if b == nil {
		return ""
	}
	compact, err := json.Marshal(b)
	if err != nil {
		return err.Error()
	}
	return string(compact)
}
