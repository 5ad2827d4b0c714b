package e2e

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/scaleproof/scaleproof/e2e/promise"
)

func TestBatchingIsReadFromWhatIsInForce(t *testing.T) {
	env := func(name, value string) corev1.EnvVar { return corev1.EnvVar{Name: name, Value: value} }
	for _, test := range []struct {
		name       string
		containers []corev1.Container
		max        time.Duration
	}{
		{name: "a managed Karpenter", max: 10 * time.Second},
		{name: "its defaults", containers: []corev1.Container{{Env: []corev1.EnvVar{env("LOG_LEVEL", "info")}}}, max: 10 * time.Second},
		{name: "the environment", containers: []corev1.Container{{Env: []corev1.EnvVar{env("BATCH_MAX_DURATION", "3s")}}},
			max: 3 * time.Second},
		{name: "a flag", containers: []corev1.Container{{Env: []corev1.EnvVar{env("BATCH_MAX_DURATION", "3s")}, Args: []string{"--batch-max-duration=4s"}}},
			max: 4 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			costs := promise.Costs{}
			if err := setBatching(costs, test.containers); err != nil {
				t.Fatal(err)
			}
			want := promise.Costs{promise.BatchMax.Name: test.max}
			if diff := cmp.Diff(want, costs); diff != "" {
				t.Errorf("costs (-want +got):\n%s", diff)
			}
		})
	}
	bad := []corev1.Container{{Env: []corev1.EnvVar{env("BATCH_MAX_DURATION", "soon")}}}
	if err := setBatching(promise.Costs{}, bad); err == nil {
		t.Error("a setting that is no duration is no error")
	}
}
