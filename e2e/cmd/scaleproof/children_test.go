package main

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
)

// start starts a process that carries a mark, and returns its id.
func start(t *testing.T, mark string, attributes *syscall.SysProcAttr) *exec.Cmd {
	t.Helper()
	command := exec.Command("sleep", "600")
	command.Env = append(os.Environ(), ownerVariable+"="+mark)
	command.SysProcAttr = attributes
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	return command
}

func TestMarkedProcessesAreKilled(t *testing.T) {
	self, alive := statOf(os.Getpid())
	if !alive {
		t.Skip("this system has no /proc, and there down finds no process")
	}
	another := stat{session: self.session, start: "1"} // none of this id started then
	orphan := start(t, another.mark(os.Getpid()), &syscall.SysProcAttr{Setpgid: true})
	engine := start(t, another.mark(os.Getpid()), &syscall.SysProcAttr{Setsid: true})
	mine := start(t, owner(), nil)
	stranger := start(t, "", nil)

	killOrphans() // or a scaleproof that runs beside this test, and was quicker
	awaitEnd(t, strconv.Itoa(orphan.Process.Pid))
	for name, command := range map[string]*exec.Cmd{"a session of its own": engine, "an owner that lives": mine, "no mark": stranger} {
		if syscall.Kill(command.Process.Pid, 0) != nil {
			t.Errorf("a process with %s was killed", name)
		}
	}
	if n := killChildren(owner()); n != 1 {
		t.Errorf("killed %d children, want 1", n)
	}
	awaitEnd(t, strconv.Itoa(mine.Process.Pid))
}
