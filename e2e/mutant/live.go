package mutant

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/scaleproof/scaleproof/fixtures/stack"
)

var (
	adapter = outage{
		namespace: stack.KEDANamespace, deployment: stack.KEDAAdapter, api: stack.ExternalMetricsAPIService,
	}
	operator      = outage{namespace: stack.KEDANamespace, deployment: stack.KEDAOperator}
	metricsServer = outage{
		namespace: stack.MetricsServerNamespace, deployment: stack.MetricsServer, api: stack.ResourceMetricsAPIService,
	}
)

// live are the mutants that break what no overlay reaches: what all apps share,
// and what happens between an app's start and its change.
var live = []Mutant{
	{
		Name:   "adapter-down",
		Breaks: []string{"metrics.apis-available"},
		Start:  on(adapter.begin),
		Mend:   on(adapter.end),
	},
	{
		Name:   "metrics-server-down",
		Breaks: []string{"metrics.pod-usage"},
		Start:  on(metricsServer.begin),
		Mend:   on(metricsServer.end),
	},
	{
		// The operator is there when the HPA is made, and gone when it must
		// follow an edit.
		Name:   "operator-down",
		Breaks: []string{"scaleout.hpa-mirrors-scaledobject"},
		BeforeChange: func(ctx context.Context, config *rest.Config, _ string) error {
			return on(operator.begin)(ctx, config)
		},
		Mend: on(operator.end),
	},
	{
		// What an HPA decides, nobody does.
		Name:   rigid,
		Breaks: []string{"scaleout.conditions"},
		Start:  on(unscalable.begin),
		Mend:   on(unscalable.end),
	},
	{
		Name:         "workload-suspended",
		Breaks:       []string{"delivery.applies-commit", "delivery.applies-commit-when-asked", "delivery.corrects-drift", "delivery.keeps-last-good", "delivery.prunes"},
		BeforeChange: suspendWorkload,
	},
}

// rigid is the mutant whose apps stay at the replicas that they have.
const rigid = "scaling-refused"

// unscalable has the API server refuse to scale that mutant's apps, and no others'.
var unscalable = policy{
	name: "scaleproof-scaling-refused",
	kind: "ValidatingAdmissionPolicy",
	spec: map[string]any{
		"failurePolicy": "Fail",
		"matchConstraints": map[string]any{
			"namespaceSelector": map[string]any{"matchLabels": map[string]any{Label: rigid}},
			"resourceRules": []any{map[string]any{
				"apiGroups": []any{"apps"}, "apiVersions": []any{"v1"}, "operations": []any{"UPDATE"}, "resources": []any{"deployments/scale"},
			}},
		},
		"validations": []any{map[string]any{"expression": "false", "message": "nobody may scale this app"}},
	},
	binding: map[string]any{"validationActions": []any{"Deny"}},
}

// on connects to the cluster that something is done to.
func on(do func(context.Context, cluster) error) func(context.Context, *rest.Config) error {
	return func(ctx context.Context, config *rest.Config) error {
		c, err := connect(config)
		if err != nil {
			return err
		}
		return do(ctx, c)
	}
}

// suspendWorkload has Flux leave the workload of an app as it is.
func suspendWorkload(ctx context.Context, config *rest.Config, namespace string) error {
	c, err := connect(config)
	if err != nil {
		return err
	}
	_, err = c.objects.Resource(kustomizations).Namespace(namespace).Patch(ctx, stack.WorkloadKustomization,
		types.MergePatchType, []byte(`{"spec":{"suspend":true}}`), metav1.PatchOptions{})
	if err != nil {
		return fmt.Errorf("suspend Kustomization %s/%s: %w", namespace, stack.WorkloadKustomization, err)
	}
	return nil
}
