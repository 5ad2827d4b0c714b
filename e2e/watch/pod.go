package watch

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// podFields reads a Pod. The field waiting is there only while a container
// waits for something, or the pod for a node that takes it; and failed only where
// the pod has failed for good: as a rule the kubelet refused or evicted it.
func podFields(p *corev1.Pod) []timeline.Moment {
	w := writer{kind: timeline.Pod, object: p.Name}
	w.word("phase", string(p.Status.Phase))
	if p.Status.Phase == corev1.PodFailed {
		w.word("failed", cmp.Or(p.Status.Reason, "a container ended"))
	}
	w.truth("scheduled", podCondition(p, corev1.PodScheduled), "")
	w.truth("ready", podCondition(p, corev1.PodReady), "")
	w.word("node", p.Spec.NodeName)
	waiting, restarts := "", int32(0)
	if podReason(p, corev1.PodScheduled) == corev1.PodReasonUnschedulable {
		waiting = corev1.PodReasonUnschedulable
	}
	for _, c := range slices.Concat(p.Status.InitContainerStatuses, p.Status.ContainerStatuses) {
		restarts += c.RestartCount
		if waiting == "" && c.State.Waiting != nil {
			waiting = c.State.Waiting.Reason
		}
	}
	w.word("waiting", waiting)
	w.number("restarts", float64(restarts))
	return w.moments
}

func podCondition(p *corev1.Pod, kind corev1.PodConditionType) bool {
	return slices.ContainsFunc(p.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == kind && c.Status == corev1.ConditionTrue
	})
}

// podReason is why a condition of a pod is as it is.
func podReason(p *corev1.Pod, kind corev1.PodConditionType) string {
	for _, c := range p.Status.Conditions {
		if c.Type == kind {
			return c.Reason
		}
	}
	return ""
}
