package timeline

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// Write stores moments, one JSON object a line, so that a run that dies leaves
// all lines but the last readable.
func Write(w io.Writer, moments []Moment) error {
	buffered := bufio.NewWriter(w)
	encoder := json.NewEncoder(buffered)
	for _, m := range moments {
		if err := encoder.Encode(m); err != nil {
			return fmt.Errorf("store a moment of %s %s: %w", m.Kind, m.Object, err)
		}
	}
	return buffered.Flush()
}

// Read returns the timeline that Write stored. An error names the line.
func Read(r io.Reader) (*Timeline, error) {
	var moments []Moment
	decoder := json.NewDecoder(r)
	for {
		var m Moment
		switch err := decoder.Decode(&m); {
		case errors.Is(err, io.EOF):
			return Of(moments...), nil
		case err != nil:
			return nil, fmt.Errorf("moment %d: %w", len(moments)+1, err)
		}
		moments = append(moments, m)
	}
}

// Open reads the timeline stored in a file.
func Open(path string) (*Timeline, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	t, err := Read(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

// Save stores the timeline in a file.
func (t *Timeline) Save(path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(Write(file, t.Moments()), file.Close())
}

// Follow stores the moments as they are recorded, until the context ends and
// the last of them is stored.
func (t *Timeline) Follow(ctx context.Context, w io.Writer) error {
	stored := 0
	for {
		changed := t.Changed()
		moments := t.Moments()
		if err := Write(w, moments[stored:]); err != nil {
			return err
		}
		stored = len(moments)
		select {
		case <-changed:
		case <-ctx.Done():
			return Write(w, t.Moments()[stored:])
		}
	}
}
