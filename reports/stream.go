package reports

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/onsi/ginkgo/v2/types"
)

// SpecsFile is where the suite's processes tell of each spec as it ends, a line
// each, relative to the run's folder: what a run that is killed leaves behind.
const SpecsFile = "specs.jsonl"

// Spec is a spec that has ended.
type Spec struct {
	Name     string   `json:"name"`
	State    string   `json:"state"` // in Ginkgo's words
	Seconds  float64  `json:"seconds"`
	Results  []Result `json:"results,omitempty"`
	Problems []string `json:"problems,omitempty"`
}

// SpecOf returns what a spec that has ended found. It is false for a spec that
// a filter left out.
func SpecOf(report types.SpecReport) (Spec, bool) {
	s := Spec{Name: report.FullText(), State: report.State.String(), Seconds: report.RunTime.Seconds()}
	s.Results, s.Problems = fromSpec(report)
	return s, len(s.Results) > 0 || len(s.Problems) > 0
}

// Append adds a spec to a file of specs. Processes may append to one file at
// the same time: a line is one write.
func (s Spec) Append(path string) error {
	line, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("tell of spec %s: %w", s.Name, err)
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("tell of spec %s: %w", s.Name, err)
	}
	_, err = file.Write(append(line, '\n'))
	return errors.Join(err, file.Close())
}

// ReadSpecs returns the specs in a file from a byte offset on, and the offset
// after the last whole line. A file that is not there yet has none.
func ReadSpecs(path string, offset int64) ([]Spec, int64, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, offset, nil
	}
	if err != nil {
		return nil, offset, err
	}
	defer file.Close()
	if _, err := file.Seek(offset, io.SeekStart); err != nil {
		return nil, offset, err
	}
	var specs []Spec
	reader := bufio.NewReader(file)
	for {
		line, err := reader.ReadBytes('\n')
		if err != nil {
			return specs, offset, nil // half a line is being written
		}
		var s Spec
		if err := json.Unmarshal(line, &s); err != nil {
			return specs, offset, fmt.Errorf("%s: %w", path, err)
		}
		specs, offset = append(specs, s), offset+int64(len(line))
	}
}
