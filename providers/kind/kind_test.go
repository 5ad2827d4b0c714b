package kind

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/scaleproof/scaleproof/providers/kind/engine"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestNewRefusesOptionsThatCannotWork(t *testing.T) {
	for name, test := range map[string]struct {
		options Options
		says    string
	}{
		"fewer than no nodes":            {options: Options{Nodes: -1}, says: "-1 nodes"},
		"several nodes, nothing between": {options: Options{Nodes: 2}, says: "registry"},
		"a registry with nothing in it":  {options: Options{RegistryImage: "r"}, says: "store"},
		"a single node without anything": {options: Options{}},
	} {
		t.Run(name, func(t *testing.T) {
			test.options.CacheDir = t.TempDir()
			_, err := New(test.options)
			if (err != nil) != (test.says != "") || err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %v, want one that says %q", err, test.says)
			}
		})
	}
}

func noWebhook(context.Context, string) ([]byte, error) { return nil, errors.New("there is none") }

func TestDescribe(t *testing.T) {
	for name, test := range map[string]struct {
		options Options
		host    engine.Host
		socket  string
	}{
		"healthy":    {options: Options{Nodes: 1, NodeImage: "kindest/node:v1.36.3"}, socket: "/run/user/1000/docker.sock"},
		"webhook":    {options: Options{Nodes: 1, NodeImage: "kindest/node:v1.36.3", TokenWebhook: noWebhook}},
		"restricted": {options: Options{Nodes: 2, NodeImage: "scaleproof/node:1", CoreDNSTag: "v1.15.0"}, host: engine.Host{Lacking: []string{"CAP_SYS_RESOURCE"}, OOMScoreLocked: true, CgroupV1: true}},
	} {
		t.Run(name, func(t *testing.T) {
			c := &cluster{name: "it", options: test.options, home: newHome("/cache", "it"), socket: test.socket}
			got, err := yaml.Marshal(c.describe(test.host))
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name+".yaml", string(got))
		})
	}
}

func TestNodeFiles(t *testing.T) {
	c := &cluster{name: "it", options: Options{RegistryImage: "r", Upstreams: []string{"docker.io", "ghcr.io"}}}
	files := c.nodeFiles()
	var all strings.Builder
	for _, name := range []string{"certs.d/docker.io/hosts.toml", "certs.d/ghcr.io/hosts.toml", "cni.template"} {
		all.WriteString("# " + name + "\n" + files[name])
	}
	if len(files) != 3 {
		t.Errorf("%d files", len(files))
	}
	golden(t, "node-files.txt", all.String())

	const template = "cni.template"
	alone := (&cluster{name: "it"}).nodeFiles()[template]
	if want := strings.Replace(files[template], `"ipMasq": false`, `"ipMasq": true`, 1); alone != want || alone == files[template] {
		t.Errorf("without the registry, which has node-routes, the plugin must masquerade:\n%s", alone)
	}
}

// golden compares with a file under testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got), go test -update rewrites it:\n%s", path, diff)
	}
}

func TestPlanTellsClustersApart(t *testing.T) {
	plan := func(nodes int, image, tag string, contents ...string) string {
		c := &cluster{name: "it", options: Options{Nodes: nodes, NodeImage: "node", CoreDNSTag: tag}, home: newHome("/cache", "it")}
		digest, err := planOf(c.describe(engine.Host{}), image, contents...)
		if err != nil {
			t.Fatal(err)
		}
		return digest
	}
	base := plan(1, "sha256:1", "v1")
	if again := plan(1, "sha256:1", "v1"); again != base {
		t.Errorf("the same cluster has the plans %s and %s", base, again)
	}
	for name, other := range map[string]string{
		"nodes": plan(2, "sha256:1", "v1"), "image": plan(1, "sha256:2", "v1"), "coredns": plan(1, "sha256:1", "v2"),
		"contents": plan(1, "sha256:1", "v1", "sha256:3"),
	} {
		if other == base {
			t.Errorf("another number, image, tag or content (%s) has the same plan", name)
		}
	}
}

func readyNode(name string, status corev1.ConditionStatus) *corev1.Node {
	return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}, Status: corev1.NodeStatus{
		Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: status, Message: "cni plugin not initialized"}}}}
}

func daemonSet(name string, generation, observed int64, desired, ready int32) *appsv1.DaemonSet {
	return &appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Name: name, Generation: generation},
		Status: appsv1.DaemonSetStatus{ObservedGeneration: observed, DesiredNumberScheduled: desired, NumberReady: ready}}
}

