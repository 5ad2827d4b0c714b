package doctor

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/scaleproof/scaleproof/providers/kind/engine"
)

// InotifyInstances is how many watchers of files all processes of a user may
// have: those of all nodes of an engine are root's.
const InotifyInstances = "/proc/sys/fs/inotify/max_user_instances"

// Probe looks at the machine and changes nothing on it. What cannot be read is
// left empty, which Evaluate knows how to read.
func Probe(ctx context.Context, cache string) Facts {
	facts := Facts{
		Disks:            map[string]uint64{},
		Memory:           memory(),
		InotifyInstances: limit(InotifyInstances),
		InotifyWatches:   limit("/proc/sys/fs/inotify/max_user_watches"),
		InotifyRaised:    writable(InotifyInstances),
		Go:               strings.TrimPrefix(output(ctx, "go", "env", "GOVERSION"), "go"),
		GitBackend:       gitBackend(ctx),
	}
	addDisk(facts.Disks, cache)
	info, err := engine.Inspect(ctx)
	if err != nil {
		facts.EngineError = engine.Startable(ctx, err)
		facts.CanStart = facts.EngineError == nil
		// The rest of the host can be read without an engine.
		info.Endpoint = engine.DefaultSocket
	} else {
		facts.Engine = &info
		if strings.HasPrefix(info.Endpoint, "unix://") {
			addDisk(facts.Disks, info.DockerRootDir)
		}
	}
	facts.Host, err = engine.Detect(info)
	facts.EngineError = errors.Join(facts.EngineError, err)
	return facts
}

// addDisk notes the free bytes for the folder, or for the nearest one above it
// that exists. Folders on the same file system are noted once.
func addDisk(disks map[string]uint64, folder string) {
	var status syscall.Statfs_t
	for syscall.Statfs(folder, &status) != nil {
		if folder == filepath.Dir(folder) {
			return
		}
		folder = filepath.Dir(folder)
	}
	for noted := range disks {
		if sameDevice(noted, folder) {
			return
		}
	}
	disks[folder] = status.Bavail * uint64(status.Bsize)
}

func sameDevice(a, b string) bool {
	var one, other syscall.Stat_t
	return syscall.Stat(a, &one) == nil && syscall.Stat(b, &other) == nil && one.Dev == other.Dev
}

// memory reads MemTotal, in bytes.
func memory() uint64 {
	data, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if len(fields) >= 2 && fields[0] == "MemTotal:" {
			kilobytes, err := strconv.ParseUint(fields[1], 10, 64)
			if err != nil {
				return 0
			}
			return kilobytes << 10
		}
	}
	return 0
}

// limit reads a number of the kernel's; 0 if there is none.
func limit(path string) int {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	number, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		return 0
	}
	return number
}

// writable asks without writing.
func writable(path string) bool {
	const write = 2
	return syscall.Access(path, write) == nil
}

func gitBackend(ctx context.Context) string {
	path := filepath.Join(output(ctx, "git", "--exec-path"), "git-http-backend")
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}

// output returns what a command printed, empty if it could not run.
func output(ctx context.Context, name string, args ...string) string {
	out, err := exec.CommandContext(ctx, name, args...).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
