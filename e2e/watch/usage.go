package watch

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metricsv1beta1 "k8s.io/metrics/pkg/apis/metrics/v1beta1"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

const resourceMetrics = "/apis/metrics.k8s.io/v1beta1"

// NodeUsage reads the CPU (cores) and memory (bytes) of all nodes from
// metrics.k8s.io.
func NodeUsage(c Clients) Sampler {
	return Sampler{Kind: timeline.Usage, Object: "nodes", Read: func(ctx context.Context) ([]timeline.Moment, error) {
		var list metricsv1beta1.NodeMetricsList
		if _, err := c.read(ctx, resourceMetrics+"/nodes", nil, &list); err != nil {
			return nil, fmt.Errorf("read the usage of nodes: %w", err)
		}
		var moments []timeline.Moment
		for _, node := range list.Items {
			moments = append(moments, usage("node/"+node.Name, node.Usage)...)
		}
		return moments, nil
	}}
}

// PodUsage reads the CPU (cores) and memory (bytes) of all pods of a namespace
// from metrics.k8s.io, each the sum of its containers.
func PodUsage(c Clients, namespace string) Sampler {
	return Sampler{Kind: timeline.Usage, Object: namespace + "/pods", Read: func(ctx context.Context) ([]timeline.Moment, error) {
		var list metricsv1beta1.PodMetricsList
		if _, err := c.read(ctx, resourceMetrics+"/namespaces/"+namespace+"/pods", nil, &list); err != nil {
			return nil, fmt.Errorf("read the usage of pods in %s: %w", namespace, err)
		}
		var moments []timeline.Moment
		for _, pod := range list.Items {
			containers := make([]corev1.ResourceList, len(pod.Containers))
			for i, container := range pod.Containers {
				containers[i] = container.Usage
			}
			moments = append(moments, usage("pod/"+pod.Name, containers...)...)
		}
		return moments, nil
	}}
}

// usage adds up lists of resources.
func usage(object string, lists ...corev1.ResourceList) []timeline.Moment {
	if len(lists) == 0 {
		return nil // a pod whose containers were not measured yet has no usage
	}
	var cpu, memory float64
	for _, list := range lists {
		cpu += float64(list.Cpu().ScaledValue(resource.Nano)) / 1e9 // what metrics-server measures in
		memory += float64(list.Memory().Value())
	}
	w := writer{kind: timeline.Usage, object: object}
	w.number("cpu", cpu)
	w.number("memory", memory)
	return w.moments
}
