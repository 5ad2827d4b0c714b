package mutant

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// policy is what the API server is to do with some requests. No mark is needed on
// what is ours by name.
type policy struct {
	name string
	// kind is the policy's own; its binding's is derived.
	kind string
	spec map[string]any
	// binding is what the binding has beside the policy's name.
	binding map[string]any
}

// part is one of the two objects that a policy is made of.
type part struct {
	resource schema.GroupVersionResource
	object   *unstructured.Unstructured
}

// parts are the policy, and what puts it in force.
func (p policy) parts() []part {
	lower := strings.ToLower(p.kind)
	binding := map[string]any{"policyName": p.name}
	maps.Copy(binding, p.binding)
	return []part{
		p.part(strings.TrimSuffix(lower, "y")+"ies", p.kind, p.spec),
		p.part(lower+"bindings", p.kind+"Binding", binding),
	}
}

func (p policy) part(resource, kind string, spec map[string]any) part {
	version := schema.GroupVersion{Group: "admissionregistration.k8s.io", Version: "v1"}
	return part{version.WithResource(resource), &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": version.String(), "kind": kind, "metadata": map[string]any{"name": p.name}, "spec": spec,
	}}}
}

// begin puts the policy in force; the API server heeds it a moment later, before
// any spec has an app.
func (p policy) begin(ctx context.Context, c cluster) error {
	for _, part := range p.parts() {
		_, err := c.objects.Resource(part.resource).Create(ctx, part.object, metav1.CreateOptions{})
		if err != nil && !apierrors.IsAlreadyExists(err) {
			return fmt.Errorf("create %s %s: %w", part.object.GetKind(), p.name, err)
		}
	}
	return nil
}

// end takes the policy away, if it is there.
func (p policy) end(ctx context.Context, c cluster) error {
	for _, part := range slices.Backward(p.parts()) {
		err := c.objects.Resource(part.resource).Delete(ctx, p.name, metav1.DeleteOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("delete %s %s: %w", part.object.GetKind(), p.name, err)
		}
	}
	return nil
}
