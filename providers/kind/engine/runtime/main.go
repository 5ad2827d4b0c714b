// Command runtime stands before runc on a host that lacks capabilities.
//
// An engine that is asked for --privileged asks runc for every capability it
// knows, and runc fails when the host itself does not have one ("unable to
// apply caps: operation not permitted"). This runtime removes, from a bundle's
// config.json and from the --process file of an exec, the capabilities that are
// not in its own bounding set, and then becomes runc. It uses the standard
// library only, so that it can be built anywhere from its embedded source.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"github.com/scaleproof/scaleproof/providers/kind/engine/capability"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "scaleproof runtime:", err)
		os.Exit(1)
	}
}

// run rewrites what the command is about to apply and never returns on success.
func run(args []string) error {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err
	}
	bounding, err := capability.Bounding(string(status))
	if err != nil {
		return err
	}
	if err := restrict(fileOf(args), bounding); err != nil {
		return err
	}
	runc, err := lookRunc()
	if err != nil {
		return err
	}
	return syscall.Exec(runc, append([]string{"runc"}, args...), os.Environ())
}

// lookRunc finds runc; the engine may run with a PATH that lacks /usr/sbin.
func lookRunc() (string, error) {
	if path, err := exec.LookPath("runc"); err == nil {
		return path, nil
	}
	for _, path := range []string{"/usr/sbin/runc", "/usr/bin/runc", "/usr/local/sbin/runc", "/usr/local/bin/runc"} {
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no runc on PATH: install the package runc")
}
