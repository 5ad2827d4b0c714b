package mutant

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/e2e-framework/klient"
	"sigs.k8s.io/e2e-framework/klient/k8s"
)

// live are the mutants that break what all apps share. They are used one at a
// time, and mended when the run ends.
var live = []Mutant{
	{
		Name:   "adapter-down",
		Breaks: []string{"metrics.apis-available"},
		Act:    scaleToZero("keda", "keda-metrics-apiserver"),
	},
	{
		Name:   "metrics-server-down",
		Breaks: []string{"metrics.pod-usage"},
		Act:    scaleToZero("kube-system", "metrics-server"),
	},
	{
		Name:   "operator-down",
		Breaks: []string{"scaleout.hpa-mirrors-scaledobject"},
		Act:    scaleToZero("keda", "keda-operator"),
	},
}

// scaleToZero takes a Deployment away, and back.
func scaleToZero(namespace, name string) func(context.Context, klient.Client) (func(context.Context) error, error) {
	return func(ctx context.Context, client klient.Client) (func(context.Context) error, error) {
		var deployment appsv1.Deployment
		if err := client.Resources(namespace).Get(ctx, name, namespace, &deployment); err != nil {
			return nil, fmt.Errorf("find %s/%s to break it: %w", namespace, name, err)
		}
		before := int32(1)
		if deployment.Spec.Replicas != nil && *deployment.Spec.Replicas > 0 {
			before = *deployment.Spec.Replicas
		}
		scale := func(ctx context.Context, n int32) error {
			patch := fmt.Appendf(nil, `{"spec":{"replicas":%d}}`, n)
			return client.Resources(namespace).Patch(ctx, &deployment, k8s.Patch{PatchType: types.MergePatchType, Data: patch})
		}
		mend := func(ctx context.Context) error { return scale(ctx, before) }
		return mend, scale(ctx, 0)
	}
}
