package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/providers/kind/engine/capability"
)

// all but CAP_SYS_RESOURCE, as on a restricted host.
const restricted capability.Set = 0x1fffeffffff

func TestFileOf(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		want target
	}{
		"create": {
			args: []string{"--root", "/r", "--log", "/l", "create", "--bundle", "/b", "--pid-file", "/p", "id"},
			want: target{path: "/b/config.json", bundle: true},
		},
		"run, short flag":     {args: []string{"run", "-b", "/b", "id"}, want: target{path: "/b/config.json", bundle: true}},
		"run, bundle is here": {args: []string{"run", "id"}, want: target{path: "config.json", bundle: true}},
		"exec":                {args: []string{"--root=/r", "exec", "--process", "/f", "--detach", "id"}, want: target{path: "/f"}},
		"exec, equals sign":   {args: []string{"exec", "--process=/f", "id"}, want: target{path: "/f"}},
		"exec of a command":   {args: []string{"exec", "id", "sh"}},
		"nothing to rewrite":  {args: []string{"--version"}},
		"state":               {args: []string{"--root", "/r", "state", "id"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, fileOf(test.args), cmp.AllowUnexported(target{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestRewrite(t *testing.T) {
	for name, test := range map[string]struct {
		in, want string
		bundle   bool
		set      capability.Set
	}{
		"bundle": {
			bundle: true, set: restricted,
			in:   `{"ociVersion":"1.0.2","process":{"args":["/x"],"capabilities":{"bounding":["CAP_CHOWN","CAP_SYS_RESOURCE"],"ambient":["CAP_SYS_RESOURCE"]},"oomScoreAdj":0},"x":{"big":12345678901234567890}}`,
			want: `{"ociVersion":"1.0.2","process":{"args":["/x"],"capabilities":{"ambient":[],"bounding":["CAP_CHOWN"]},"oomScoreAdj":0},"x":{"big":12345678901234567890}}`,
		},
		"process file": {
			set:  restricted,
			in:   `{"capabilities":{"effective":["CAP_SYS_RESOURCE","CAP_KILL"]},"cwd":"/"}`,
			want: `{"capabilities":{"effective":["CAP_KILL"]},"cwd":"/"}`,
		},
		"nothing lacks":             {set: 0x1ffffffffff, in: `{"capabilities":{"effective":["CAP_SYS_RESOURCE"]}}`},
		"nothing asked":             {set: restricted, in: `{"capabilities":{"effective":["CAP_KILL"]}}`},
		"no capabilities at all":    {set: restricted, in: `{"cwd":"/"}`},
		"bundle without a process":  {set: restricted, bundle: true, in: `{"ociVersion":"1.0.2"}`},
		"a capability of the times": {set: restricted, in: `{"capabilities":{"bounding":["CAP_TOMORROW"]}}`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := rewrite([]byte(test.in), test.bundle, test.set)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestRestrictKeepsModeAndLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "config.json")
	in := `{"process":{"capabilities":{"bounding":["CAP_SYS_RESOURCE"]}}}`
	if err := os.WriteFile(path, []byte(in), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := restrict(target{path: path, bundle: true}, restricted); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	data, err := os.ReadFile(path)
	if err != nil || !json.Valid(data) || string(data) == in {
		t.Errorf("content %s, error %v", data, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("left in the bundle: %v, error %v", entries, err)
	}
}

func TestRestrictNamesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := restrict(target{path: path, bundle: true}, restricted); err == nil {
		t.Fatal("a broken config.json was accepted")
	}
}
