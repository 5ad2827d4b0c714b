package engine

import (
	"context"
	"fmt"
	"syscall"
	"time"
)

// aptPatience is how long apt-get may take to end once it is asked to.
const aptPatience = 5 * time.Minute

// apt runs apt-get without questions, after what an interrupted dpkg left undone.
// Package node of the fixtures has its like: neither may import the other.
func apt(ctx context.Context, args ...string) error {
	// A fresh machine is at its own upgrades for its first minutes.
	args = append([]string{"-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Use-Pty=0"}, args...)
	err := whole(ctx, "apt-get", args...)
	if Said(err, "dpkg was interrupted") {
		if err = whole(ctx, "dpkg", "--configure", "-a"); err == nil {
			err = whole(ctx, "apt-get", args...)
		}
	}
	if err != nil {
		return fmt.Errorf("installing docker: %w", err)
	}
	return nil
}

// whole runs a program that leaves the machine's packages broken if it is killed:
// a session of its own keeps it from the terminal's signals and from those who
// end what a killed command left, and when the context ends it alone is asked to
// end, while a dpkg under it goes on to the end of what it is at.
func whole(ctx context.Context, name string, args ...string) error {
	cmd := command(ctx, syscall.SIGTERM, name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = aptPatience
	cmd.Env = append(lastingEnviron(), "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C")
	return finish(ctx, cmd)
}
