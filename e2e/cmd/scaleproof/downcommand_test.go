package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// TestDownCommand says which cluster is meant, though the current context may be
// another when it is typed, and can be pasted.
func TestDownCommand(t *testing.T) {
	file := contexts(t, "https://one.test")
	s := settings{provider: "existing", cluster: "scaleproof", kubeconfig: file}
	want := "scaleproof down --provider existing --cluster-name scaleproof --kubeconfig '" + file + "' --context a"
	if got := s.downCommand(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// contexts writes a kubeconfig with the contexts a, which is current, and b.
func contexts(t *testing.T, server string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "kube config")
	text := fmt.Sprintf("apiVersion: v1\nkind: Config\ncurrent-context: a\n"+
		"contexts: [{name: a, context: {cluster: c, user: u}}, {name: b, context: {cluster: c, user: u}}]\n"+
		"clusters: [{name: c, cluster: {server: '%s'}}]\nusers: [{name: u, user: {}}]\n", server)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
