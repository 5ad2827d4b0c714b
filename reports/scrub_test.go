package reports

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestScrubReadsWhatIsNotQuiteText: a byte that is no text hides no secret, nor does
// what is compressed.
func TestScrubReadsWhatIsNotQuiteText(t *testing.T) {
	dir := t.TempDir()
	const token = "0123456789abcdef0123456789abcdef01234567"
	for name, text := range map[string]string{
		"pod.log":   "started\npassword=" + token + "\n\x00\x01\x02\nAuthorization: token " + token + "\n",
		"pod.1.gz":  token,
		"other.txt": "nothing",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := Scrub(dir); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "pod.log"))
	if err != nil || strings.Contains(string(text), token) || !strings.Contains(string(text), "\x00\x01\x02") {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "pod.1.gz")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what is compressed stays: %v", err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "other.txt")); err != nil || string(text) != "nothing" {
		t.Errorf("%q, %v", text, err)
	}
}
