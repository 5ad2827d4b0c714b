package capacity

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/scaleproof/scaleproof/e2e/promise"
	"github.com/scaleproof/scaleproof/fixtures"
)

// smallestOfEKS is how many cores the smallest node has that EKS makes.
const smallestOfEKS = 2

// TestHasteIsSeen: Karpenter takes its time also where it is told to wait for
// nothing, and a node that goes then must still go too early.
func TestHasteIsSeen(t *testing.T) {
	unhurried, err := promise.Sum(promise.DisruptionPoll, promise.DisruptionCheck.Times(2)).Resolve(costs)
	if err != nil {
		t.Fatal(err)
	}
	if promised := later*time.Second - rounding; unhurried.Total() >= promised {
		t.Errorf("a node that goes at once may go after %s, and is not too early before %s", unhurried.Total(), promised)
	}
}

func TestTheLimitHasRoomForSomePods(t *testing.T) {
	vars := map[string]string{"NAMESPACE": "shop", "ARCH": "amd64", "NODECLASS_GROUP": "g", "NODECLASS_KIND": "k", "NODECLASS_NAME": "n"}
	objects, err := fixtures.Objects("nodes/limit", "", vars)
	if err != nil {
		t.Fatal(err)
	}
	var limit, request, replicas float64
	for _, object := range objects {
		switch object.GetKind() {
		case "NodePool":
			limit = cores(t, object.Object, "spec", "limits", "cpu")
		case "Deployment":
			containers, _, _ := unstructured.NestedSlice(object.Object, "spec", "template", "spec", "containers")
			request = cores(t, containers[0].(map[string]any), "resources", "requests", "cpu")
			n, _, _ := unstructured.NestedInt64(object.Object, "spec", "replicas")
			replicas = float64(n)
		}
	}
	if limit != limitOfPool {
		t.Errorf("the pool's limit is %g, and the spec has it judged by %d", limit, limitOfPool)
	}
	if limit < smallestOfEKS || request > limit || request*replicas <= limit {
		t.Errorf("%g pods of %g cores under a limit of %g: want a node on EKS, and room for some of them", replicas, request, limit)
	}
}

func cores(t *testing.T, object map[string]any, path ...string) float64 {
	t.Helper()
	text, _, _ := unstructured.NestedString(object, path...)
	quantity, err := resource.ParseQuantity(text)
	if err != nil {
		t.Fatalf("%v: %v", path, err)
	}
	return quantity.AsApproximateFloat64()
}
