package reports

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/renameio/v2"
)

// The files that Save writes into a run's folder, and the folder in which the
// suite stores timelines.
const (
	RunFile     = "run.json"
	JUnitFile   = "junit.xml"
	SummaryFile = "summary.txt"
	TimelineDir = "timelines"
)

// latest is the link to the newest run.
const latest = "latest"

// Create makes the folder of a run that starts now, under out, and returns the
// run's id and the folder. Two runs never share one.
func Create(out string, now time.Time) (id, dir string, err error) {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return "", "", fmt.Errorf("make the folder of reports: %w", err)
	}
	id = now.UTC().Format("20060102T150405.000Z")
	name := id
	for n := 2; ; n++ {
		dir = filepath.Join(out, id)
		switch err := os.Mkdir(dir, 0o755); {
		case err == nil:
			return id, dir, os.Mkdir(filepath.Join(dir, TimelineDir), 0o755)
		case errors.Is(err, fs.ErrExist):
			id = name + "-" + strconv.Itoa(n)
		default:
			return "", "", fmt.Errorf("make the folder of the run: %w", err)
		}
	}
}

// Save writes the run into its folder: run.json, junit.xml and summary.txt,
// each whole or not at all. It sets schema, outcome and the order of results,
// and redacts every text.
func (r *Run) Save(dir string) error {
	r.Schema, r.Outcome = Schema, r.Decide()
	slices.SortStableFunc(r.Results, func(a, b Result) int {
		return strings.Compare(a.Suite+"\x00"+a.Promise+"\x00"+a.Spec, b.Suite+"\x00"+b.Promise+"\x00"+b.Spec)
	})
	redactStrings(reflect.ValueOf(r).Elem())
	if err := Scrub(dir); err != nil {
		return err
	}
	var data, junit, summary bytes.Buffer
	encoder := json.NewEncoder(&data)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(r); err != nil {
		return fmt.Errorf("encode the run: %w", err)
	}
	if err := r.JUnit(&junit, dir); err != nil {
		return err
	}
	if err := r.Summary(&summary, dir); err != nil {
		return err
	}
	var errs []error
	for name, text := range map[string][]byte{RunFile: data.Bytes(), JUnitFile: junit.Bytes(), SummaryFile: summary.Bytes()} {
		errs = append(errs, replace(filepath.Join(dir, name), text))
	}
	return errors.Join(errs...)
}

// Load reads the run that Save wrote into a folder. A run of another schema is
// an error that names both.
func Load(dir string) (*Run, error) {
	path := filepath.Join(dir, RunFile)
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the run: %w", err)
	}
	var version struct {
		Schema int `json:"schema"`
	}
	if err := json.Unmarshal(data, &version); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if version.Schema != Schema {
		return nil, fmt.Errorf("%s has schema %d and this scaleproof reads schema %d: use the scaleproof that wrote it", path, version.Schema, Schema)
	}
	var r Run
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &r, nil
}

// Point makes the link out/latest lead to the run of that id. Whoever follows
// it meanwhile finds the old run or the new one, never none.
func Point(out, id string) error {
	link := filepath.Join(out, "."+latest+"-"+id)
	if err := os.Symlink(id, link); err != nil {
		return fmt.Errorf("point %s to the run: %w", latest, err)
	}
	if err := os.Rename(link, filepath.Join(out, latest)); err != nil {
		return errors.Join(fmt.Errorf("point %s to the run: %w", latest, err), os.Remove(link))
	}
	return nil
}

// Find returns the folder of a run that a person named: a path, an id under
// out, or "latest". The error lists what there is.
func Find(out, name string) (string, error) {
	for _, dir := range []string{filepath.Join(out, name), name} {
		if _, err := os.Stat(filepath.Join(dir, RunFile)); err == nil {
			return dir, nil
		}
	}
	stored, err := filepath.Glob(filepath.Join(out, "*", RunFile))
	if err != nil || len(stored) == 0 {
		return "", fmt.Errorf("no run %q: nothing is stored under %s yet, so make one with `scaleproof run`", name, out)
	}
	ids := make([]string, 0, len(stored))
	for _, path := range stored {
		ids = append(ids, filepath.Base(filepath.Dir(path)))
	}
	slices.Sort(ids)
	return "", fmt.Errorf("no run %q under %s: there are %s", name, out, strings.Join(ids, ", "))
}

// replace writes a file so that a reader finds the old text or the new one.
func replace(path string, text []byte) error {
	if err := renameio.WriteFile(path, text, 0o644); err != nil {
		return fmt.Errorf("write a report: %w", err)
	}
	return nil
}
