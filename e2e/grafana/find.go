package grafana

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes"
)

// Place is where a cluster has its Grafana, and what opens it.
type Place struct {
	Namespace, Pod string
	Port           int
	User, Password string
}

// Find looks a Grafana up as a person would: the administrator's password in
// the Secret of a name, and a ready pod behind the Service of the same name.
func Find(ctx context.Context, client kubernetes.Interface, namespace, name string) (Place, error) {
	secret, err := client.CoreV1().Secrets(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return Place{}, fmt.Errorf("password of Grafana: %w", err)
	}
	place := Place{Namespace: namespace, User: string(secret.Data["admin-user"]), Password: string(secret.Data["admin-password"])}
	if place.User == "" || place.Password == "" {
		return Place{}, fmt.Errorf("password of Grafana: Secret %s/%s has no admin-user or no admin-password", namespace, name)
	}
	service, err := client.CoreV1().Services(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return Place{}, fmt.Errorf("find Grafana: %w", err)
	}
	if len(service.Spec.Ports) == 0 || len(service.Spec.Selector) == 0 {
		return Place{}, fmt.Errorf("find Grafana: Service %s/%s has no port or selects no pods", namespace, name)
	}
	selector := labels.SelectorFromSet(service.Spec.Selector).String()
	pods, err := client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return Place{}, fmt.Errorf("find a pod of Grafana: %w", err)
	}
	for i := range pods.Items {
		pod := &pods.Items[i]
		if !ready(pod) {
			continue
		}
		place.Pod = pod.Name
		place.Port, err = portOf(pod, service.Spec.Ports[0])
		return place, err
	}
	return Place{}, fmt.Errorf("find a pod of Grafana: none of %d behind Service %s/%s is ready", len(pods.Items), namespace, name)
}

func ready(pod *corev1.Pod) bool {
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

// portOf is the port of a pod that a Service's port leads to.
func portOf(pod *corev1.Pod, port corev1.ServicePort) (int, error) {
	switch {
	case port.TargetPort.Type == intstr.Int && port.TargetPort.IntVal == 0:
		return int(port.Port), nil
	case port.TargetPort.Type == intstr.Int:
		return int(port.TargetPort.IntVal), nil
	}
	for _, container := range pod.Spec.Containers {
		for _, p := range container.Ports {
			if p.Name == port.TargetPort.StrVal {
				return int(p.ContainerPort), nil
			}
		}
	}
	return 0, fmt.Errorf("find Grafana: pod %s/%s has no port %s", pod.Namespace, pod.Name, port.TargetPort.StrVal)
}
