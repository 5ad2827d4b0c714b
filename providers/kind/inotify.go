package kind

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"syscall"
)

const (
	// inotifyPath is how many watchers of files all processes of a user may
	// have: those of all nodes of an engine are root's.
	inotifyPath = "/proc/sys/fs/inotify/max_user_instances"
	// inotifyEnough is for a hundred nodes; one takes about nine. With the
	// kernel's own 128, systemd in the twelfth would never finish to start.
	inotifyEnough = 1024
)

// raiseInotify raises the kernel's limit where this process may, and tells so.
// Where it may not, doctor says what to do.
func raiseInotify(path string, log func(format string, args ...any)) error {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // the engine's host is another, or has no such limit
	}
	if err != nil {
		return err
	}
	limit, err := strconv.Atoi(string(bytes.TrimSpace(text)))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if limit >= inotifyEnough {
		return nil
	}
	err = os.WriteFile(path, []byte(strconv.Itoa(inotifyEnough)), 0o644)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		log("%s is %d, too few for many nodes: run scaleproof doctor", path, limit)
		return nil
	}
	if err == nil {
		log("raised %s from %d to %d, for the nodes to come", path, limit, inotifyEnough)
	}
	return err
}
