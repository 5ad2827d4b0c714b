package kind

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"syscall"

	"github.com/scaleproof/scaleproof/providers/kind/doctor"
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
	if limit >= doctor.GoodInotifyInstances {
		return nil
	}
	err = os.WriteFile(path, []byte(strconv.Itoa(doctor.GoodInotifyInstances)), 0o644)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		log("%s is %d, too few for many nodes: run scaleproof doctor", path, limit)
		return nil
	}
	if err == nil {
		log("raised %s from %d to %d, for the nodes to come", path, limit, doctor.GoodInotifyInstances)
	}
	return err
}
