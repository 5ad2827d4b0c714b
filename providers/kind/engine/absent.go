package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
)

// AbsentError says why no engine can be had here.
type AbsentError struct {
	// Why there is none, and Fix what to do about it.
	Why, Fix string
	// Err is what was seen.
	Err error
}

func (e *AbsentError) Error() string { return fmt.Sprintf("%s: %s: %v", e.Why, e.Fix, e.Err) }

func (e *AbsentError) Unwrap() error { return e.Err }

const manual = "https://docs.docker.com/engine/install/"

// Startable tells why Ensure would not install or start an engine here, where
// absent is the error that one gave, or that its absence caused; nil if it would.
func Startable(ctx context.Context, absent error) error {
	if ctx.Err() != nil {
		return absent
	}
	if !errors.Is(absent, exec.ErrNotFound) {
		endpoint, err := Run(ctx, "context", "inspect", "--format", "{{.Endpoints.docker.Host}}")
		switch {
		case err != nil:
			return &AbsentError{"docker does not know which engine to use", "see docker context ls", err}
		case Said(absent, "permission denied"):
			return &AbsentError{
				"the docker socket " + endpoint + " is not open to this user", "sudo usermod -aG docker \"$USER\", then log in again", absent,
			}
		case endpoint != DefaultSocket:
			return &AbsentError{"no engine answers at " + endpoint + " (DOCKER_HOST or docker context)", "start it, or unset that", absent}
		}
	}
	if os.Geteuid() != 0 {
		return &AbsentError{
			"no docker engine answers, and only root can start one", "install and start it (" + manual + "), or run this as root", absent,
		}
	}
	return installable()
}

// installable tells why what is missing of an engine cannot be installed, or nil.
func installable() error {
	if installed() {
		return nil
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		return &AbsentError{"no docker engine is installed, and this is no Debian-like machine", "install docker (" + manual + ")", err}
	}
	return nil
}
