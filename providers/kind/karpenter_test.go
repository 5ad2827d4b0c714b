package kind

import (
	"context"
	"slices"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/scaleproof/scaleproof/providers/kind/engine"
	"github.com/scaleproof/scaleproof/providers/kind/engine/fakedocker"
)

// TestNodesThatComeAndGo are removed with the cluster, and otherwise count for
// nothing: not for what it was made with, not for whether it is ready.
func TestNodesThatComeAndGo(t *testing.T) {
	made := func(name string, labels map[string]string) container {
		c := container{ID: name, Name: "/" + name, Mounts: []struct{ Destination string }{{markPath}}}
		c.Config.Labels = map[string]string{kindLabel: "it"}
		for key, value := range labels {
			c.Config.Labels[key] = value
		}
		return c
	}
	found := classify("it", []container{
		made("it-control-plane", nil), made("it-pool-x1", map[string]string{claimLabel: "pool-x1", poolLabel: "pool"}),
	})
	if len(found.ids()) != 2 {
		t.Errorf("%v would be removed, want both", found.ids())
	}
	if lasting := found.lasting(); len(lasting) != 1 || lasting[0].ID != "it-control-plane" {
		t.Errorf("%v last", lasting)
	}
	comesAndGoes := readyNode("it-pool-x1", "False")
	comesAndGoes.Labels = map[string]string{poolLabel: "pool"}
	if reason := unready(inventory{nodes: append(inventory{}.nodes, comesAndGoes)}, 0, nil); len(reason) != 1 {
		t.Errorf("lacking is %v, want coredns only", reason)
	}
}

// goneNode is one of Karpenter's whose container is gone, and madeNode is kind's.
func goneNode() *corev1.Node {
	gone := readyNode("it-pool-x1", corev1.ConditionUnknown)
	gone.Labels = map[string]string{poolLabel: "pool"}
	return gone
}

func madeNode() *corev1.Node { return readyNode("it-control-plane", corev1.ConditionTrue) }

// TestPodsOfANodeThatIsGone are wanted by DaemonSets, and nobody runs them.
func TestPodsOfANodeThatIsGone(t *testing.T) {
	for name, test := range map[string]struct {
		nodes  int // that the cluster was made with
		beside *corev1.Node
		ready  int32 // pods of two
		want   bool
	}{
		"all but its own":                   {nodes: 1, beside: goneNode(), ready: 1, want: true},
		"not even the others":               {nodes: 1, beside: goneNode(), ready: 0},
		"one of a node that is not seen":    {nodes: 2, beside: goneNode(), ready: 1},
		"one is missing where nothing gone": {nodes: 1, beside: readyNode("it-worker", corev1.ConditionTrue), ready: 1},
	} {
		have := inventory{nodes: []*corev1.Node{madeNode(), test.beside}, daemonSets: []*appsv1.DaemonSet{daemonSet("kube-proxy", 1, 1, 2, test.ready)}}
		lacking := unready(have, test.nodes, []string{"kube-proxy"})
		if got := !slices.Contains(lacking, "daemonset kube-proxy"); got != test.want {
			t.Errorf("%s: lacking is %v", name, lacking)
		}
	}
}

// TestRoutesOfANodeThatIsGone are not asked for, nor are others for those to it.
func TestRoutesOfANodeThatIsGone(t *testing.T) {
	addressed := func(node *corev1.Node, network, address string) *corev1.Node {
		node.Spec.PodCIDR = network
		node.Status.Addresses = []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: address}}
		return node
	}
	client := fake.NewClientset(addressed(goneNode(), "10.244.1.0/24", "172.18.0.3"), addressed(madeNode(), "10.244.0.0/24", "172.18.0.2"))
	docker := fakedocker.Install(t, "docker",
		fakedocker.Says("exec it-control-plane ip *", "default via 172.18.0.1 dev eth0"),
		fakedocker.Says("exec it-control-plane nft *", "table ip node-routes {}"))
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second) // it is there at once, or never
	defer cancel()
	kept := &cluster{options: Options{RegistryImage: "registry"}}
	if err := kept.awaitRoutes(ctx, client); err != nil || len(docker.Calls(t)) != 2 {
		t.Errorf("asked %d times: %v", len(docker.Calls(t)), err)
	}
}

func TestSocket(t *testing.T) {
	for endpoint, want := range map[string]string{
		"unix:///run/user/1000/docker.sock": "/run/user/1000/docker.sock",
		"unix:///var/run/docker.sock":       "/var/run/docker.sock",
		"tcp://10.0.0.1:2376":               "/var/run/docker.sock",
		"ssh://user@host":                   "/var/run/docker.sock",
	} {
		if got := (engine.Info{Endpoint: endpoint}).Socket(); got != want {
			t.Errorf("%s: %s, want %s", endpoint, got, want)
		}
	}
}
