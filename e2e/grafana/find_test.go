package grafana

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes/fake"
)

func named(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: "monitoring", Name: name, Labels: map[string]string{"app": name}}
}

func secret(data map[string]string) *corev1.Secret {
	s := &corev1.Secret{ObjectMeta: named("grafana"), Data: map[string][]byte{}}
	for k, v := range data {
		s.Data[k] = []byte(v)
	}
	return s
}

func service(target intstr.IntOrString) *corev1.Service {
	return &corev1.Service{ObjectMeta: named("grafana"), Spec: corev1.ServiceSpec{
		Selector: map[string]string{"app": "grafana"}, Ports: []corev1.ServicePort{{Port: 80, TargetPort: target}},
	}}
}

func pod(status corev1.ConditionStatus) *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: named("grafana-0")}
	p.Labels = map[string]string{"app": "grafana"}
	p.Spec.Containers = []corev1.Container{{Ports: []corev1.ContainerPort{{Name: "grafana", ContainerPort: 3000}}}}
	p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: status}}
	return p
}

func TestFind(t *testing.T) {
	known := map[string]string{"admin-user": "admin", "admin-password": "p w"}
	place := Place{Namespace: "monitoring", Pod: "grafana-0", Port: 3000, User: "admin", Password: "p w"}
	for name, test := range map[string]struct {
		objects []runtime.Object
		want    Place
		says    string
	}{
		"by the port's name":   {objects: []runtime.Object{secret(known), service(intstr.FromString("grafana")), pod(corev1.ConditionTrue)}, want: place},
		"by the port's number": {objects: []runtime.Object{secret(known), service(intstr.FromInt32(3000)), pod(corev1.ConditionTrue)}, want: place},
		"no secret":            {says: `secrets "grafana" not found`},
		"no password":          {objects: []runtime.Object{secret(map[string]string{"admin-user": "admin"})}, says: "no admin-password"},
		"no service":           {objects: []runtime.Object{secret(known)}, says: `services "grafana" not found`},
		"no pod is ready": {objects: []runtime.Object{secret(known), service(intstr.FromInt32(3000)), pod(corev1.ConditionFalse)},
			says: "none of 1 behind Service monitoring/grafana is ready"},
		"no such port": {objects: []runtime.Object{secret(known), service(intstr.FromString("web")), pod(corev1.ConditionTrue)}, says: "has no port web"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Find(t.Context(), fake.NewClientset(test.objects...), "monitoring", "grafana")
			compare(t, got, err, test.want, test.says)
		})
	}
}
