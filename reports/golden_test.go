package reports_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/reports"
)

var update = flag.Bool("update", false, "write the golden files from what the code does now")

// compare fails unless got is what the golden file holds.
func compare(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v: write it with go test ./reports -update, and read it", err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestGolden(t *testing.T) {
	dir := runDir(t)
	for name, run := range runs(t, dir) {
		t.Run(name, func(t *testing.T) {
			var junit, summary bytes.Buffer
			if err := run.JUnit(&junit, dir); err != nil {
				t.Fatal(err)
			}
			if err := run.Summary(&summary, dir); err != nil {
				t.Fatal(err)
			}
			compare(t, name+".xml", junit.Bytes())
			compare(t, name+".txt", summary.Bytes())
		})
	}
}

// TestGoldenRun keeps the schema of run.json: a change of this file that is
// not an addition needs a new number.
func TestGoldenRun(t *testing.T) {
	dir := runDir(t)
	if err := runs(t, dir)["broken"].Save(dir); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(dir, reports.RunFile))
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "broken.json", got)
}

// runDir is an empty folder of a run.
func runDir(t *testing.T) string {
	t.Helper()
	_, dir, err := reports.Create(t.TempDir(), start)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
