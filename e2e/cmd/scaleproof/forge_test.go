package main

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestForge delivers from the forge as a run does, by what it says of itself.
func TestForge(t *testing.T) {
	t.Setenv("SCALEPROOF_CACHE", t.TempDir())
	f, err := openForge(t.Context(), t.TempDir(), loopback)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.close(); err != nil {
			t.Error(err)
		}
	})
	for _, variable := range f.env() {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	s := settings{provider: "eks", cluster: "x", git: gitSettings{
		api: os.Getenv(variables["github-api"]), gitHubUser: os.Getenv(variables["github-user"]), gitHubRepo: os.Getenv(variables["github-repo"]),
	}}
	delivery := begun(t, s, (&console{stderr: &strings.Builder{}}).logf)
	if url := delivery.URL(); !strings.HasPrefix(url, "ssh://git@"+loopback+":") {
		t.Errorf("the cluster reads from %s", url)
	}
	left, err := f.left(t.Context())
	if diff := cmp.Diff([]string{"deploy key " + delivery.Base(), "git branch " + delivery.Branch()}, left); diff != "" || err != nil {
		t.Errorf("while it is there, left (-want +got): %s%v", diff, err)
	}
	if err := recall(t.Context(), s, nil); err != nil {
		t.Error(err)
	}
	if left, err := f.left(t.Context()); len(left) > 0 || err != nil {
		t.Errorf("left %q, %v", left, err)
	}
	if pushed, err := f.history(t.Context()); err != nil || !strings.Contains(string(pushed), "Our fleet") {
		t.Errorf("the history is %q, %v", pushed, err)
	}
	if _, err := f.repository.Commit(t.Context(), forgeBranch, map[string][]byte{"README.md": nil}, "Meddle"); err != nil {
		t.Fatal(err)
	}
	if left, err := f.left(t.Context()); len(left) != 1 || err != nil {
		t.Errorf("their branch was changed, and left is %q, %v", left, err)
	}
}
