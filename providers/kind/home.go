package kind

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"github.com/google/renameio/v2"
)

// home is a cluster's folder in the cache.
type home struct{ dir, lock, useLock, networkLock, machine string }

func newHome(cache, name string) home {
	root := filepath.Join(cache, "kind")
	return home{
		dir:         filepath.Join(root, name),
		lock:        filepath.Join(root, name+".lock"),
		useLock:     filepath.Join(root, name+".run.lock"), // no name has a dot
		networkLock: filepath.Join(root, ".network.lock"),  // no name begins so
		machine:     filepath.Join(root, ".machine.json"),
	}
}

// kubeconfig is our own file: the user's is never touched.
func (h home) kubeconfig() string { return filepath.Join(h.dir, "kubeconfig") }

// node is the folder that every node has mounted at markPath.
func (h home) node() string { return filepath.Join(h.dir, "node") }

func (h home) state() string { return filepath.Join(h.dir, "state.json") }

// state is written before the first container is asked for, and again when the
// cluster is complete.
type state struct {
	// Plan is the digest of what the cluster was asked to be; empty while it is
	// half-made.
	Plan string `json:"plan,omitempty"`
	// Containers are the names of those the engine is asked for.
	Containers []string `json:"containers"`
	// Image is one of theirs.
	Image string `json:"image"`
	// Took is how long making the cluster took; zero while it is half-made.
	Took time.Duration `json:"took,omitempty"`
}

func (h home) readState() (state, error) {
	var s state
	data, err := os.ReadFile(h.state())
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(data, &s)
}

// writeState replaces the file in one step, so that no reader sees half of it.
func (h home) writeState(s state) error {
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return replace(h.state(), data)
}

// replace writes a file in one step.
func replace(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return renameio.WriteFile(path, data, 0o644)
}

// A lock is held by a process that lives: the kernel lets go of it with the
// process, and those that it starts do not inherit it.
var (
	errBusy = errors.New("another scaleproof command is making or removing this cluster: wait for it or stop it")
	errUsed = errors.New("a run uses this cluster: wait for it, stop it, or set CLUSTER_NAME")

	errNetwork = errors.New("another scaleproof command is making or removing the network " + networkName)
)

// claim takes the lock on the cluster's parts without waiting and returns how to
// let go.
func (h home) claim() (release func(), err error) {
	return lock(h.lock, errBusy, (*flock.Flock).TryLock)
}

// claimUse takes the lock of who needs the cluster to stay as it is, or wants it
// gone, without waiting.
func (h home) claimUse() (release func(), err error) {
	return lock(h.useLock, errUsed, (*flock.Flock).TryLock)
}

// networkPause is between two looks at whether the network's lock is free.
const networkPause = 50 * time.Millisecond

// claimNetwork waits for the lock on the network that all clusters share. It is
// held for a moment only, unless the engine does not answer.
func (h home) claimNetwork(ctx context.Context) (release func(), err error) {
	return lock(h.networkLock, errNetwork, func(file *flock.Flock) (bool, error) {
		held, err := file.TryLockContext(ctx, networkPause)
		if err != nil && ctx.Err() != nil {
			err = fmt.Errorf("%w: %w", errNetwork, context.Cause(ctx))
		}
		return held, err
	})
}

// lock takes the lock of a file in a way, or is the error busy if another one has it.
func lock(path string, busy error, take func(*flock.Flock) (bool, error)) (release func(), err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	file := flock.New(path)
	switch held, err := take(file); {
	case err != nil:
		return nil, fmt.Errorf("lock %s: %w", path, err)
	case !held:
		return nil, busy
	}
	return func() { _ = file.Unlock() }, nil
}

// remove removes the folder. The lock file stays: removing it would let two
// commands hold a lock of the same name.
func (h home) remove() error {
	err := os.RemoveAll(h.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
