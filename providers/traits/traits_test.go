package traits

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
)

func manager(command, args []string) corev1.Pod {
	return corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{{Command: command, Args: args}}}}
}

func TestHPASync(t *testing.T) {
	for name, test := range map[string]struct {
		managers []corev1.Pod
		want     time.Duration
		fails    bool
	}{
		"no manager to be seen": {want: 15 * time.Second},
		"no flag":               {managers: []corev1.Pod{manager([]string{"kube-controller-manager", "--v=2"}, nil)}, want: 15 * time.Second},
		"set in the command":    {managers: []corev1.Pod{manager([]string{"kube-controller-manager", hpaSyncFlag + "5s"}, nil)}, want: 5 * time.Second},
		"set in the arguments":  {managers: []corev1.Pod{manager(nil, []string{hpaSyncFlag + "1m0s"})}, want: time.Minute},
		"the longest of several": {
			managers: []corev1.Pod{manager([]string{hpaSyncFlag + "5s"}, nil), manager([]string{hpaSyncFlag + "10s"}, nil)},
			want:     10 * time.Second,
		},
		"not a duration": {managers: []corev1.Pod{manager([]string{hpaSyncFlag + "15"}, nil)}, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := hpaSync(test.managers)
			if got != test.want || (err != nil) != test.fails {
				t.Errorf("got %v, %v; want %v", got, err, test.want)
			}
		})
	}
}

func TestArchitectures(t *testing.T) {
	node := func(architecture string, unschedulable bool) corev1.Node {
		return corev1.Node{
			Spec:   corev1.NodeSpec{Unschedulable: unschedulable},
			Status: corev1.NodeStatus{NodeInfo: corev1.NodeSystemInfo{Architecture: architecture}},
		}
	}
	got := architectures([]corev1.Node{node("arm64", false), node("amd64", false), node("arm64", false), node("s390x", true)})
	if diff := cmp.Diff([]string{"amd64", "arm64"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestGrafana(t *testing.T) {
	there := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: grafanaNamespace, Name: grafanaService}}
	for name, test := range map[string]struct {
		objects []runtime.Object
		want    bool
	}{
		"there":  {[]runtime.Object{there}, true},
		"absent": {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := grafana(t.Context(), fake.NewClientset(test.objects...))
			if err != nil || got != test.want {
				t.Errorf("%t, %v", got, err)
			}
		})
	}
	client := fake.NewClientset()
	client.PrependReactor("get", "services", func(clienttesting.Action) (bool, runtime.Object, error) {
		return true, nil, errors.New("forbidden")
	})
	if _, err := grafana(t.Context(), client); err == nil {
		t.Error("whoever may not look finds no Grafana, and no error")
	}
}
