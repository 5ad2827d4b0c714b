package watch

import (
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// What KEDA takes where a ScaledObject leaves a number out; polling and
// cooldown in seconds.
const (
	defaultMinReplicas = 0
	defaultMaxReplicas = 100
	defaultPolling     = 30
	defaultCooldown    = 300
)

// scaledObjectFields reads KEDA's ScaledObject. Numbers are those in force.
func scaledObjectFields(o *unstructured.Unstructured) []timeline.Moment {
	w := writer{kind: timeline.ScaledObject, object: o.GetName()}
	w.number("min", number(o, defaultMinReplicas, "spec", "minReplicaCount"))
	w.number("max", number(o, defaultMaxReplicas, "spec", "maxReplicaCount"))
	w.number("polling", number(o, defaultPolling, "spec", "pollingInterval"))
	w.number("cooldown", number(o, defaultCooldown, "spec", "cooldownPeriod"))
	kind := text(o, "spec", "scaleTargetRef", "kind")
	if kind == "" {
		kind = "Deployment"
	}
	w.word("ref", kind+"/"+text(o, "spec", "scaleTargetRef", "name"))
	w.word("labels", pairs(o.GetLabels()))
	w.word("triggers", triggers(o))
	w.conditions(o, "Ready", "Active", "Fallback", "Paused")
	names, _, _ := unstructured.NestedStringSlice(o.Object, "status", "externalMetricNames")
	w.word("metrics", strings.Join(names, ","))
	return w.moments
}

// triggers prints each trigger's type, and its name and threshold where it has
// them.
func triggers(o *unstructured.Unstructured) string {
	list, _, _ := unstructured.NestedSlice(o.Object, "spec", "triggers")
	var printed []string
	for _, item := range list {
		trigger, ok := item.(map[string]any)
		if !ok {
			continue
		}
		kind, _ := trigger["type"].(string)
		words := []string{kind}
		if name, _ := trigger["name"].(string); name != "" {
			words = append(words, "name="+name)
		}
		threshold, _, _ := unstructured.NestedString(trigger, "metadata", "threshold")
		if threshold != "" {
			words = append(words, "threshold="+threshold)
		}
		printed = append(printed, strings.Join(words, " "))
	}
	return strings.Join(printed, "; ")
}
