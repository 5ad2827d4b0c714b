package mutant

import (
	"context"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"github.com/scaleproof/scaleproof/fixtures/stack"
)

// telling are the mutants of what the stack tells about itself.
var telling = []Mutant{
	{
		Name:   "keda-tells-nothing",
		Breaks: []string{"observability.keda-tells", "observability.dashboard-shows"},
		Start:  on(func(ctx context.Context, c cluster) error { return silence(ctx, c, true) }),
		Mend:   on(func(ctx context.Context, c cluster) error { return silence(ctx, c, false) }),
	},
	{
		// A dashboard that has not followed a rename: KEDA had the metric so until
		// 2.8.
		Name:   "dashboard-of-an-old-keda",
		Breaks: []string{"observability.dashboard-shows"},
		Query:  strings.NewReplacer("keda_scaler_metrics_value", "keda_metrics_adapter_scaler_metrics_value").Replace,
	},
}

// noMetrics has KEDA's operator serve no metrics of its own.
const noMetrics = "--enable-prometheus-metrics=false"

// silence takes KEDA's own metrics away, or gives them back, and returns once
// only operators run that were told so. It does nothing to one that is as asked.
func silence(ctx context.Context, c cluster, silent bool) error {
	operator, err := c.objects.Resource(deployments).Namespace(stack.KEDANamespace).Get(ctx, stack.KEDAOperator, metav1.GetOptions{})
	if apierrors.IsNotFound(err) && !silent {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find Deployment %s/%s: %w", stack.KEDANamespace, stack.KEDAOperator, err)
	}
	_, marked := hadMetrics.on(operator)
	at, err := noMetricsAt(operator)
	if err != nil || !marked && (!silent || at >= 0) {
		return err // it tells, or was silent before us
	}
	if steps := silenceChange(operator, silent, at); len(steps) > 0 {
		err := c.patch(ctx, deployments, stack.KEDANamespace, stack.KEDAOperator, types.JSONPatchType, steps)
		if err != nil {
			return fmt.Errorf("patch Deployment %s/%s: %w", stack.KEDANamespace, stack.KEDAOperator, err)
		}
	}
	what := fmt.Sprintf("all pods of Deployment %s/%s are new ones", stack.KEDANamespace, stack.KEDAOperator)
	if err := c.until(ctx, what, deployments, stack.KEDANamespace, labels.Everything(), object(stack.KEDAOperator, renewed)); err != nil {
		return err
	}
	if err := c.served(ctx, stack.ExternalMetricsAPIService, true); err != nil || silent {
		return err
	}
	return hadMetrics.takeOff(ctx, c, deployments, operator)
}

// step is one operation of a JSON patch.
type step struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value,omitempty"`
}

// arguments are where a JSON patch finds those of the operator.
const arguments = "/spec/template/spec/containers/0/args"

// noMetricsAt is which of the operator's arguments silences it; -1 if none does.
func noMetricsAt(operator *unstructured.Unstructured) (int, error) {
	containers, _, _ := unstructured.NestedSlice(operator.Object, "spec", "template", "spec", "containers")
	if len(containers) == 0 {
		return 0, fmt.Errorf("deployment %s/%s has no container", stack.KEDANamespace, stack.KEDAOperator)
	}
	first, _ := containers[0].(map[string]any)
	args, _, _ := unstructured.NestedStringSlice(first, "args")
	return slices.Index(args, noMetrics), nil
}

// silenceChange is the patch that an operator lacks, whose argument is at an index,
// or at none below zero; nil if it is as asked.
func silenceChange(operator *unstructured.Unstructured, silent bool, at int) []step {
	index := fmt.Sprintf("%s/%d", arguments, at)
	switch {
	case silent == (at >= 0):
		return nil
	case silent:
		annotations := merged(operator, hadMetrics.set(operator, "true"))
		return []step{{"add", arguments + "/-", noMetrics}, {"add", "/metadata/annotations", annotations}}
	default:
		return []step{{"test", index, noMetrics}, {"remove", index, nil}}
	}
}

// renewed holds once no pod of a Deployment's former template is left.
func renewed(o *unstructured.Unstructured) bool {
	status := func(field string) int64 {
		n, _, _ := unstructured.NestedInt64(o.Object, "status", field)
		return n
	}
	asked, found, _ := unstructured.NestedInt64(o.Object, "spec", "replicas")
	if !found {
		asked = 1
	}
	return status("observedGeneration") >= o.GetGeneration() && status("replicas") == asked &&
		status("updatedReplicas") == asked && status("availableReplicas") == asked
}
