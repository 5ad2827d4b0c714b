package kind

import (
	"os"
	"path/filepath"
	"testing"
)

func TestRaiseInotify(t *testing.T) {
	for name, test := range map[string]struct {
		before, after string
		fails         bool
	}{
		"the kernel's own": {before: "128\n", after: "1024"},
		"more than enough": {before: "8192\n", after: "8192\n"},
		"not a number":     {before: "many", after: "many", fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "limit")
			if err := os.WriteFile(path, []byte(test.before), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := raiseInotify(path, t.Logf); (err != nil) != test.fails {
				t.Errorf("error %v", err)
			}
			if after, err := os.ReadFile(path); err != nil || string(after) != test.after {
				t.Errorf("it is %q, %v; want %q", after, err, test.after)
			}
		})
	}
	if err := raiseInotify(filepath.Join(t.TempDir(), "none"), t.Logf); err != nil {
		t.Errorf("a host without the limit: %v", err)
	}
}
