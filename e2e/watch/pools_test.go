package watch

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

func TestFieldsOfNodes(t *testing.T) {
	for _, test := range []struct {
		name string
		got  []string
		want []string
	}{
		{
			name: "node that Karpenter takes away",
			got: fields[corev1.Node](t, nodeFields, `
metadata:
  name: shop-a1b2c
  deletionTimestamp: "2026-01-01T00:00:00Z"
  labels: {karpenter.sh/nodepool: shop, node.kubernetes.io/instance-type: c1.small, kubernetes.io/arch: amd64}
spec: {providerID: "kind://docker/x/shop-a1b2c", taints: [{key: karpenter.sh/disrupted, effect: NoSchedule}]}
status: {allocatable: {cpu: 500m}, conditions: [{type: MemoryPressure, status: "False"}, {type: Ready, status: "True", reason: KubeletReady}]}
`),
			want: []string{
				`node shop-a1b2c Ready 1 "KubeletReady"`, `node shop-a1b2c pool 0 "shop"`, `node shop-a1b2c type 0 "c1.small"`,
				`node shop-a1b2c arch 0 "amd64"`, `node shop-a1b2c provider 0 "kind://docker/x/shop-a1b2c"`,
				`node shop-a1b2c labels 0 "karpenter.sh/nodepool=shop,kubernetes.io/arch=amd64,node.kubernetes.io/instance-type=c1.small"`,
				`node shop-a1b2c cpu 0.5`, `node shop-a1b2c disrupted 1`, `node shop-a1b2c deleting 1`,
			},
		},
		{
			name: "node that has just joined",
			got:  fields[corev1.Node](t, nodeFields, `{metadata: {name: shop-a1b2c}}`),
			want: []string{`node shop-a1b2c Ready 0`, `node shop-a1b2c disrupted 0`, `node shop-a1b2c deleting 0`},
		},
		{
			name: "claim that is launched",
			got: unstructuredFields(t, nodeClaimFields, `
metadata: {name: shop-a1b2c, labels: {karpenter.sh/nodepool: shop, node.kubernetes.io/instance-type: c1.small, kubernetes.io/arch: amd64}}
spec: {resources: {requests: {cpu: 360m}}}
status:
  nodeName: x
  providerID: kind://docker/x/shop-a1b2c
  capacity: {cpu: 500m}
  conditions:
  - {type: Launched, status: "True", reason: Launched}
  - {type: Registered, status: Unknown, reason: NodeNotFound}
  - {type: ConsistentStateFound, status: "True", reason: Not told}
`),
			want: []string{
				`nodeclaim shop-a1b2c requests 0.36`, `nodeclaim shop-a1b2c pool 0 "shop"`, `nodeclaim shop-a1b2c type 0 "c1.small"`,
				`nodeclaim shop-a1b2c arch 0 "amd64"`,
				`nodeclaim shop-a1b2c labels 0 "karpenter.sh/nodepool=shop,kubernetes.io/arch=amd64,node.kubernetes.io/instance-type=c1.small"`,
				`nodeclaim shop-a1b2c node 0 "x"`, `nodeclaim shop-a1b2c provider 0 "kind://docker/x/shop-a1b2c"`, `nodeclaim shop-a1b2c cpu 0.5`,
				`nodeclaim shop-a1b2c Launched 1 "Launched"`, `nodeclaim shop-a1b2c Registered 0 "NodeNotFound"`, `nodeclaim shop-a1b2c deleting 0`,
			},
		},
		{
			name: "claim that was just made",
			got:  unstructuredFields(t, nodeClaimFields, `metadata: {name: shop-a1b2c}`),
			want: []string{`nodeclaim shop-a1b2c requests 0`, `nodeclaim shop-a1b2c deleting 0`},
		},
		{
			name: "pool with a limit",
			got: unstructuredFields(t, nodePoolFields, `
metadata: {name: shop}
spec: {limits: {cpu: 500m}, disruption: {consolidateAfter: 1m30s}}
status: {resources: {cpu: 250m}, conditions: [{type: Ready, status: "True", reason: Ready}]}
`),
			want: []string{`nodepool shop Ready 1 "Ready"`, `nodepool shop limit 0.5`, `nodepool shop cpu 0.25`,
				`nodepool shop consolidateAfter 90`, `nodepool shop deleting 0`},
		},
		{
			name: "pool that names what its nodes may be",
			got: unstructuredFields(t, nodePoolFields, `
metadata: {name: shop}
spec: {template: {spec: {requirements: [
  {key: kubernetes.io/arch, operator: In, values: [arm64, amd64]}, {key: karpenter.sh/capacity-type, operator: In, values: [on-demand]},
  {key: example.com/generation, operator: Gt, values: ["4"]}]}}}
`),
			want: []string{`nodepool shop cpu 0`, `nodepool shop requires 0 "karpenter.sh/capacity-type=on-demand,kubernetes.io/arch=amd64|arm64"`,
				`nodepool shop deleting 0`},
		},
		{
			name: "pool that never consolidates",
			got:  unstructuredFields(t, nodePoolFields, "metadata: {name: shop}\nspec: {disruption: {consolidateAfter: Never}}"),
			want: []string{`nodepool shop cpu 0`, `nodepool shop deleting 0`},
		},
		{
			name: "pod that fits nowhere",
			got: fields[corev1.Pod](t, podFields, `
metadata: {name: shop-1}
status: {phase: Pending, conditions: [{type: PodScheduled, status: "False", reason: Unschedulable}]}
`),
			want: []string{`pod shop-1 phase 0 "Pending"`, `pod shop-1 scheduled 0`, `pod shop-1 ready 0`,
				`pod shop-1 waiting 0 "Unschedulable"`, `pod shop-1 restarts 0`},
		},
		{
			name: "event of the scheduler",
			got: fields[corev1.Event](t, eventFields, `
metadata: {name: shop-1.18}
involvedObject: {kind: Pod, name: shop-1}
reason: FailedScheduling
message: "0/1 nodes are available "
source: {component: other}
reportingComponent: default-scheduler
`),
			want: []string{`event Pod/shop-1 default-scheduler FailedScheduling 0 "0/1 nodes are available"`},
		},
		{
			name: "event of a kubelet",
			got: fields[corev1.Event](t, eventFields, `
metadata: {name: shop-1.19}
involvedObject: {kind: Pod, name: shop-1}
reason: Pulled
message: it has the image
source: {component: kubelet}
`),
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, test.got); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
		})
	}
}