func TestUnready(t *testing.T) {
	coredns := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "coredns"}, Status: appsv1.DeploymentStatus{Replicas: 1, UpdatedReplicas: 1, ReadyReplicas: 1}}
	ready, waiting := readyNode("a", corev1.ConditionTrue), readyNode("b", corev1.ConditionFalse)
	for name, test := range map[string]struct {
		have inventory
		want string
	}{
		"nothing was seen": {want: "0 of 2 nodes are ready, daemonset kube-proxy, deployment coredns"},
		"one node waits": {
			have: inventory{nodes: []*corev1.Node{ready, waiting}, daemonSets: []*appsv1.DaemonSet{daemonSet("kube-proxy", 1, 1, 2, 2)}, deployments: []*appsv1.Deployment{coredns}},
			want: "node b: cni plugin not initialized, 1 of 2 nodes are ready",
		},
		"a daemonset that was not looked at yet": {
			have: inventory{nodes: []*corev1.Node{ready, ready}, daemonSets: []*appsv1.DaemonSet{daemonSet("kube-proxy", 2, 1, 2, 2)}, deployments: []*appsv1.Deployment{coredns}},
			want: "daemonset kube-proxy",
		},
		"a daemonset that knows one node": {
			have: inventory{nodes: []*corev1.Node{ready, ready}, daemonSets: []*appsv1.DaemonSet{daemonSet("kube-proxy", 1, 1, 1, 1)}, deployments: []*appsv1.Deployment{coredns}},
			want: "daemonset kube-proxy",
		},
		"coredns starts": {
			have: inventory{nodes: []*corev1.Node{ready, ready}, daemonSets: []*appsv1.DaemonSet{daemonSet("kube-proxy", 1, 1, 2, 2)},
				deployments: []*appsv1.Deployment{{ObjectMeta: metav1.ObjectMeta{Name: "coredns"}}}},
			want: "deployment coredns",
		},
		"coredns is being replaced": {
			have: inventory{nodes: []*corev1.Node{ready, ready}, daemonSets: []*appsv1.DaemonSet{daemonSet("kube-proxy", 1, 1, 2, 2)},
				deployments: []*appsv1.Deployment{{ObjectMeta: metav1.ObjectMeta{Name: "coredns"}, Status: appsv1.DeploymentStatus{Replicas: 2, UpdatedReplicas: 1, ReadyReplicas: 2}}}},
			want: "deployment coredns",
		},
		"all is well": {
			have: inventory{nodes: []*corev1.Node{ready, ready}, daemonSets: []*appsv1.DaemonSet{daemonSet("kube-proxy", 1, 1, 2, 2)}, deployments: []*appsv1.Deployment{coredns}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := strings.Join(unready(test.have, 2, []string{"kube-proxy"}), ", ")
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAddonsDecode(t *testing.T) {
	for _, routes := range []bool{false, true} {
		objects, err := addons(routes)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, object := range objects {
			names = append(names, object.GetKind()+" "+object.GetName())
			if text, err := object.MarshalJSON(); object.GetName() == routesName && object.GetKind() == "DaemonSet" &&
				(err != nil || !strings.Contains(string(text), `{"name":"POD_NETWORK","value":"`+podNetwork+`"}`)) {
				t.Errorf("%s is not told of %s, %v: %s", routesName, podNetwork, err, text)
			}
		}
		want := []string{"Deployment coredns"}
		if routes {
			want = append(want, "ServiceAccount node-routes", "ClusterRole scaleproof:node-routes", "ClusterRoleBinding scaleproof:node-routes", "DaemonSet "+routesName)
		}
		if diff := cmp.Diff(want, names); diff != "" {
			t.Errorf("routes %v (-want +got):\n%s", routes, diff)
		}
	}
}

func TestMissingRoutes(t *testing.T) {
	node := func(name, cidr, address string) corev1.Node {
		return corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: corev1.NodeSpec{PodCIDR: cidr},
			Status: corev1.NodeStatus{Addresses: []corev1.NodeAddress{{Type: corev1.NodeHostName, Address: name}, {Type: corev1.NodeInternalIP, Address: address}}}}
	}
	nodes := []corev1.Node{node("a", "10.244.0.0/24", "172.18.0.2"), node("b", "10.244.1.0/24", "172.18.0.3"), node("c", "10.244.2.0/24", "172.18.0.4")}
	for name, test := range map[string]struct {
		table string
		want  []string
	}{
		"all":               {table: "default via 172.18.0.1 dev eth0\n10.244.1.0/24 via 172.18.0.3 dev eth0 proto 90\n10.244.2.0/24 via 172.18.0.4 dev eth0"},
		"none":              {table: "default via 172.18.0.1 dev eth0", want: []string{"b", "c"}},
		"an address before": {table: "10.244.1.0/24 via 172.18.0.30 dev eth0\n10.244.2.0/24 via 172.18.0.4 dev eth0", want: []string{"b"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, missingRoutes(test.table, "a", nodes)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
