// Package doctor says what a machine lacks for the kind provider, and what to
// do about it. Probing (Probe) is apart from judging (Evaluate), which is pure.
package doctor

import (
	"fmt"
	"strings"

	"github.com/scaleproof/scaleproof/providers/kind/engine"
)

// Status of a check.
type Status string

// The three statuses. Only Failed stands in the way of a run.
const (
	OK      Status = "ok"
	Warning Status = "warning"
	Failed  Status = "failed"
)

// Check is one thing that was looked at.
type Check struct {
	// Name of the thing, a word or two.
	Name string `json:"name"`
	// Status is what the finding means for a run.
	Status Status `json:"status"`
	// Finding is what was seen.
	Finding string `json:"finding"`
	// Fix is what to do; empty when all is well.
	Fix string `json:"fix,omitempty"`
}

// What a machine needs. The reasons are with the checks that use them.
const (
	// BuildDisk is in bytes.
	BuildDisk = 20 << 30
	// MinMemory is in bytes.
	MinMemory = 6 << 30
	// GoodMemory is in bytes.
	GoodMemory = 12 << 30
	// MinInotifyInstances is fs.inotify.max_user_instances.
	MinInotifyInstances = 128
	// GoodInotifyInstances is for a hundred nodes; one takes about nine. With the
	// kernel's own 128, systemd in the twelfth would never finish to start.
	GoodInotifyInstances = 1024
	// GoodInotifyWatches is what kind recommends.
	GoodInotifyWatches = 524288
	// MinGo is a Go version without its "go".
	MinGo = "1.26"
)

// Facts are what Probe saw. A fact that could not be read carries its error.
type Facts struct {
	// Engine is nil when none answers. EngineError then tells why a run does not
	// install or start one by itself, unless it does: CanStart.
	Engine      *engine.Info
	EngineError error
	CanStart    bool
	Host        engine.Host
	// Disks are the free bytes by the folder that needs them.
	Disks map[string]uint64
	// Memory of the machine in bytes; 0 if unknown.
	Memory uint64
	// InotifyInstances and InotifyWatches are the kernel's limits; 0 if unknown.
	InotifyInstances, InotifyWatches int
	// InotifyRaised tells that a run raises the instances by itself.
	InotifyRaised bool
	// Go is the version of the go command, without its "go"; empty if there is none.
	Go string
	// GitBackend is the path of git-http-backend; empty if there is none.
	GitBackend string
}

// Failures are the checks that stand in the way of a run, as one error, or nil.
func Failures(checks []Check) error {
	var lines []string
	for _, check := range checks {
		if check.Status == Failed {
			lines = append(lines, fmt.Sprintf("%s: %s: %s", check.Name, check.Finding, check.Fix))
		}
	}
	if lines == nil {
		return nil
	}
	return fmt.Errorf("this machine cannot run the suite yet:\n  %s", strings.Join(lines, "\n  "))
}
