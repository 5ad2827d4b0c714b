package watch

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// fields reads an object written in YAML.
func fields[T any](t *testing.T, read func(*T) []timeline.Moment, text string) []string {
	t.Helper()
	object := new(T)
	if err := yaml.UnmarshalStrict([]byte(text), object); err != nil {
		t.Fatal(err)
	}
	return lines(read(object))
}

func unstructuredFields(t *testing.T, read func(*unstructured.Unstructured) []timeline.Moment, text string) []string {
	t.Helper()
	encoded, err := yaml.YAMLToJSON([]byte("apiVersion: v1\nkind: Any\n" + text))
	if err != nil {
		t.Fatal(err)
	}
	object := &unstructured.Unstructured{} // its own JSON keeps integers, as the API's decoder does
	if err := object.UnmarshalJSON(encoded); err != nil {
		t.Fatal(err)
	}
	return lines(read(object))
}

func TestFields(t *testing.T) {
	for _, test := range []struct {
		name string
		got  []string
		want []string
	}{
		{
			name: "deployment that leaves its replicas to others",
			got:  fields[appsv1.Deployment](t, deploymentFields, `{metadata: {name: shop}}`),
			want: []string{"deployment shop spec 1", "deployment shop replicas 0", "deployment shop ready 0"},
		},
		{
			name: "deployment that climbs",
			got:  fields[appsv1.Deployment](t, deploymentFields, `{metadata: {name: shop}, spec: {replicas: 8}, status: {replicas: 6, readyReplicas: 4}}`),
			want: []string{"deployment shop spec 8", "deployment shop replicas 6", "deployment shop ready 4"},
		},
		{
			name: "hpa as KEDA writes it",
			got: fields[autoscalingv2.HorizontalPodAutoscaler](t, hpaFields, `
metadata:
  name: keda-hpa-shop
  labels: {b: "2", a: "1"}
  ownerReferences: [{apiVersion: v1, kind: Other, name: x, uid: "1"}, {apiVersion: keda.sh/v1alpha1, kind: ScaledObject, name: shop, uid: "2", controller: true}]
spec:
  maxReplicas: 10
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
  behavior: {scaleUp: {stabilizationWindowSeconds: 0}}
  metrics:
  - type: Resource
    resource: {name: cpu, target: {type: Utilization}}
  - type: External
    external:
      metric: {name: s0-prometheus, selector: {matchLabels: {scaledobject.keda.sh/name: shop}}}
      target: {type: AverageValue, averageValue: "2"}
  - type: External
    external:
      metric: {name: s1-prometheus}
      target: {type: Value, value: 500m}
status:
  currentReplicas: 4
  desiredReplicas: 8
  currentMetrics:
  - {type: External, external: {metric: {name: s0-prometheus}, current: {averageValue: 7750m}}}
  conditions:
  - {type: AbleToScale, status: "True", reason: SucceededRescale}
  - {type: ScalingActive, status: "Unknown", reason: Why}
`),
			want: []string{
				`hpa keda-hpa-shop current 4`, `hpa keda-hpa-shop desired 8`, `hpa keda-hpa-shop min 1`, `hpa keda-hpa-shop max 10`,
				`hpa keda-hpa-shop target 2`, `hpa keda-hpa-shop average 7.75`,
				`hpa keda-hpa-shop AbleToScale 1 "SucceededRescale"`, `hpa keda-hpa-shop ScalingActive 0 "Why"`,
				`hpa keda-hpa-shop owner 0 "ScaledObject/shop"`, `hpa keda-hpa-shop labels 0 "a=1,b=2"`, `hpa keda-hpa-shop ref 0 "Deployment/shop"`,
				`hpa keda-hpa-shop metrics 0 "s0-prometheus{scaledobject.keda.sh/name=shop} AverageValue 2; s1-prometheus{} Value 0.5"`,
				`hpa keda-hpa-shop behavior 0 "{\"scaleUp\":{\"stabilizationWindowSeconds\":0}}"`,
			},
		},
		{
			name: "scaledobject as in the seed",
			got: unstructuredFields(t, scaledObjectFields, `
metadata: {name: shop, labels: {team: shop}}
spec:
  scaleTargetRef: {name: shop}
  minReplicaCount: 1
  maxReplicaCount: 10
  pollingInterval: 2
  cooldownPeriod: 30
  triggers:
  - {type: prometheus, metadata: {threshold: "2", query: sum(x)}}
  - {type: cron, name: nightly, metadata: {start: 0 0 * * *}}
status:
  externalMetricNames: [s0-prometheus, s1-cron]
  conditions:
  - {type: Ready, status: "True", reason: ScaledObjectReady}
  - {type: Active, status: "False", reason: ScalerNotActive}
  - {type: HPAActive, status: "True", reason: Skipped}
  - {type: Fallback, status: Unknown}
`),
			want: []string{
				`scaledobject shop min 1`, `scaledobject shop max 10`, `scaledobject shop polling 2`, `scaledobject shop cooldown 30`,
				`scaledobject shop ref 0 "Deployment/shop"`, `scaledobject shop labels 0 "team=shop"`,
				`scaledobject shop triggers 0 "prometheus threshold=2; cron name=nightly"`,
				`scaledobject shop Ready 1 "ScaledObjectReady"`, `scaledobject shop Active 0 "ScalerNotActive"`, `scaledobject shop Fallback 0`,
				`scaledobject shop metrics 0 "s0-prometheus,s1-cron"`,
			},
		},
		{
			name: "pod that cannot start",
			got: fields[corev1.Pod](t, podFields, `
metadata: {name: shop-1}
status:
  phase: Pending
  conditions: [{type: PodScheduled, status: "True"}, {type: Ready, status: "False"}]
  initContainerStatuses: [{restartCount: 1, state: {terminated: {exitCode: 0}}}]
  containerStatuses: [{restartCount: 2, state: {waiting: {reason: ImagePullBackOff}}}, {state: {waiting: {reason: Other}}}]
`),
			want: []string{`pod shop-1 phase 0 "Pending"`, `pod shop-1 scheduled 1`, `pod shop-1 ready 0`,
				`pod shop-1 waiting 0 "ImagePullBackOff"`, `pod shop-1 restarts 3`},
		},
		{
			name: "pod that runs",
			got: fields[corev1.Pod](t, podFields, `
metadata: {name: shop-1}
status: {phase: Running, conditions: [{type: PodScheduled, status: "True"}, {type: Ready, status: "True"}]}
`),
			want: []string{`pod shop-1 phase 0 "Running"`, `pod shop-1 scheduled 1`, `pod shop-1 ready 1`, `pod shop-1 restarts 0`},
		},
		{
			name: "pod that the kubelet refused",
			got: fields[corev1.Pod](t, podFields, `
metadata: {name: shop-1}
spec: {nodeName: kind-shop}
status: {phase: Failed, reason: TaintToleration, message: "Pod was rejected"}
`),
			want: []string{`pod shop-1 phase 0 "Failed"`, `pod shop-1 failed 0 "TaintToleration"`, `pod shop-1 scheduled 0`, `pod shop-1 ready 0`,
				`pod shop-1 node 0 "kind-shop"`, `pod shop-1 restarts 0`},
		},
		{
			name: "pod whose container failed",
			got:  fields[corev1.Pod](t, podFields, "{metadata: {name: shop-1}, status: {phase: Failed}}"),
			want: []string{`pod shop-1 phase 0 "Failed"`, `pod shop-1 failed 0 "a container ended"`, `pod shop-1 scheduled 0`, `pod shop-1 ready 0`, `pod shop-1 restarts 0`},
		},
		{
			name: "git repository",
			got: unstructuredFields(t, sourceFields, `
metadata: {name: flux-system}
spec: {suspend: true}
status: {artifact: {revision: "main@sha1:abc"}, conditions: [{type: Ready, status: "True", reason: Succeeded}]}
`),
			want: []string{`source flux-system Ready 1 "Succeeded"`, `source flux-system revision 0 "main@sha1:abc"`, `source flux-system suspend 1`},
		},
		{
			name: "kustomization",
			got: unstructuredFields(t, kustomizationFields, `
metadata: {name: infra}
status:
  lastAppliedRevision: one
  lastAttemptedRevision: two
  lastHandledReconcileAt: "2026-01-01"
  conditions: [{type: Ready, status: "False", reason: HealthCheckFailed}, {type: Healthy, status: "False"}]
`),
			want: []string{`kustomization infra Ready 0 "HealthCheckFailed"`, `kustomization infra revision 0 "one"`,
				`kustomization infra attempted 0 "two"`, `kustomization infra handled 0 "2026-01-01"`, `kustomization infra suspend 0`},
		},
		{
			name: "api service",
			got: unstructuredFields(t, apiServiceFields, `
metadata: {name: v1beta1.external.metrics.k8s.io}
status: {conditions: [{type: Available, status: "False", reason: MissingEndpoints}]}
`),
			want: []string{`apiservice v1beta1.external.metrics.k8s.io Available 0 "MissingEndpoints"`},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, test.got); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDeploymentOf(t *testing.T) {
	for ref, want := range map[string]string{
		"{name: shop}":                   "shop",
		"{kind: Deployment, name: shop}": "shop",
		"{apiVersion: apps/v1, kind: StatefulSet, name: database}": "",
	} {
		var content map[string]any
		if err := yaml.Unmarshal([]byte("{spec: {scaleTargetRef: "+ref+"}}"), &content); err != nil {
			t.Fatal(err)
		}
		if got := deploymentOf(&unstructured.Unstructured{Object: content}); got != want {
			t.Errorf("a ScaledObject of %s scales deployment %q, want %q", ref, got, want)
		}
	}
}
