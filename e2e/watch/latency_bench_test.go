package watch

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// benchApps is how many apps scale at the same time.
const benchApps = 10

// BenchmarkMoment measures the time from a change in the API server to its
// Moment, while ten apps scale, against an API server in this process.
func BenchmarkMoment(b *testing.B) {
	a := newFakeAPI(b)
	names := make([]string, benchApps)
	for i := range names {
		names[i] = fmt.Sprintf("scaleproof-bench-%d", i)
		a.namespace(names[i])
		a.put(in(names[i], deploymentsPath), deployment("app", 0, 0))
	}
	clients, err := NewClients(a.config(""))
	if err != nil {
		b.Fatal(err)
	}
	measure(b, clients, names, func(i, replicas int) error {
		namespace := names[i]
		for pod := range 5 { // scaling is never one change alone
			a.put(in(namespace, podsPath), pod1(namespace, pod, replicas))
		}
		a.put(in(namespace, deploymentsPath), deployment("app", replicas, replicas))
		return nil
	})
}

// BenchmarkMomentOfCluster is BenchmarkMoment against the cluster of the
// kubeconfig that SCALEPROOF_BENCH_KUBECONFIG names, which must have KEDA's
// resources. A change happens somewhere between its request and the answer to
// it: p99-ms counts from the first, p99-after-answer-ms from the second.
func BenchmarkMomentOfCluster(b *testing.B) {
	path := os.Getenv("SCALEPROOF_BENCH_KUBECONFIG")
	if path == "" {
		b.Skip("needs a cluster: set SCALEPROOF_BENCH_KUBECONFIG")
	}
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		b.Fatal(err)
	}
	clients, err := NewClients(config)
	if err != nil {
		b.Fatal(err)
	}
	deployments := clients.Dynamic.Resource(schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"})
	names := make([]string, benchApps)
	for i := range names {
		names[i] = newBenchNamespace(b, clients)
		if _, err := deployments.Namespace(names[i]).Create(b.Context(), pausedDeployment(), metav1.CreateOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	measure(b, clients, names, func(i, replicas int) error {
		patch := fmt.Appendf(nil, `{"spec":{"replicas":%d}}`, replicas)
		_, err := deployments.Namespace(names[i]).Patch(b.Context(), "app", types.MergePatchType, patch, metav1.PatchOptions{})
		return err
	})
}

// newBenchNamespace makes a namespace until the benchmark ends. Its name is new
// each time: the one of the last round may still be going.
func newBenchNamespace(b *testing.B, clients Clients) string {
	namespaces := clients.Kubernetes.CoreV1().Namespaces()
	wanted := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "scaleproof-bench-"}}
	made, err := namespaces.Create(b.Context(), wanted, metav1.CreateOptions{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // the benchmark's has ended
		defer cancel()
		if err := namespaces.Delete(ctx, made.Name, metav1.DeleteOptions{}); err != nil {
			b.Log(err)
		}
	})
	return made.Name
}

func pod1(namespace string, i, replicas int) map[string]any {
	p := pod(fmt.Sprintf("app-%d", i), "Running", replicas%2 == 0)
	metadata(p)["namespace"] = namespace
	return p
}

// pausedDeployment takes replicas and makes no pods.
func pausedDeployment() *unstructured.Unstructured {
	labels := map[string]any{"app": "bench"}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apps/v1", "kind": "Deployment", "metadata": map[string]any{"name": "app"},
		"spec": map[string]any{
			"replicas": int64(0), "paused": true, "selector": map[string]any{"matchLabels": labels},
			"template": map[string]any{
				"metadata": map[string]any{"labels": labels},
				"spec":     map[string]any{"containers": []any{map[string]any{"name": "app", "image": "none.invalid/none"}}},
			},
		},
	}}
}

// measure changes the app of each namespace at once, again and again, and reports
// how long the moments took to come.
func measure(b *testing.B, clients Clients, namespaces []string, change func(app, replicas int) error) {
	timelines := make([]*timeline.Timeline, len(namespaces))
	for i, namespace := range namespaces {
		timelines[i] = timeline.New()
		r, err := Start(b.Context(), clients, Target{Namespace: namespace, ScaleTarget: "app"}, timelines[i])
		if err != nil {
			b.Fatal(err)
		}
		defer r.Stop()
	}
	var took, after []time.Duration
	replicas := 0
	type times struct{ took, after time.Duration }
	results := make(chan times)
	for b.Loop() {
		replicas++
		for i, tl := range timelines {
			go func() {
				began := time.Now()
				if err := change(i, replicas); err != nil {
					b.Error(err)
				}
				answered := time.Now()
				seen := recorded(b, tl, replicas)
				results <- times{seen.Sub(began), max(0, seen.Sub(answered))}
			}()
		}
		for range timelines {
			r := <-results
			took, after = append(took, r.took), append(after, r.after)
		}
	}
	slices.Sort(took)
	slices.Sort(after)
	b.ReportMetric(milliseconds(took[len(took)/2]), "p50-ms")
	b.ReportMetric(milliseconds(took[len(took)*99/100]), "p99-ms")
	b.ReportMetric(milliseconds(after[len(after)*99/100]), "p99-after-answer-ms")
	b.ReportMetric(0, "ns/op")
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// recorded waits for the moment that says so many replicas, and returns its time.
func recorded(b *testing.B, tl *timeline.Timeline, replicas int) time.Time {
	for {
		changed := tl.Changed()
		moments := tl.Moments()
		for i := len(moments) - 1; i >= 0; i-- {
			m := &moments[i]
			if m.Kind == timeline.Replicas && m.Field == "spec" {
				if m.Value == float64(replicas) {
					return m.At
				}
				break
			}
		}
		select {
		case <-changed:
		case <-b.Context().Done():
			return time.Time{}
		}
	}
}
