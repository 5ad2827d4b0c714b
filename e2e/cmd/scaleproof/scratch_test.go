package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestScratch: what a command and its children keep for a moment lies in one
// folder, which goes with it, or with the next command if it was killed.
func TestScratch(t *testing.T) {
	self, alive := statOf(os.Getpid())
	if !alive {
		t.Skip("this system has no /proc, and there nobody knows who was killed")
	}
	dir := t.TempDir()
	t.Setenv(temporaryVariable, dir)
	killed := filepath.Join(dir, scratchPrefix+stat{session: self.session, start: "1"}.mark(os.Getpid()))
	others := []string{scratchPrefix, scratchPrefix + "notes", scratchPrefix + "1-2-3-4"}
	for _, path := range append(others, filepath.Base(killed)) {
		if err := os.MkdirAll(filepath.Join(dir, path, "full"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(killed, filepath.Join(dir, scratchPrefix+"1-2-3")); err != nil {
		t.Fatal(err)
	}
	others = append(others, scratchPrefix+"1-2-3")

	leave, err := enter()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("mktemp", "-d").Output()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(append(others, scratchPrefix+owner()), names(t, dir), sorted); diff != "" {
		t.Errorf("while it runs (-want +got):\n%s", diff)
	}
	if scratch := filepath.Join(dir, scratchPrefix+owner()); filepath.Dir(string(out)) != scratch {
		t.Errorf("a child makes %s, want it in %s", out, scratch)
	}
	if err := leave(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(others, names(t, dir), sorted); diff != "" {
		t.Errorf("afterwards (-want +got):\n%s", diff)
	}
	if os.TempDir() != dir || os.Getenv(ownerVariable) != "" {
		t.Errorf("left the environment changed: %s, %q", os.TempDir(), os.Getenv(ownerVariable))
	}
}

func TestScratchOfACommandThatLeavesAtOnce(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(temporaryVariable, dir)
	removeScratch()
	if _, err := os.Stat(dir); err != nil {
		t.Error("a folder that is not its own was removed")
	}
	leave, err := enter()
	if err != nil {
		t.Fatal(err)
	}
	removeScratch()
	if left := names(t, dir); len(left) > 0 {
		t.Errorf("left %q", left)
	}
	if err := leave(); err != nil {
		t.Error(err)
	}
}

// sorted compares lists without their order.
var sorted = cmpopts.SortSlices(func(a, b string) bool { return a < b })

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}
