package engine

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/providers/kind/engine/fakedocker"
)

func TestAptFinishesWhatAnInterruptedDpkgLeft(t *testing.T) {
	dpkg := fakedocker.Install(t, "dpkg", fakedocker.Says("--configure -a", ""))
	done := filepath.Join(dpkg.State, "..", "log")
	get := fakedocker.Install(t, "apt-get", fakedocker.Answer{Match: "*",
		Script: "test -e '" + done + "' || { echo \"E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem.\" >&2; exit 100; }"})
	if err := apt(t.Context(), "update"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"--configure -a"}, dpkg.Calls(t)); diff != "" || len(get.Calls(t)) != 2 {
		t.Errorf("dpkg (-want +got):\n%s\napt-get %q", diff, get.Calls(t))
	}
}

// A context that ends asks apt-get to end, and leaves the dpkg under it alone.
func TestAptIsNotKilled(t *testing.T) {
	get := fakedocker.Install(t, "apt-get", fakedocker.Answer{Match: "*", Script: `
		(trap 'touch $STATE/broken' TERM; touch $STATE/begun; until test -e $STATE/asked; do sleep 0.01; done; touch $STATE/whole) &
		trap 'touch $STATE/asked; wait; exit 1' TERM
		cut -d' ' -f6 /proc/$$/stat > $STATE/session; echo $$ > $STATE/pid; wait`})
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stop")
	ended := make(chan error, 1)
	go func() { ended <- apt(ctx, "update") }()
	for _, file := range []string{"begun", "pid"} {
		awaitFile(t, filepath.Join(get.State, file))
	}
	cancel(stop)
	if err := <-ended; !errors.Is(err, stop) {
		t.Errorf("error %v", err)
	}
	for file, want := range map[string]bool{"asked": true, "whole": true, "broken": false} {
		if _, err := os.Stat(filepath.Join(get.State, file)); (err == nil) != want {
			t.Errorf("%s: %v, want %v", file, err == nil, want)
		}
	}
	pid, err := os.ReadFile(filepath.Join(get.State, "pid"))
	session, err2 := os.ReadFile(filepath.Join(get.State, "session"))
	if err := errors.Join(err, err2); err != nil || string(pid) != string(session) {
		t.Errorf("process %s is in session %s, %v: want one of its own", pid, session, err)
	}
}

func awaitFile(t *testing.T, path string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for {
		if _, err := os.Stat(path); err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("there is no %s", path)
		case <-ticker.C:
		}
	}
}
