package engine

import (
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/providers/kind/engine/fakedocker"
)

func TestNothingIsTouchedOnAHealthyHost(t *testing.T) {
	var healthy Host
	if patches := healthy.ContainerdPatches(); patches != nil {
		t.Errorf("containerd is patched: %q", patches)
	}
	if patches := healthy.KubeadmPatches(); patches != nil {
		t.Errorf("kubeadm is patched: %q", patches)
	}
	if flags := healthy.daemonFlags("/runtime"); flags != nil {
		t.Errorf("dockerd gets flags: %q", flags)
	}
}

func TestEachRemedyAnswersItsOwnOddity(t *testing.T) {
	for name, test := range map[string]struct {
		host       Host
		containerd string
		kubeadm    string
		flags      []string
	}{
		"capability": {
			host:  Host{Lacking: []string{"CAP_SYS_RESOURCE"}},
			flags: []string{"--add-runtime", "scaleproof=/runtime", "--default-runtime", "scaleproof"},
		},
		"oom score": {host: Host{OOMScoreLocked: true}, containerd: "restrict_oom_score_adj = true"},
		"cgroup v1": {host: Host{CgroupV1: true}, kubeadm: "failCgroupV1: false"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := strings.Join(test.host.ContainerdPatches(), ""); !strings.Contains(got, test.containerd) || (test.containerd == "") != (got == "") {
				t.Errorf("containerd patches %q", got)
			}
			if got := strings.Join(test.host.KubeadmPatches(), ""); !strings.Contains(got, test.kubeadm) || (test.kubeadm == "") != (got == "") {
				t.Errorf("kubeadm patches %q", got)
			}
			if diff := cmp.Diff(test.flags, test.host.daemonFlags("/runtime")); diff != "" {
				t.Errorf("flags (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDetectJudgesOnlyThisMachine(t *testing.T) {
	host, err := Detect(Info{CgroupVersion: "1", Endpoint: "tcp://10.0.0.9:2375"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Host{CgroupV1: true}, host); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDetectHere(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has capabilities")
	}
	host, err := Detect(Info{CgroupVersion: "2", Endpoint: DefaultSocket})
	if err != nil {
		t.Fatal(err)
	}
	lacksResource := strings.Contains(strings.Join(host.Lacking, " "), "CAP_SYS_RESOURCE")
	if host.OOMScoreLocked != lacksResource {
		t.Errorf("the score is locked: %v, but CAP_SYS_RESOURCE lacks: %v", host.OOMScoreLocked, lacksResource)
	}
}

// An engine that was started by someone else with plain runc cannot make nodes
// on a host that lacks a capability; it is named, and left alone.
func TestAcceptRefusesAnEngineThatCannotRunNodes(t *testing.T) {
	lacking, err := lackingHere()
	if err != nil || len(lacking) == 0 {
		t.Skip("this host lacks no capability")
	}
	fakedocker.Install(t, "docker")
	for runtimeName, refused := range map[string]bool{"runc": true, "theirs": false} {
		err := accept(t.Context(), Info{Endpoint: DefaultSocket, DefaultRuntime: runtimeName})
		if (err != nil) != refused {
			t.Errorf("default runtime %s: error %v", runtimeName, err)
		}
		if refused && !strings.Contains(err.Error(), lacking[0]) {
			t.Errorf("%q does not name %s", err, lacking[0])
		}
	}
}
