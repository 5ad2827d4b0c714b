// Package capability reads which Linux capabilities a process may ever have.
// It uses the standard library only: the runtime, which is built from embedded
// source, imports it.
package capability

import (
	"errors"
	"strconv"
	"strings"
)

// names in the order of their numbers, as in linux/capability.h.
var names = []string{
	"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID",
	"CAP_KILL", "CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE",
	"CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK",
	"CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE",
	"CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE",
	"CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE",
	"CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG",
	"CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF",
	"CAP_CHECKPOINT_RESTORE",
}

// SysResource is the capability that lowering oom_score_adj takes.
const SysResource = "CAP_SYS_RESOURCE"

// Set is a bit per capability, by its number.
type Set uint64

// Bounding reads the bounding set out of a /proc/<pid>/status.
func Bounding(status string) (Set, error) {
	for line := range strings.Lines(status) {
		if value, found := strings.CutPrefix(line, "CapBnd:"); found {
			bits, err := strconv.ParseUint(strings.TrimSpace(value), 16, 64)
			return Set(bits), err
		}
	}
	return 0, errors.New("no CapBnd in the process's status")
}

// Lacking names the capabilities up to the kernel's last one that the set does
// not have.
func (s Set) Lacking(last int) []string {
	var lacking []string
	for number, name := range names {
		if number <= last && s&(1<<number) == 0 {
			lacking = append(lacking, name)
		}
	}
	return lacking
}

// Has tells whether the set has the named capability. A name it does not know
// is said to be there: a newer kernel's capability is not ours to judge.
func (s Set) Has(name string) bool {
	for number, known := range names {
		if known == name {
			return s&(1<<number) != 0
		}
	}
	return true
}
