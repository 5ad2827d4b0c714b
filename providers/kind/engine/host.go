package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/scaleproof/scaleproof/providers/kind/engine/capability"
)

// Info is what an engine that answers says of itself.
type Info struct {
	// ServerVersion of the engine.
	ServerVersion string `json:"ServerVersion"`
	// CgroupVersion is "1" or "2".
	CgroupVersion string `json:"CgroupVersion"`
	// DefaultRuntime is the name of the OCI runtime that containers get.
	DefaultRuntime string `json:"DefaultRuntime"`
	// Runtimes are the OCI runtimes the engine knows, by name.
	Runtimes map[string]struct {
		Path string `json:"path"`
	} `json:"Runtimes"`
	// SecurityOptions such as "name=seccomp,profile=default" or "name=rootless".
	SecurityOptions []string `json:"SecurityOptions"`
	// DockerRootDir is where images and containers lie on the engine's host.
	DockerRootDir string `json:"DockerRootDir"`
	// Endpoint is the address the command line reaches the engine at.
	Endpoint string `json:"-"`
}

var errNoAnswer = errors.New("no engine answers")

// Inspect asks the engine about itself.
func Inspect(ctx context.Context) (Info, error) {
	var answer struct {
		Info
		ServerErrors []string
	}
	ctx, cancel := limited(ctx)
	defer cancel()
	text, err := Run(ctx, "info", "--format", "{{json .}}")
	if err != nil {
		return Info{}, err
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		return Info{}, fmt.Errorf("docker info: %w", err)
	}
	if len(answer.ServerErrors) > 0 { // which end the command well up to Docker 20.10
		return Info{}, &CommandError{Command: "docker info", Stderr: strings.Join(answer.ServerErrors, "\n"), Err: errNoAnswer}
	}
	info := answer.Info
	info.Endpoint, err = Run(ctx, "context", "inspect", "--format", "{{.Endpoints.docker.Host}}")
	return info, err
}

// FitEngine is what to do about an engine on which no cluster could be used.
const FitEngine = "use an engine that runs as root on this machine, or Docker Desktop"

// Unfit is why no cluster on this engine could be used, whatever else it can.
func (i Info) Unfit() error {
	if slices.Contains(i.SecurityOptions, "name=rootless") {
		return fmt.Errorf("the engine at %s runs without root: its nodes do not reach this machine, which delivers to them", i.Endpoint)
	}
	at, err := url.Parse(i.Endpoint)
	if err != nil {
		return fmt.Errorf("the engine's address: %w", err)
	}
	address, _ := netip.ParseAddr(at.Hostname()) // no loopback if it is a name
	if at.Scheme != "tcp" && at.Scheme != "ssh" || at.Hostname() == "localhost" || address.IsLoopback() {
		return nil // also one in a virtual machine of this one
	}
	return fmt.Errorf("the engine at %s is on another machine: folders of this one cannot be mounted there, nor its API servers be reached", i.Endpoint)
}

// local tells whether the engine may run on this machine's kernel.
func (i Info) local() bool {
	return runtime.GOOS == "linux" && strings.HasPrefix(i.Endpoint, "unix://")
}

// Socket is the path of the engine's socket on the engine's host. An engine that
// is reached through a virtual machine, or from afar, has the usual one there.
func (i Info) Socket() string {
	if path, found := strings.CutPrefix(i.Endpoint, "unix://"); found && i.local() {
		return path
	}
	return strings.TrimPrefix(DefaultSocket, "unix://")
}

// Host is what the engine's host does not allow. Its zero value is a healthy
// host, on which nothing is done differently: every remedy for a restricted one
// is a method of this type.
type Host struct {
	// Lacking are the capabilities that no process of the host can have.
	Lacking []string
	// OOMScoreLocked tells that oom_score_adj cannot be lowered.
	OOMScoreLocked bool
	// CgroupV1 tells that the host has only version 1 of cgroups.
	CgroupV1 bool
}

// Detect looks at the engine's host. Only the cgroup version can be known of
// one that is not this machine; the rest is then taken for healthy.
func Detect(info Info) (Host, error) {
	host := Host{CgroupV1: info.CgroupVersion == "1"}
	if !info.local() {
		return host, nil
	}
	lacking, err := lackingHere()
	if err != nil {
		return host, err
	}
	host.Lacking = lacking
	host.OOMScoreLocked = oomScoreLocked(lacking, slices.Contains(info.SecurityOptions, "name=rootless"))
	return host, nil
}

// lackingHere reads the bounding set of this process, which it shares with any
// daemon it starts.
func lackingHere() ([]string, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return nil, err
	}
	bounding, err := capability.Bounding(string(status))
	if err != nil {
		return nil, err
	}
	last, err := os.ReadFile("/proc/sys/kernel/cap_last_cap")
	if err != nil {
		return nil, err
	}
	number, err := strconv.Atoi(strings.TrimSpace(string(last)))
	if err != nil {
		return nil, err
	}
	return bounding.Lacking(number), nil
}

// oomScoreLocked tells whether containers of the engine's host are refused to
// lower their score. Root tries it on itself and puts it back. For anyone else
// a refusal says nothing about the daemon, so the reason for it is looked at.
func oomScoreLocked(lacking []string, rootless bool) bool {
	if os.Geteuid() != 0 || rootless {
		return rootless || slices.Contains(lacking, capability.SysResource)
	}
	const path = "/proc/self/oom_score_adj"
	before, err := os.ReadFile(path)
	if err != nil {
		return true
	}
	score, err := strconv.Atoi(strings.TrimSpace(string(before)))
	if err != nil {
		return true
	}
	if err := os.WriteFile(path, []byte(strconv.Itoa(score-1)), 0); err != nil {
		return true
	}
	return os.WriteFile(path, before, 0) != nil
}

// ContainerdPatches are merged into the containerd configuration of nodes.
func (h Host) ContainerdPatches() []string {
	if !h.OOMScoreLocked {
		return nil
	}
	return []string{"[plugins.\"io.containerd.grpc.v1.cri\"]\n  restrict_oom_score_adj = true\n"}
}

// KubeadmPatches are merged into the kubeadm configuration of nodes.
func (h Host) KubeadmPatches() []string {
	if !h.CgroupV1 {
		return nil
	}
	return []string{"kind: KubeletConfiguration\nfailCgroupV1: false\n"}
}

// daemonFlags are what a dockerd that we start has to be given.
func (h Host) daemonFlags(runtimePath string) []string {
	if len(h.Lacking) == 0 {
		return nil
	}
	return []string{"--add-runtime", runtimeName + "=" + runtimePath, "--default-runtime", runtimeName}
}
