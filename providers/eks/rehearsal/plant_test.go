package rehearsal

import (
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestPoolsBut(t *testing.T) {
	var objects []*unstructured.Unstructured
	for _, of := range [][2]string{{"NodePool", "general-purpose"}, {"NodePool", "system"}, {"KindNodeClass", "default"}} {
		object := &unstructured.Unstructured{}
		object.SetAPIVersion("karpenter.sh/v1")
		object.SetKind(of[0])
		object.SetName(of[1])
		objects = append(objects, object)
	}
	var names []string
	for _, object := range poolsBut(objects, []string{"system"}) {
		names = append(names, object.GetName())
	}
	if !slices.Equal(names, []string{"general-purpose"}) || len(objects) != 3 || objects[0] == nil {
		t.Errorf("to be deleted are %q, of %v", names, objects)
	}
}
