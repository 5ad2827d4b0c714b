package rehearsal

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	dynamicfake "k8s.io/client-go/dynamic/fake"
)

// karpenterKinds are served by the fake API.
var karpenterKinds = map[schema.GroupVersionKind]meta.RESTScope{
	{Group: "karpenter.sh", Version: "v1", Kind: "NodePool"}:                             meta.RESTScopeRoot,
	{Group: "apps", Version: "v1", Kind: "Deployment"}:                                   meta.RESTScopeNamespace,
	{Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition"}:     meta.RESTScopeRoot,
	{Group: "kind.karpenter.scaleproof.dev", Version: "v1alpha1", Kind: "KindNodeClass"}: meta.RESTScopeRoot,
}

// still is a mapper with nothing to forget.
type still struct{ meta.RESTMapper }

func (still) Reset() {}

func thing(apiVersion, kind, namespace, name, condition, status string) *unstructured.Unstructured {
	object := &unstructured.Unstructured{Object: map[string]any{}}
	object.SetAPIVersion(apiVersion)
	object.SetKind(kind)
	object.SetNamespace(namespace)
	object.SetName(name)
	if condition != "" {
		conditions := []any{map[string]any{"type": "Other", "status": "True"}, map[string]any{"type": condition, "status": status}}
		_ = unstructured.SetNestedSlice(object.Object, conditions, "status", "conditions")
	}
	return object
}

// fakeFurniture is a cluster that has the objects.
func fakeFurniture(objects ...runtime.Object) *furniture {
	mapper := meta.NewDefaultRESTMapper(nil)
	for kind, scope := range karpenterKinds {
		mapper.Add(kind, scope)
	}
	return &furniture{dynamicfake.NewSimpleDynamicClient(runtime.NewScheme(), objects...), still{mapper}}
}

func TestReady(t *testing.T) {
	for name, test := range map[string]struct {
		object *unstructured.Unstructured
		early  bool
	}{
		"a pool that is ready":            {object: thing("karpenter.sh/v1", "NodePool", "", "system", "Ready", "True")},
		"a pool that is not":              {object: thing("karpenter.sh/v1", "NodePool", "", "system", "Ready", "False"), early: true},
		"a pool of which nobody has told": {object: thing("karpenter.sh/v1", "NodePool", "", "system", "", ""), early: true},
		"a controller that runs":          {object: thing("apps/v1", "Deployment", "kube-system", "karpenter", "Available", "True")},
		"a controller that does not":      {object: thing("apps/v1", "Deployment", "kube-system", "karpenter", "Progressing", "True"), early: true},
		"a definition that is not served": {object: thing("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", "x", "NamesAccepted", "True"), early: true},
		"a class, which nobody waits for": {object: thing("kind.karpenter.scaleproof.dev/v1alpha1", "KindNodeClass", "", "default", "Ready", "False")},
	} {
		t.Run(name, func(t *testing.T) {
			err := fakeFurniture(test.object).ready(t.Context(), test.object)
			if errors.Is(err, errEarly) != test.early || err != nil && !test.early {
				t.Errorf("it is %v", err)
			}
		})
	}
}

func TestUntilNamesWhatIsLate(t *testing.T) {
	pool := thing("karpenter.sh/v1", "NodePool", "", "system", "Ready", "False")
	ctx, cancel := context.WithCancel(t.Context())
	f := fakeFurniture(pool)
	err := f.until(ctx, pool, func(ctx context.Context, object *unstructured.Unstructured) error {
		cancel()
		return f.ready(context.WithoutCancel(ctx), object)
	})
	if !errors.Is(err, errEarly) || !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}

func TestSplit(t *testing.T) {
	pool, kind := thing("karpenter.sh/v1", "NodePool", "", "system", "", ""), thing("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", "x", "", "")
	first, then := split([]*unstructured.Unstructured{pool, kind})
	if diff := cmp.Diff([][]*unstructured.Unstructured{{kind}, {pool}}, [][]*unstructured.Unstructured{first, then}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
