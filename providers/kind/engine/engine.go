// Package engine is the project's only way to Docker: it finds an engine that
// answers, or installs and starts one where that is possible, knows what the
// engine's host does not allow, and runs the docker command line.
package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Options say where Ensure keeps files and whom it tells what it does.
type Options struct {
	// CacheDir holds the runtime and the daemon's log; CacheDir() if empty.
	CacheDir string
	// Log is told of every step that takes longer than a moment; may be nil.
	Log func(format string, args ...any)
}

func (o Options) log(format string, args ...any) {
	if o.Log != nil {
		o.Log(format, args...)
	}
}

// DefaultSocket is the only endpoint at which Ensure starts an engine: at any
// other one the user has chosen an engine of their own.
const DefaultSocket = "unix:///var/run/docker.sock"

// answerLimit is how long an engine that was told to start may take to answer.
// It takes two seconds when nothing is left to restore, and longer with many
// containers to clean up after a crash.
const answerLimit = 90 * time.Second

// CacheDir is where the project keeps what outlives a command:
// $SCALEPROOF_CACHE, or scaleproof in the user's cache directory.
func CacheDir() (string, error) {
	if dir := os.Getenv("SCALEPROOF_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no cache directory: set SCALEPROOF_CACHE: %w", err)
	}
	return filepath.Join(dir, "scaleproof"), nil
}

// Ensure returns an engine that answers and can run nodes. If none answers at
// the default socket, it installs (as root, where there is apt-get) and starts
// one; elsewhere the error says what to do.
func Ensure(ctx context.Context, options Options) (Info, error) {
	if err := wake(ctx, options, install); err != nil {
		return Info{}, err
	}
	info, err := Inspect(ctx)
	if err != nil {
		return Info{}, err
	}
	return info, accept(ctx, info)
}

// Wake returns when an engine answers, for who only wants to remove something: it
// starts one as Ensure does, and installs none. Where there is no docker command
// at all the error is an exec.ErrNotFound.
func Wake(ctx context.Context, options Options) error {
	return wake(ctx, options, func(context.Context, Options) error {
		if installed() {
			return nil
		}
		_, err := exec.LookPath("docker")
		return &AbsentError{"the docker engine is not installed", "install it (" + manual + ") to remove what is in it", cmp.Or(err, errNoAnswer)}
	})
}

// wake starts an engine that does not answer, after provide has seen that it is
// installed.
func wake(ctx context.Context, options Options, provide func(context.Context, Options) error) error {
	absent := answers(ctx)
	if absent == nil {
		return nil
	}
	if options.CacheDir == "" {
		dir, err := CacheDir()
		if err != nil {
			return err
		}
		options.CacheDir = dir
	}
	if err := Startable(ctx, absent); err != nil {
		return err
	}
	if err := provide(ctx, options); err != nil {
		return err
	}
	return start(ctx, options)
}

// patience is how long an engine that runs may take to say what it is.
const patience = 30 * time.Second

// limited ends with patience: a docker command waits for ever for an engine that is
// stuck, or an address that answers nothing.
func limited(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, patience, fmt.Errorf("no answer in %v: restart the engine, or see by docker context ls which one is meant", patience))
}

// answers asks for the server's version, which only a running engine knows.
func answers(ctx context.Context) error {
	ctx, cancel := limited(ctx)
	defer cancel()
	_, err := Run(ctx, "version", "--format", "{{.Server.Version}}")
	return err
}

// accept refuses an engine that cannot run privileged containers on its host,
// puts back our runtime if it went with the cache directory, and removes older ones.
func accept(ctx context.Context, info Info) error {
	if err := info.Unfit(); err != nil {
		return fmt.Errorf("%w: %s", err, FitEngine)
	}
	host, err := Detect(info)
	if err != nil || len(host.Lacking) == 0 {
		return err
	}
	switch info.DefaultRuntime {
	case runtimeName:
		used := info.Runtimes[runtimeName].Path
		return errors.Join(ensureRuntime(ctx, used), pruneRuntimes(used))
	case "runc":
		return fmt.Errorf("this host lacks %s, so the engine that runs cannot start privileged containers: stop it and try again, and one that can is started",
			strings.Join(host.Lacking, ", "))
	}
	// Another runtime was chosen by someone who knows this host.
	return nil
}
