package e2e

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"
)

// Sweep waits until every namespace that the run's specs made is gone: a run
// that leaves something behind has failed. The error names what is left, and
// what Kubernetes says of it.
func (e *Env) Sweep(ctx context.Context) error {
	namespaces := e.watched.Kubernetes.CoreV1().Namespaces()
	ours := metav1.ListOptions{LabelSelector: labels.SelectorFromSet(e.config.labels()).String()}
	list, err := namespaces.List(ctx, ours)
	if err != nil {
		return fmt.Errorf("list the run's namespaces: %w", err)
	}
	left := map[string]string{}
	for _, namespace := range list.Items {
		left[namespace.Name] = blocked(&namespace)
	}
	if len(left) == 0 {
		return nil
	}
	events, err := watchtools.NewRetryWatcherWithContext(ctx, list.ResourceVersion, &cache.ListWatch{
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			options.LabelSelector = ours.LabelSelector
			return namespaces.Watch(ctx, options)
		},
	})
	if err != nil {
		return fmt.Errorf("watch the run's namespaces: %w", err)
	}
	defer events.Stop()
	if vanish(events.ResultChan(), left) {
		return nil
	}
	var texts []string
	for _, name := range slices.Sorted(maps.Keys(left)) {
		texts = append(texts, strings.TrimSpace(name+" "+left[name]))
	}
	return fmt.Errorf("namespaces are left behind, delete them by label %s: %s", ours.LabelSelector, strings.Join(texts, "; "))
}

// vanish follows namespaces, each with what keeps it, until none is left. It is
// false if the events end before.
func vanish(events <-chan watch.Event, left map[string]string) bool {
	for event := range events {
		namespace, ok := event.Object.(*corev1.Namespace)
		switch {
		case !ok:
			continue
		case event.Type == watch.Deleted:
			delete(left, namespace.Name)
		default:
			left[namespace.Name] = blocked(namespace)
		}
		if len(left) == 0 {
			return true
		}
	}
	return false
}

// blocked tells what keeps a namespace that is being deleted.
func blocked(namespace *corev1.Namespace) string {
	var reasons []string
	for _, c := range namespace.Status.Conditions {
		if c.Status == corev1.ConditionTrue {
			reasons = append(reasons, c.Message)
		}
	}
	return strings.Join(reasons, ", ")
}
