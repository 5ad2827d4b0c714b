package e2e

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/scaleproof/scaleproof/fixtures"
	"github.com/scaleproof/scaleproof/fixtures/stack"
)

// TestAuthorize has Flux read a private repository, and only that, with a secret.
func TestAuthorize(t *testing.T) {
	vars := Vars{"NAMESPACE": "x", "GIT_URL": "https://git.test/fleet.git", "GIT_BRANCH": "b", "INTERVAL": "10s"}
	for private, want := range map[bool][]string{true: {"GitRepository " + stack.SourceSecret}, false: nil} {
		objects, err := fixtures.Objects("delivered/flux", "", vars)
		if err != nil {
			t.Fatal(err)
		}
		(&App{private: private}).authorize(objects)
		var found []string
		for _, object := range objects {
			if name, there, _ := unstructured.NestedString(object.Object, "spec", "secretRef", "name"); there {
				found = append(found, object.GetKind()+" "+name)
			}
		}
		if diff := cmp.Diff(want, found); diff != "" {
			t.Errorf("private %t (-want +got):\n%s", private, diff)
		}
	}
}
