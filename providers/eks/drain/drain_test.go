package drain

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/scaleproof/scaleproof/providers/eks/cloud"
)

// object makes one; where is namespace/name.
func object(apiVersion, kind, where string) *unstructured.Unstructured {
	namespace, name, _ := strings.Cut(where, "/")
	o := &unstructured.Unstructured{}
	o.SetAPIVersion(apiVersion)
	o.SetKind(kind)
	o.SetNamespace(namespace)
	o.SetName(name)
	return o
}

func service(where, kind string) *unstructured.Unstructured {
	o := object("v1", "Service", where)
	o.Object["spec"] = map[string]any{"type": kind}
	return o
}

// cluster is a fake with objects of many kinds.
func cluster(objects ...runtime.Object) *fake.FakeDynamicClient {
	lists := map[schema.GroupVersionResource]string{pools: "NodePoolList", claims: "NodeClaimList"}
	for _, kind := range slices.Concat(deliverers, cloudly, running) {
		lists[kind] = "AList"
	}
	return fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), lists, objects...)
}

func drain(client *fake.FakeDynamicClient) Drain {
	return Drain{Client: client, Pace: cloud.Pace{First: time.Millisecond, Most: time.Millisecond}, BuiltIn: []string{"general-purpose", "system"}}
}

// writes are what was changed, in order.
func writes(client *fake.FakeDynamicClient) []string {
	var all []string
	for _, action := range client.Actions() {
		if named, ok := action.(interface{ GetName() string }); ok && action.GetVerb() != "get" {
			all = append(all, action.GetVerb()+" "+action.GetResource().Resource+" "+action.GetNamespace()+"/"+named.GetName())
		}
	}
	return all
}

func TestEmpty(t *testing.T) {
	client := cluster(
		object("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "flux-system/infra"),
		object("keda.sh/v1alpha1", "ScaledObject", "workload/example-app"),
		object("policy/v1", "PodDisruptionBudget", "workload/budget"),
		object("apps/v1", "Deployment", "workload/app"), object("apps/v1", "Deployment", "kube-system/metrics-server"),
		object("v1", "PersistentVolumeClaim", "monitoring/data"),
		service("workload/public", "LoadBalancer"), service("workload/inside", "ClusterIP"),
		object("karpenter.sh/v1", "NodePool", "/mine"), object("karpenter.sh/v1", "NodePool", "/system"),
	)
	if err := drain(client).Empty(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"patch kustomizations flux-system/infra",
		"delete scaledobjects workload/example-app",
		"delete poddisruptionbudgets workload/budget",
		"delete deployments workload/app",
		"delete services workload/public",
		"delete persistentvolumeclaims monitoring/data",
		"delete nodepools /mine",
	}
	if diff := cmp.Diff(want, writes(client)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	infra, err := client.Resource(deliverers[0]).Namespace("flux-system").Get(t.Context(), "infra", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if suspended, _, _ := unstructured.NestedBool(infra.Object, "spec", "suspend"); !suspended {
		t.Error("Flux goes on delivering")
	}
}

func TestEmptyWaitsAndNamesWhatStays(t *testing.T) {
	client := cluster(service("workload/public", "LoadBalancer"))
	client.PrependReactor("delete", "services", func(clienttesting.Action) (bool, runtime.Object, error) {
		return true, nil, nil // a finalizer keeps it
	})
	ctx, cancel := context.WithTimeoutCause(t.Context(), 20*time.Millisecond, errors.New("it was given 20ms"))
	defer cancel()
	err := drain(client).Empty(ctx)
	if err == nil || !strings.Contains(err.Error(), "services [workload/public] stay: it was given 20ms") {
		t.Errorf("got %v", err)
	}
}

// TestEmptyGoesOn is a cluster that knows half of the kinds and refuses one.
func TestEmptyGoesOn(t *testing.T) {
	client := cluster(object("apps/v1", "Deployment", "workload/app"), object("v1", "PersistentVolumeClaim", "monitoring/data"))
	client.PrependReactor("list", "*", func(action clienttesting.Action) (bool, runtime.Object, error) {
		if group := action.GetResource().Group; strings.Contains(group, ".") {
			return true, nil, apierrors.NewNotFound(action.GetResource().GroupResource(), "")
		}
		return false, nil, nil
	})
	client.PrependReactor("delete", "deployments", func(clienttesting.Action) (bool, runtime.Object, error) {
		return true, nil, errors.New("refused")
	})
	err := drain(client).Empty(t.Context())
	if err == nil || err.Error() != "deployments.apps workload/app: refused" {
		t.Errorf("got %v", err)
	}
	if got := writes(client); !slices.Contains(got, "delete persistentvolumeclaims monitoring/data") {
		t.Errorf("it stopped: %v", got)
	}
}

func TestAwaitNodes(t *testing.T) {
	client := cluster(object("karpenter.sh/v1", "NodeClaim", "/a"))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := drain(client).AwaitNodes(ctx); err == nil || !strings.Contains(err.Error(), "nodeclaims.karpenter.sh [/a] stay") {
		t.Errorf("got %v", err)
	}
	if err := drain(cluster()).AwaitNodes(t.Context()); err != nil {
		t.Error(err)
	}
}