// Karpenter's collections, and the events of what has no namespace.
const (
	nodesPath      = "/api/v1/nodes"
	nodePoolsPath  = "/apis/karpenter.sh/v1/nodepools"
	nodeClaimsPath = "/apis/karpenter.sh/v1/nodeclaims"
	eventsPath     = "/api/v1/namespaces/default/events"
)

func claim(name string, conditions ...any) map[string]any {
	return map[string]any{
		"apiVersion": "karpenter.sh/v1", "kind": "NodeClaim", "metadata": map[string]any{"name": name},
		"status": map[string]any{"conditions": conditions},
	}
}

func about(name, kind, object, reason string) map[string]any {
	return map[string]any{
		"apiVersion": "v1", "kind": "Event", "metadata": map[string]any{"name": name, "namespace": "default"},
		"involvedObject": map[string]any{"kind": kind, "name": object}, "reason": reason, "message": "why",
		"source": map[string]any{"component": "karpenter"},
	}
}

// withPools serves the collections of pools, and tells which selectors they
// were asked for with.
func withPools(t *testing.T) (*fakeAPI, func(path string) []string) {
	t.Helper()
	a := newFakeAPI(t)
	var mu sync.Mutex
	asked := map[string][]string{}
	for _, path := range []string{nodesPath, nodePoolsPath, nodeClaimsPath, eventsPath} {
		a.put(path, map[string]any{"metadata": map[string]any{"name": "first"}})
		a.remove(path, "first")
		a.answer(path, func(w http.ResponseWriter, r *http.Request) {
			q := r.URL.Query()
			mu.Lock()
			asked[path] = append(asked[path], q.Get("labelSelector")+"|"+q.Get("fieldSelector"))
			mu.Unlock()
			if q.Get("watch") == "true" {
				a.stream(w, r)
			} else {
				a.list(w, path)
			}
		})
	}
	return a, func(path string) []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Compact(slices.Clone(asked[path]))
	}
}

