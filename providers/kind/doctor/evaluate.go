package doctor

import (
	"errors"
	"fmt"
	"go/version"
	"maps"
	"slices"
	"strings"

	"github.com/scaleproof/scaleproof/providers/kind/engine"
)

// Evaluate judges the facts, in the order in which they are best fixed.
func Evaluate(facts Facts) []Check {
	checks := []Check{engineCheck(facts), cgroupCheck(facts), capabilityCheck(facts)}
	for _, folder := range slices.Sorted(maps.Keys(facts.Disks)) {
		checks = append(checks, diskCheck(folder, facts.Disks[folder]))
	}
	return append(checks, memoryCheck(facts), inotifyCheck(facts), goCheck(facts), gitCheck(facts))
}

func engineCheck(facts Facts) Check {
	const name = "engine"
	switch {
	case facts.Engine != nil:
		if err := facts.Engine.Unfit(); err != nil {
			return Check{Name: name, Status: Failed, Finding: err.Error(), Fix: engine.FitEngine}
		}
		return Check{Name: name, Status: OK, Finding: fmt.Sprintf("docker %s at %s", facts.Engine.ServerVersion, facts.Engine.Endpoint)}
	case facts.CanStart:
		return Check{Name: name, Status: Warning, Finding: "no docker engine answers", Fix: "none needed: a run installs or starts one"}
	}
	var absent *engine.AbsentError
	if errors.As(facts.EngineError, &absent) {
		return Check{Name: name, Status: Failed, Finding: fmt.Sprintf("%s: %v", absent.Why, absent.Err), Fix: absent.Fix}
	}
	return Check{Name: name, Status: Failed, Finding: fmt.Sprint(facts.EngineError), Fix: "see that docker info answers"}
}

func cgroupCheck(facts Facts) Check {
	const name = "cgroups"
	switch {
	case facts.Engine == nil:
		return Check{Name: name, Status: Warning, Finding: "unknown until an engine answers", Fix: "run doctor again then"}
	case facts.Host.CgroupV1:
		return Check{Name: name, Status: Warning, Finding: "version 1, which kubelets are told to accept",
			Fix: "boot with systemd.unified_cgroup_hierarchy=1 for version 2"}
	}
	return Check{Name: name, Status: OK, Finding: "version " + facts.Engine.CgroupVersion}
}

func capabilityCheck(facts Facts) Check {
	const name = "capabilities"
	host := facts.Host
	switch {
	case len(host.Lacking) == 0 && !host.OOMScoreLocked:
		return Check{Name: name, Status: OK, Finding: "the host has all of them"}
	case len(host.Lacking) == 0:
		return Check{Name: name, Status: Warning, Finding: "oom_score_adj cannot be lowered, which nodes are told", Fix: "none needed"}
	case facts.Engine != nil && facts.Engine.DefaultRuntime == "runc":
		return Check{Name: name, Status: Failed,
			Finding: "the host lacks " + strings.Join(host.Lacking, ", ") + ", and the engine that runs asks for all",
			Fix:     "stop that engine: a run then starts one whose runtime asks for no more than there is"}
	}
	return Check{Name: name, Status: Warning,
		Finding: "the host lacks " + strings.Join(host.Lacking, ", ") + ", which the engine's runtime does without",
		Fix:     "none needed; a host that has them tells more about production"}
}

// A cold build of every component takes about 12 GB of caches, the images 4,
// and the nodes unpack them once more. A run that builds less takes less, and says
// itself if that does not fit.
func diskCheck(folder string, free uint64) Check {
	check := Check{Name: "disk", Status: OK, Finding: fmt.Sprintf("%s free at %s", gigabytes(free), folder)}
	if free < BuildDisk {
		check.Status = Warning
		check.Fix = fmt.Sprintf("to build everything, free %s there or use a larger disk; what was built or is pulled needs less",
			gigabytes(BuildDisk-free))
	}
	return check
}

// The cluster with the whole stack takes about 3 GB, the linker of the largest
// component another 3.
func memoryCheck(facts Facts) Check {
	check := Check{Name: "memory", Status: OK, Finding: gigabytes(facts.Memory)}
	switch {
	case facts.Memory == 0:
		check.Status, check.Finding, check.Fix = Warning, "unknown", "see that there are "+gigabytes(MinMemory)
	case facts.Memory < MinMemory:
		check.Status, check.Fix = Failed, "use a machine with at least "+gigabytes(MinMemory)
	case facts.Memory < GoodMemory:
		check.Status, check.Fix = Warning, "expect slow builds; "+gigabytes(GoodMemory)+" are comfortable"
	}
	return check
}

// Every node's systemd, kubelet and containerd hold instances: one node runs
// within the kernel's default of 128, three do not.
func inotifyCheck(facts Facts) Check {
	check := Check{Name: "inotify", Status: OK,
		Finding: fmt.Sprintf("%d instances, %d watches", facts.InotifyInstances, facts.InotifyWatches)}
	fix := fmt.Sprintf("sudo sysctl fs.inotify.max_user_instances=%d fs.inotify.max_user_watches=%d", GoodInotifyInstances, GoodInotifyWatches)
	switch {
	case facts.InotifyInstances == 0 && facts.InotifyWatches == 0:
		// Not a Linux machine: the engine's own has limits of its own.
		check.Finding = "not this machine's to say"
	case facts.InotifyRaised && facts.InotifyInstances < GoodInotifyInstances && facts.InotifyWatches >= GoodInotifyWatches:
		check.Status, check.Fix = Warning, "none needed: a run raises the instances"
	case facts.InotifyInstances < MinInotifyInstances && !facts.InotifyRaised:
		check.Status, check.Fix = Failed, fix
	case facts.InotifyInstances < GoodInotifyInstances || facts.InotifyWatches < GoodInotifyWatches:
		check.Status, check.Fix = Warning, "for three nodes and more: "+fix
	}
	return check
}

func goCheck(facts Facts) Check {
	const name = "go"
	switch {
	case facts.Go == "":
		return Check{Name: name, Status: Failed, Finding: "no go command on PATH", Fix: "install Go " + MinGo + " or later, https://go.dev/dl/"}
	case version.Compare("go"+facts.Go, "go"+MinGo) < 0:
		return Check{Name: name, Status: Failed, Finding: facts.Go, Fix: "install Go " + MinGo + " or later, https://go.dev/dl/"}
	}
	return Check{Name: name, Status: OK, Finding: facts.Go}
}

// The stack is reconciled from a git server beside the suite, which is git's own.
func gitCheck(facts Facts) Check {
	if facts.GitBackend == "" {
		return Check{Name: "git", Status: Failed, Finding: "no git-http-backend", Fix: "install the package git"}
	}
	return Check{Name: "git", Status: OK, Finding: facts.GitBackend}
}

func gigabytes(bytes uint64) string { return fmt.Sprintf("%.1f GiB", float64(bytes)/(1<<30)) }
