package reports_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/e2e/promise"
	"github.com/scaleproof/scaleproof/reports"
)

func TestSaveThenLoad(t *testing.T) {
	dir := runDir(t)
	run := sample(late(t, dir), result("metrics", "starts-at-zero", promise.Must, promise.Kept, 2), skipped("capacity", "limits", "no nodes"))
	run.Mutant, run.Problems = "slow-poll", []string{"interrupted"}
	if err := run.Save(dir); err != nil {
		t.Fatal(err)
	}
	got, err := reports.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(run, got); diff != "" {
		t.Errorf("loaded run (-saved +loaded):\n%s", diff)
	}
	if got.Outcome != reports.Broken || got.Schema != reports.Schema {
		t.Errorf("outcome %q of schema %d, want %q of %d", got.Outcome, got.Schema, reports.Broken, reports.Schema)
	}
	names := []string{}
	for _, r := range got.Results {
		names = append(names, r.Promise)
	}
	if !slices.IsSorted(names) {
		t.Errorf("results are in the order %v", names)
	}
}

func TestLoadRefuses(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"a newer schema": {`{"schema": 7, "results": {}}`, "schema 7 and this scaleproof reads schema 1"},
		"no schema":      {`{}`, "schema 0"},
		"half a file":    {`{"schema": 1, "id": "x`, "run.json"},
		"another shape":  {`{"schema": 1, "results": 3}`, "results"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, reports.RunFile), []byte(c.text), 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := reports.Load(dir)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
	if _, err := reports.Load(t.TempDir()); err == nil {
		t.Error("an empty folder was loaded")
	}
}

func TestIDsSortByTime(t *testing.T) {
	out := t.TempDir()
	var ids []string
	for _, after := range []time.Duration{0, 0, time.Millisecond, time.Second, time.Hour, 400 * 24 * time.Hour} {
		id, _, err := reports.Create(out, start.Add(after))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != len(ids) {
		t.Errorf("ids are %v", ids)
	}
}

func TestPointAndFind(t *testing.T) {
	out := t.TempDir()
	if _, err := reports.Find(out, "latest"); err == nil || !strings.Contains(err.Error(), "nothing is stored") {
		t.Errorf("error %v where nothing is stored", err)
	}
	var newest string
	for i := range 3 {
		id, dir, err := reports.Create(out, start.Add(time.Duration(i)*time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		if err := sample().Save(dir); err != nil {
			t.Fatal(err)
		}
		if err := reports.Point(out, id); err != nil {
			t.Fatal(err)
		}
		newest = id
	}
	if got, err := os.Readlink(filepath.Join(out, "latest")); err != nil || got != newest {
		t.Errorf("latest leads to %q (%v), want %q", got, err, newest)
	}
	for _, name := range []string{"latest", newest, filepath.Join(out, newest)} {
		if dir, err := reports.Find(out, name); err != nil {
			t.Errorf("find %q: %v", name, err)
		} else if _, err := reports.Load(dir); err != nil {
			t.Errorf("load %q: %v", name, err)
		}
	}
	_, err := reports.Find(out, "2019")
	if err == nil || !strings.Contains(err.Error(), newest) {
		t.Errorf("error %v does not list what there is", err)
	}
	entries, err := filepath.Glob(filepath.Join(out, ".*"))
	if err != nil || len(entries) > 0 {
		t.Errorf("left behind: %v (%v)", entries, err)
	}
}

func TestPointNeverReplacesAFolder(t *testing.T) {
	out := t.TempDir()
	if err := os.Mkdir(filepath.Join(out, "latest"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := reports.Point(out, "x"); err == nil {
		t.Error("a folder that is called latest was replaced")
	}
}
