package mutant

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic/fake"
)

const api = "v1.things.test"

var thing = outage{namespace: "keda", deployment: "thing", api: api}

// newCluster has the Deployment with two replicas, its pods and its API.
func newCluster(t *testing.T) cluster {
	t.Helper()
	lists := map[schema.GroupVersionResource]string{deployments: "DeploymentList", pods: "PodList", apiServices: "APIServiceList", kustomizations: "KustomizationList"}
	c := cluster{fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), lists)}
	put(t, c, deployments, map[string]any{"apiVersion": "apps/v1", "kind": "Deployment",
		"metadata": map[string]any{"name": "thing", "namespace": "keda", "generation": int64(1)},
		"spec":     map[string]any{"replicas": int64(2), "selector": map[string]any{"matchLabels": map[string]any{"app": "thing"}}},
		"status":   map[string]any{"observedGeneration": int64(1), "availableReplicas": int64(2)}})
	for _, name := range []string{"thing-1", "thing-2"} {
		put(t, c, pods, map[string]any{"apiVersion": "v1", "kind": "Pod",
			"metadata": map[string]any{"name": name, "namespace": "keda", "labels": map[string]any{"app": "thing"}}})
	}
	serve(t, c, "True")
	return c
}

func put(t *testing.T, c cluster, resource schema.GroupVersionResource, object map[string]any) {
	t.Helper()
	o := &unstructured.Unstructured{Object: object}
	objects := c.objects.Resource(resource).Namespace(o.GetNamespace())
	_, err := objects.Update(t.Context(), o, metav1.UpdateOptions{})
	if err != nil {
		_, err = objects.Create(t.Context(), o, metav1.CreateOptions{})
	}
	if err != nil {
		t.Fatal(err)
	}
}

func serve(t *testing.T, c cluster, status string) {
	t.Helper()
	put(t, c, apiServices, map[string]any{"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": map[string]any{"name": api},
		"status": map[string]any{"conditions": []any{map[string]any{"type": "Available", "status": status}}}})
}

func (c cluster) thing(t *testing.T) (replicas int64, annotations map[string]string) {
	t.Helper()
	o, err := thing.get(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	replicas, _, _ = unstructured.NestedInt64(o.Object, "spec", "replicas")
	return replicas, o.GetAnnotations()
}

// waits runs what must wait until something happens, and fails if it returns
// before or not at all.
func waits(t *testing.T, what string, do func(context.Context) error, happen func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- do(ctx) }()
	select {
	case err := <-done:
		t.Fatalf("it did not wait for %s: %v", what, err)
	case <-time.After(200 * time.Millisecond):
	}
	happen()
	if err := <-done; err != nil {
		t.Fatalf("waiting for %s: %v", what, err)
	}
}

func TestOutage(t *testing.T) {
	c := newCluster(t)
	begin := func(ctx context.Context) error { return thing.begin(ctx, c) }
	end := func(ctx context.Context) error { return thing.end(ctx, c) }
	waits(t, "the last pod and the aggregator", begin, func() {
		for _, name := range []string{"thing-1", "thing-2"} {
			if err := c.objects.Resource(pods).Namespace("keda").Delete(t.Context(), name, metav1.DeleteOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		serve(t, c, "False")
	})
	replicas, annotations := c.thing(t)
	if replicas != 0 || annotations[string(hadReplicas)] != "2" || annotations[notByFlux] != "disabled" {
		t.Errorf("during the outage: %d replicas, annotations %v", replicas, annotations)
	}
	if err := begin(t.Context()); err != nil {
		t.Errorf("to begin again: %v", err)
	}
	if _, annotations := c.thing(t); annotations[string(hadReplicas)] != "2" {
		t.Errorf("to begin again forgot the replicas: %v", annotations)
	}
	waits(t, "the aggregator", end, func() { serve(t, c, "True") })
	if replicas, annotations := c.thing(t); replicas != 2 || len(annotations) > 0 {
		t.Errorf("after the outage: %d replicas, annotations %v", replicas, annotations)
	}
	if err := end(t.Context()); err != nil {
		t.Errorf("to end what is over: %v", err)
	}
}

func TestMendWaitsForTheReplicas(t *testing.T) {
	c := newCluster(t)
	o, err := thing.get(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	o.SetAnnotations(map[string]string{string(hadReplicas): "3"})
	put(t, c, deployments, o.Object)
	waits(t, "the third replica", func(ctx context.Context) error { return thing.end(ctx, c) }, func() {
		o, err := thing.get(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if err := unstructured.SetNestedField(o.Object, int64(3), "status", "availableReplicas"); err != nil {
			t.Fatal(err)
		}
		put(t, c, deployments, o.Object)
	})
}

// TestMendCutOff wants a mend that was not seen to its end gone on with by the next,
// and by an outage undone.
func TestMendCutOff(t *testing.T) {
	c := newCluster(t)
	serve(t, c, "False")
	o, err := thing.get(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	o.SetAnnotations(map[string]string{string(hadReplicas): "2", notByFlux: "disabled"})
	put(t, c, deployments, o.Object)
	cut, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := thing.end(cut, c); err == nil {
		t.Fatal("it was not cut off")
	}
	waits(t, "the aggregator, again", func(ctx context.Context) error { return thing.end(ctx, c) }, func() { serve(t, c, "True") })
	if replicas, annotations := c.thing(t); replicas != 2 || len(annotations) > 0 {
		t.Errorf("mended: %d replicas, annotations %v", replicas, annotations)
	}
}

func TestMendNothing(t *testing.T) {
	c := newCluster(t)
	if err := thing.end(t.Context(), c); err != nil {
		t.Error(err)
	}
	if replicas, _ := c.thing(t); replicas != 2 {
		t.Errorf("%d replicas", replicas)
	}
	none := outage{namespace: "keda", deployment: "none"}
	if err := none.end(t.Context(), c); err != nil {
		t.Errorf("to mend what the cluster does not have: %v", err)
	}
	if err := none.begin(t.Context(), c); err == nil || !strings.Contains(err.Error(), "keda/none") {
		t.Errorf("to take away what the cluster does not have: %v", err)
	}
}

func TestOutageSaysWhatItWaitedFor(t *testing.T) {
	c := newCluster(t)
	late := errors.New("too late")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, late)
	defer cancel()
	if err := thing.begin(ctx, c); !errors.Is(err, late) || !strings.Contains(err.Error(), "app=thing") {
		t.Errorf("error %v", err)
	}
}
