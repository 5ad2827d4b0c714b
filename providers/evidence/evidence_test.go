package evidence

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestWantedNeverTakesSecrets(t *testing.T) {
	for _, test := range []struct {
		group, resource, verb string
		want                  bool
	}{
		{"", "pods", "list", true},
		{"", "events", "list", true},
		{"autoscaling", "horizontalpodautoscalers", "list", true},
		{"keda.sh", "scaledobjects", "list", true},
		{"", "secrets", "list", false},
		{"", "configmaps", "list", false},
		{"", "pods/log", "list", false},
		{"", "bindings", "create", false},
		{"vault.example", "vaultsecrets", "list", false},
	} {
		resource := metav1.APIResource{Name: test.resource, Verbs: metav1.Verbs{test.verb}}
		if got := wanted(test.group, resource); got != test.want {
			t.Errorf("%s/%s: %v, want %v", test.group, test.resource, got, test.want)
		}
	}
}

func TestRunsAreThoseThatLeftALog(t *testing.T) {
	started := corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
	ended := corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{}}
	waiting := corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{}}
	pod := corev1.Pod{Status: corev1.PodStatus{
		InitContainerStatuses: []corev1.ContainerStatus{{Name: "init", State: ended}},
		ContainerStatuses: []corev1.ContainerStatus{
			{Name: "app", State: started},
			{Name: "crashing", State: waiting, LastTerminationState: ended},
			{Name: "pulling", State: waiting},
		},
	}}
	var files []string
	for _, run := range runs(pod) {
		files = append(files, run.file)
		if run.options.Previous != (run.file == "crashing.previous.log") {
			t.Errorf("%s: previous is %v", run.file, run.options.Previous)
		}
	}
	if diff := cmp.Diff([]string{"init.log", "app.log", "crashing.previous.log"}, files); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
