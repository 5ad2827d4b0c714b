package evidence

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// logLimit is the most that is read of one container's log, in bytes.
const logLimit int64 = 8 << 20

// collectLogs writes the logs of every container that has started, and of the
// run before for those that restarted. Those of a node that is gone went with
// it, though its pods may be listed for a while.
func collectLogs(ctx context.Context, client kubernetes.Interface, dir string, namespaces []string) error {
	pods, err := client.CoreV1().Pods("").List(ctx, metav1.ListOptions{})
	if err != nil {
		return fmt.Errorf("no logs: %w", err)
	}
	nodes, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return fmt.Errorf("no logs: %w", err)
	}
	there := map[string]bool{}
	for _, node := range nodes.Items {
		there[node.Name] = true
	}
	var failed []error
	for _, pod := range pods.Items {
		if !there[pod.Spec.NodeName] || !chosen(pod.Namespace, namespaces) {
			continue
		}
		for _, run := range runs(pod) {
			data, err := client.CoreV1().Pods(pod.Namespace).GetLogs(pod.Name, &run.options).DoRaw(ctx)
			if err == nil {
				err = write(filepath.Join(dir, pod.Namespace, pod.Name, run.file), data)
			}
			if err != nil {
				failed = append(failed, fmt.Errorf("log of %s/%s: %w", pod.Namespace, pod.Name, err))
			}
		}
	}
	return errors.Join(failed...)
}

// run is one run of a container that left a log.
type run struct {
	options corev1.PodLogOptions
	file    string
}

func runs(pod corev1.Pod) []run {
	limit := logLimit
	var found []run
	for _, status := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses) {
		options := corev1.PodLogOptions{Container: status.Name, LimitBytes: &limit, Timestamps: true}
		if status.State.Running != nil || status.State.Terminated != nil {
			found = append(found, run{options: options, file: status.Name + ".log"})
		}
		if status.LastTerminationState.Terminated != nil {
			options.Previous = true
			found = append(found, run{options: options, file: status.Name + ".previous.log"})
		}
	}
	return found
}
