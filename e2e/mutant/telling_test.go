package mutant

import (
	"context"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/scaleproof/scaleproof/fixtures/stack"
)

// kedaOperator puts KEDA's operator into a cluster, with one pod of a template
// that the controller has seen.
func kedaOperator(t *testing.T, c cluster, args ...any) {
	t.Helper()
	put(t, c, deployments, map[string]any{"apiVersion": "apps/v1", "kind": "Deployment",
		"metadata": map[string]any{"name": stack.KEDAOperator, "namespace": stack.KEDANamespace, "generation": int64(2), "annotations": map[string]any{"a": "b"}},
		"spec": map[string]any{"replicas": int64(1), "template": map[string]any{"spec": map[string]any{
			"containers": []any{map[string]any{"name": "keda-operator", "args": args}},
		}}},
		"status": map[string]any{"observedGeneration": int64(1), "replicas": int64(2), "updatedReplicas": int64(1), "availableReplicas": int64(2)}})
	put(t, c, apiServices, map[string]any{"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
		"metadata": map[string]any{"name": stack.ExternalMetricsAPIService},
		"status":   map[string]any{"conditions": []any{map[string]any{"type": "Available", "status": "True"}}}})
}

// renew is the controller that has replaced the pod.
func renew(t *testing.T, c cluster) {
	t.Helper()
	o := theOperator(t, c)
	for field, value := range map[string]int64{"observedGeneration": 2, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1} {
		if err := unstructured.SetNestedField(o.Object, value, "status", field); err != nil {
			t.Fatal(err)
		}
	}
	put(t, c, deployments, o.Object)
}

func theOperator(t *testing.T, c cluster) *unstructured.Unstructured {
	t.Helper()
	o, err := c.objects.Resource(deployments).Namespace(stack.KEDANamespace).Get(t.Context(), stack.KEDAOperator, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func argsOf(t *testing.T, c cluster) []string {
	t.Helper()
	containers, _, _ := unstructured.NestedSlice(theOperator(t, c).Object, "spec", "template", "spec", "containers")
	args, _, _ := unstructured.NestedStringSlice(containers[0].(map[string]any), "args")
	return args
}

func TestSilence(t *testing.T) {
	c := newCluster(t)
	kedaOperator(t, c, "--leader-elect", "--zap-log-level=info")
	silent := func(ctx context.Context) error { return silence(ctx, c, true) }
	waits(t, "the new pod", silent, func() { renew(t, c) })
	if got := argsOf(t, c); !slices.Equal(got, []string{"--leader-elect", "--zap-log-level=info", noMetrics}) {
		t.Errorf("silent with %v", got)
	}
	if got := theOperator(t, c).GetAnnotations(); got[notByFlux] != "disabled" || got["a"] != "b" {
		t.Errorf("silent with annotations %v", got)
	}
	if err := silent(t.Context()); err != nil || len(argsOf(t, c)) != 3 {
		t.Errorf("to silence again: %v, %v", err, argsOf(t, c))
	}
	if err := silence(t.Context(), c, false); err != nil {
		t.Fatal(err)
	}
	if got := argsOf(t, c); !slices.Equal(got, []string{"--leader-elect", "--zap-log-level=info"}) {
		t.Errorf("mended with %v", got)
	}
	if got := theOperator(t, c).GetAnnotations(); len(got) != 1 || got["a"] != "b" {
		t.Errorf("mended with annotations %v", got)
	}
}

func TestMendNoSilence(t *testing.T) {
	c := newCluster(t)
	if err := silence(t.Context(), c, false); err != nil {
		t.Errorf("without an operator: %v", err)
	}
	kedaOperator(t, c, "--leader-elect")
	if err := silence(t.Context(), c, false); err != nil || len(argsOf(t, c)) != 1 {
		t.Errorf("of one that tells: %v, %v", err, argsOf(t, c))
	}
	kedaOperator(t, c, "--leader-elect", noMetrics)
	for _, silent := range []bool{true, false} {
		if err := silence(t.Context(), c, silent); err != nil || len(argsOf(t, c)) != 2 || len(theOperator(t, c).GetAnnotations()) != 1 {
			t.Errorf("of one that its owner has silenced: %v, %v", err, argsOf(t, c))
		}
	}
}

// TestSilenceAgain: what is silenced between a mend that was cut off and its end
// still remembers what Flux was told before any of it.
func TestSilenceAgain(t *testing.T) {
	c := newCluster(t)
	kedaOperator(t, c, "--leader-elect")
	renew(t, c)
	o := theOperator(t, c)
	o.SetAnnotations(map[string]string{string(hadMetrics): "true", notByFlux: "disabled"})
	put(t, c, deployments, o.Object)
	for _, silent := range []bool{true, false} {
		if err := silence(t.Context(), c, silent); err != nil {
			t.Fatal(err)
		}
	}
	if got := theOperator(t, c).GetAnnotations(); len(argsOf(t, c)) != 1 || len(got) > 0 {
		t.Errorf("mended with %v and annotations %v", argsOf(t, c), got)
	}
}

// TestMendSilenceOfWhatWasReplaced: the mark goes, also if the argument is gone.
func TestMendSilenceOfWhatWasReplaced(t *testing.T) {
	c := newCluster(t)
	kedaOperator(t, c, "--leader-elect")
	o := theOperator(t, c)
	o.SetAnnotations(map[string]string{string(hadMetrics): "true", notByFlux: "disabled"})
	put(t, c, deployments, o.Object)
	waits(t, "the new pod", func(ctx context.Context) error { return silence(ctx, c, false) }, func() { renew(t, c) })
	if got := theOperator(t, c).GetAnnotations(); len(argsOf(t, c)) != 1 || len(got) > 0 {
		t.Errorf("mended with %v and annotations %v", argsOf(t, c), got)
	}
}