func TestPoolsAreWatchedByWhatBearsTheirLabel(t *testing.T) {
	a, asked := withPools(t)
	tl, _ := record(t, a, "", Target{Pools: []string{"shop"}})
	for path, want := range map[string]string{
		nodesPath:      "karpenter.sh/nodepool in (shop)|",
		nodeClaimsPath: "karpenter.sh/nodepool in (shop)|",
		nodePoolsPath:  "|metadata.name=shop",
		eventsPath:     "|involvedObject.kind!=Node,involvedObject.kind!=Pod",
	} {
		if diff := cmp.Diff([]string{want}, asked(path)); diff != "" {
			t.Errorf("selectors of %s (-want +got):\n%s", path, diff)
		}
	}

	n := len(tl.Moments())
	a.put(nodeClaimsPath, claim("shop-a1b2c"))
	n = await(t, tl, n, "nodeclaim shop-a1b2c deleting 0")
	a.put(nodeClaimsPath, claim("shop-a1b2c", map[string]any{"type": "Launched", "status": "True", "reason": "Launched"}))
	n = await(t, tl, n, `nodeclaim shop-a1b2c Launched 1 "Launched"`)
	a.put(eventsPath, about("one", "NodeClaim", "other-a1b2c", "DisruptionBlocked"))
	a.put(eventsPath, about("two", "NodePool", "shop", "Anything"))
	a.put(eventsPath, about("three", "NodeClaim", "shop-a1b2c", "DisruptionBlocked"))
	await(t, tl, n, "event")
	want := []string{`event NodeClaim/shop-a1b2c karpenter DisruptionBlocked 0 "why"`}
	if diff := cmp.Diff(want, lines(tl.Moments()[n:])); diff != "" {
		t.Errorf("events of the pool (-want +got):\n%s", diff)
	}

	n = len(tl.Moments())
	a.remove(nodeClaimsPath, "shop-a1b2c")
	await(t, tl, n, "nodeclaim shop-a1b2c requests gone")
}

func TestSeveralPoolsAreToldApartByName(t *testing.T) {
	a, asked := withPools(t)
	for _, name := range []string{"shop", "system", "other"} {
		a.put(nodePoolsPath, map[string]any{"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": map[string]any{"name": name}})
	}
	tl, _ := record(t, a, "", Target{Pools: []string{"shop", "system"}})
	want := []string{"nodepool shop cpu 0", "nodepool shop deleting 0", "nodepool system cpu 0", "nodepool system deleting 0"}
	if diff := cmp.Diff(want, seenLines(tl.Moments())); diff != "" {
		t.Errorf("moments (-want +got):\n%s", diff)
	}
	if got := asked(nodesPath); !strings.Contains(got[0], "in (shop,system)") {
		t.Errorf("nodes were selected by %q, want both pools'", got[0])
	}
}

func TestPoolsNeedKarpenter(t *testing.T) {
	a := newFakeAPI(t)
	clients, err := NewClients(a.config(""))
	if err != nil {
		t.Fatal(err)
	}
	_, err = Start(t.Context(), clients, Target{Pools: []string{"shop"}}, timeline.New())
	if err == nil || !strings.Contains(err.Error(), "list nodepools") || !strings.Contains(err.Error(), "not installed") {
		t.Errorf("error is %v, want one that says that nodepools are not installed", err)
	}
}
