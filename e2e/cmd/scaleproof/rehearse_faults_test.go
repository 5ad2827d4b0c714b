package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// interruptedLimit is for a rehearsal to clean up after a signal: EKS first finishes
// what it is at, and each of its waits takes seconds.
const interruptedLimit = 4 * time.Minute

// TestFaultsOfARehearsal ends rehearsals in the middle. Nothing may be left: no
// cluster, no authenticator, no command that it ran, no file.
func TestFaultsOfARehearsal(t *testing.T) {
	needFaults(t)
	for _, test := range []struct {
		name, until string
		signals     []syscall.Signal
		orderly     bool
	}{
		{name: "interrupted while the cluster is made", until: "starting control-plane", signals: []syscall.Signal{syscall.SIGINT}, orderly: true},
		{name: "interrupted while the stack is installed", until: "  controllers", signals: []syscall.Signal{syscall.SIGTERM}, orderly: true},
		{name: "killed while the cluster is made", until: "starting control-plane", signals: []syscall.Signal{syscall.SIGKILL}},
		{name: "killed while the specs run", until: "stack   ", signals: []syscall.Signal{syscall.SIGKILL}},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := newVictim(t, "rehearse", "--suite", "metrics")
			v.cluster = "scaleproof-" + v.cluster
			v.says(t, test.until)
			for _, signal := range test.signals {
				signalTo(signal == syscall.SIGINT, signal)(t, v)
			}
			code, took := v.awaitExit(t, interruptedLimit)
			t.Logf("ended %.1fs later with exit code %d", took.Seconds(), code)
			if !test.orderly {
				v.removeRehearsal(t)
			}
			if test.orderly && (code != 2 || !strings.Contains(v.text(), "left      0 things") || !strings.Contains(v.text(), "secrets   told in 0 places")) {
				t.Errorf("exit code %d, want 2, and a summary without anything left or told", code)
			}
			if left := append(v.leftovers(t), v.programs()...); len(left) > 0 {
				t.Errorf("left behind: %q", left)
				v.removeRehearsal(t)
			}
		})
	}
}

// removeRehearsal runs `scaleproof rehearse --down`.
func (v *victim) removeRehearsal(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), faultLimit)
	defer cancel()
	command := exec.CommandContext(ctx, v.command.Path, "rehearse", "--down")
	command.Env = v.command.Env
	if out, err := command.CombinedOutput(); err != nil {
		t.Errorf("rehearse --down: %v\n%s", err, out)
	}
}

// programs are all that run with the victim's folder for what is temporary.
func (v *victim) programs() []string {
	var found []string
	paths, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, path := range paths {
		environ, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(environ), temporaryVariable+"="+v.tmp) {
			continue
		}
		line, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "cmdline"))
		found = append(found, strings.ReplaceAll(string(line), "\x00", " "))
	}
	return found
}
