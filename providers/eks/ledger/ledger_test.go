package ledger

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func open(t *testing.T, dir string) *Ledger {
	t.Helper()
	l, err := Open(dir, "demo")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// reopen is what the next command sees.
func reopen(t *testing.T, l *Ledger, dir string) *Ledger {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return open(t, dir)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestLedgerSurvives(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	head := Head{Region: "eu-west-1", Salt: "s", Account: "ab12", Run: "r", Created: time.Unix(1, 0).UTC(), Expires: time.Unix(2, 0).UTC()}
	must(t, l.Begin(head))
	must(t, l.Intend("stack", "demo"))
	must(t, l.Intend("cluster", "demo"))
	must(t, l.Intend("cluster", "demo")) // an Up that goes on
	must(t, l.Intend("oidc-provider", "oidc.example/id/1"))
	must(t, l.Gone("cluster", "demo"))
	must(t, l.Gone("cluster", "another"))
	l = reopen(t, l, dir)
	if diff := cmp.Diff(&head, l.Head()); diff != "" {
		t.Errorf("head (-want +got):\n%s", diff)
	}
	want := []Entry{{"stack", "demo"}, {"oidc-provider", "oidc.example/id/1"}}
	if diff := cmp.Diff(want, l.Entries()); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"demo"}, l.Names("stack")); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	must(t, l.Finish())
	must(t, l.Intend("stack", "again"))
	l = reopen(t, l, dir)
	if diff := cmp.Diff([]string{"again"}, l.Names("stack")); diff != "" {
		t.Errorf("what was begun after the end (-want +got):\n%s", diff)
	}
	must(t, l.Finish())
	l = reopen(t, l, dir)
	if l.Head() != nil || len(l.Entries()) > 0 {
		t.Errorf("a finished ledger has %v, %v", l.Head(), l.Entries())
	}
}

// TestLedgerTorn cuts the file at every byte, as a crash may, and goes on.
func TestLedgerTorn(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	must(t, l.Intend("stack", "demo"))
	must(t, l.Intend("cluster", "demo"))
	must(t, l.Close())
	path := filepath.Join(dir, "demo.jsonl")
	whole, err := os.ReadFile(path)
	must(t, err)
	for n := range whole {
		must(t, os.WriteFile(path, whole[:n], 0o600))
		l := open(t, dir)
		before := l.Entries()
		must(t, l.Intend("volume", "v"))
		l = reopen(t, l, dir)
		if diff := cmp.Diff(append(before, Entry{"volume", "v"}), l.Entries()); diff != "" {
			t.Fatalf("cut at %d (-want +got):\n%s", n, diff)
		}
		must(t, l.Close())
	}
}

// TestLedgerAfterAFailedWrite is a disk that had no room for a whole line, and has by now.
func TestLedgerAfterAFailedWrite(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	must(t, l.Intend("stack", "demo"))
	torn, err := os.OpenFile(Path(dir, "demo"), os.O_WRONLY|os.O_APPEND, 0)
	must(t, err)
	_, err = torn.WriteString(`{"at":"2026-11-28T1`)
	must(t, errors.Join(err, torn.Close()))
	must(t, l.Intend("cluster", "demo"))
	l = reopen(t, l, dir)
	if diff := cmp.Diff([]Entry{{"stack", "demo"}, {"cluster", "demo"}}, l.Entries()); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}

func TestLedgerIsPrivateAndLocked(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	if _, err := Open(dir, "demo"); err == nil {
		t.Error("two hold the same ledger")
	}
	must(t, l.Intend("stack", "demo"))
	info, err := os.Stat(filepath.Join(dir, "demo.jsonl"))
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	must(t, l.Close())
	must(t, os.WriteFile(filepath.Join(dir, "demo.jsonl"), []byte("no json\n{}\n"), 0o600))
	if _, err := Open(dir, "demo"); err == nil {
		t.Error("a damaged ledger is taken for a good one")
	}
	if _, err := Open(dir, "demo"); errors.Is(err, errBusy) {
		t.Error("an Open that failed keeps the lock")
	}
}

// TestReserve keeps a name from another run, and not from who makes or removes.
func TestReserve(t *testing.T) {
	dir := t.TempDir()
	release, err := Reserve(dir, "demo")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Reserve(dir, "demo"); !errors.Is(err, errUsed) {
		t.Errorf("reserved twice: %v", err)
	}
	notes, err := Open(dir, "demo")
	if err != nil {
		t.Fatal(err)
	}
	if err := notes.Close(); err != nil {
		t.Error(err)
	}
	release()
	if release, err = Reserve(dir, "demo"); err != nil {
		t.Fatal(err)
	}
	release()
}
