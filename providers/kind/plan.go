package kind

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/kind/pkg/apis/config/v1alpha4"

	"github.com/scaleproof/scaleproof/providers/kind/engine"
)

// The files of a node's folder, as the node sees them.
const (
	mirrorsPath     = markPath + "/certs.d"
	cniTemplatePath = markPath + "/cni.template"
	// socketPath is where the control plane's node has the engine's socket:
	// Karpenter, which runs there, makes nodes with it.
	socketPath = "/run/docker.sock"
)

// podNetwork is what the nodes' ranges of pod addresses are of.
const podNetwork = "10.244.0.0/16"

// cniTemplate is what containerd writes its CNI configuration from, once the
// node has been given its range of pod addresses. Plugins that see to iptables
// (masquerading, host ports) would run it some fifteen times for each pod that
// comes and goes, a sixth of all that a pod costs: node-routes masquerades, by
// one rule for all pods, and no pod here has a host port.
const cniTemplate = `{
  "cniVersion": "1.0.0",
  "name": "scaleproof",
  "plugins": [
    {
      "type": "ptp",
      "ipMasq": %t,
      "ipam": {
        "type": "host-local",
        "dataDir": "/run/cni-ipam-state",
        "routes": [{"dst": "0.0.0.0/0"}],
        "ranges": [[{"subnet": "{{.PodCIDR}}"}]]
      }
    }
  ]
}
`

// containerdPatch points containerd at the files of the node's folder, and spares a
// small machine what nothing here asks for: containerd samples the CPU of every
// container each second by default, for crictl alone (the kubelet has cAdvisor's
// samples), which took a tenth of two cores where 30 containers did nothing; and
// the loopback plugin is a process for each pod that comes and goes.
const containerdPatch = `[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = "` + mirrorsPath + `"
[plugins."io.containerd.grpc.v1.cri".cni]
  conf_template = "` + cniTemplatePath + `"
  use_internal_loopback = true
[plugins."io.containerd.cri.v1.runtime"]
  stats_collect_period = "10s"
`

// etcdPatch keeps etcd from waiting for the disk at every write: the cluster's
// state is worth nothing after the machine has lost its power.
const etcdPatch = `kind: ClusterConfiguration
etcd:
  local:
    extraArgs:
    - name: unsafe-no-fsync
      value: "true"
`

// controllerManagerPatch lets Prometheus reach the controller-manager's metrics,
// which still ask who reads them. A patch replaces the whole list: the first
// argument is kind's own.
const controllerManagerPatch = `kind: ClusterConfiguration
controllerManager:
  extraArgs:
  - name: enable-hostpath-provisioner
    value: "true"
  - name: bind-address
    value: 0.0.0.0
`

// everyNodePatch lets pods run on the control plane's node too; with one node
// kind sees to that itself, and stumbles if it has nothing to do.
const everyNodePatch = "kind: InitConfiguration\nnodeRegistration:\n  taints: []\n"

// nodeFiles are the contents of the folder that nodes have mounted, by path.
// Without a registry there is no node-routes, and the CNI plugin masquerades.
func (c *cluster) nodeFiles() map[string]string {
	files := map[string]string{path.Base(cniTemplatePath): fmt.Sprintf(cniTemplate, c.options.RegistryImage == "")}
	for _, host := range c.options.Upstreams {
		files[path.Join(path.Base(mirrorsPath), host, "hosts.toml")] = mirror(c.name, host)
	}
	return files
}

// mirror is containerd's hosts.toml that has it ask our registry first.
func mirror(cluster, host string) string {
	server := host
	if host == "docker.io" {
		server = "registry-1.docker.io"
	}
	return fmt.Sprintf("server = \"https://%s\"\n\n[host.\"http://%s:%s/v2/%s\"]\n  capabilities = [\"pull\", \"resolve\"]\n  override_path = true\n",
		server, registryHost(cluster), registryPort, host)
}

// describe is the cluster as kind's library wants it described.
func (c *cluster) describe(host engine.Host) *v1alpha4.Cluster {
	config := &v1alpha4.Cluster{
		TypeMeta:                v1alpha4.TypeMeta{Kind: "Cluster", APIVersion: "kind.x-k8s.io/v1alpha4"},
		Name:                    c.name,
		Networking:              v1alpha4.Networking{IPFamily: v1alpha4.IPv4Family, PodSubnet: podNetwork, DisableDefaultCNI: true},
		ContainerdConfigPatches: append([]string{containerdPatch}, host.ContainerdPatches()...),
		KubeadmConfigPatches:    append([]string{etcdPatch, controllerManagerPatch}, host.KubeadmPatches()...),
	}
	if tag := c.options.CoreDNSTag; tag != "" {
		config.KubeadmConfigPatches = append(config.KubeadmConfigPatches, "kind: ClusterConfiguration\ndns:\n  imageTag: "+tag+"\n")
	}
	if c.options.TokenWebhook != nil {
		config.KubeadmConfigPatches = append(config.KubeadmConfigPatches, tokenWebhookPatch)
	}
	if c.options.Nodes > 1 {
		config.KubeadmConfigPatches = append(config.KubeadmConfigPatches, everyNodePatch)
	}
	mounts := []v1alpha4.Mount{{HostPath: c.home.node(), ContainerPath: markPath, Readonly: true}}
	role := v1alpha4.ControlPlaneRole
	for range c.options.Nodes {
		node := v1alpha4.Node{Role: role, Image: c.options.NodeImage, ExtraMounts: mounts}
		if role == v1alpha4.ControlPlaneRole && c.socket != "" {
			node.ExtraMounts = append(slices.Clone(mounts), v1alpha4.Mount{HostPath: c.socket, ContainerPath: socketPath})
		}
		config.Nodes = append(config.Nodes, node)
		role = v1alpha4.WorkerRole
	}
	return config
}

// planOf is the digest of everything that a cluster cannot change later.
func planOf(config *v1alpha4.Cluster, nodeImageID string, contents ...string) (string, error) {
	data, err := json.Marshal(config)
	if err != nil {
		return "", err
	}
	return digest(append([]string{string(data), nodeImageID}, contents...)...), nil
}

// digest is a short name for a list of texts.
func digest(texts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(texts, "\x00")))
	return hex.EncodeToString(sum[:])[:16]
}
