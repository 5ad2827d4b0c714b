package mutant

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic/fake"
)

// resource is one of the API server's own, by its plural.
func resource(plural string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: "admissionregistration.k8s.io", Version: "v1", Resource: plural}
}

func TestPolicyComesAndGoes(t *testing.T) {
	for plural, p := range map[string]policy{"mutatingadmissionpolic": forgetful, "validatingadmissionpolic": unscalable} {
		t.Run(p.name, func(t *testing.T) {
			c := cluster{fake.NewSimpleDynamicClient(runtime.NewScheme())}
			do := func(what string, once func(context.Context, cluster) error) {
				t.Helper()
				for range 2 {
					if err := once(t.Context(), c); err != nil {
						t.Errorf("to %s it: %v", what, err)
					}
				}
			}
			get := func(plural string) (*unstructured.Unstructured, error) {
				return c.objects.Resource(resource(plural)).Get(t.Context(), p.name, metav1.GetOptions{})
			}
			do("begin", p.begin)
			made, err := get(plural + "ies")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(p.spec, made.Object["spec"]); diff != "" || made.GetKind() != p.kind {
				t.Errorf("%s (-want +got):\n%s", made.GetKind(), diff)
			}
			binding, err := get(plural + "ybindings")
			if err != nil {
				t.Fatal(err)
			}
			if bound, _, _ := unstructured.NestedString(binding.Object, "spec", "policyName"); bound != p.name || binding.GetKind() != p.kind+"Binding" {
				t.Errorf("%s binds %q", binding.GetKind(), bound)
			}
			do("end", p.end)
			for _, plural := range []string{plural + "ies", plural + "ybindings"} {
				if _, err := get(plural); !apierrors.IsNotFound(err) {
					t.Errorf("%s: %v", plural, err)
				}
			}
		})
	}
}

// TestOnlyTheMutantsAppsStayAsTheyAre: others may run theirs on the same cluster.
func TestOnlyTheMutantsAppsStayAsTheyAre(t *testing.T) {
	m, err := Find(rigid)
	if err != nil {
		t.Fatal(err)
	}
	labels, _, _ := unstructured.NestedStringMap(unscalable.spec, "matchConstraints", "namespaceSelector", "matchLabels")
	if diff := cmp.Diff(map[string]string{"scaleproof.dev/mutant": m.Name}, labels); diff != "" {
		t.Errorf("namespaces (-want +got):\n%s", diff)
	}
	if actions, _, _ := unstructured.NestedStringSlice(unscalable.parts()[1].object.Object, "spec", "validationActions"); !cmp.Equal(actions, []string{"Deny"}) {
		t.Errorf("who scales all the same is answered by %v", actions)
	}
}
