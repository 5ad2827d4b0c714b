package timeline_test

import (
	"bytes"
	"testing"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// BenchmarkRecord appends to a timeline that somebody waits on.
func BenchmarkRecord(b *testing.B) {
	tl := timeline.New()
	m := ready(1)
	b.ReportAllocs()
	for b.Loop() {
		tl.Record(m)
	}
}

// BenchmarkApply moves a state on by 100,000 moments.
func BenchmarkApply(b *testing.B) {
	moments := make([]timeline.Moment, 100_000)
	for i := range moments {
		moments[i] = at(i, ready(float64(i)))
	}
	b.ReportAllocs()
	for b.Loop() {
		s := timeline.NewState()
		s.Since = moments[0].At
		for _, m := range moments {
			s.Apply(m)
		}
	}
}

// BenchmarkRead reads a stored timeline of 100,000 moments.
func BenchmarkRead(b *testing.B) {
	moments := make([]timeline.Moment, 100_000)
	for i := range moments {
		moments[i] = at(i, ready(float64(i)))
	}
	var stored bytes.Buffer
	if err := timeline.Write(&stored, moments); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(stored.Len()))
	for b.Loop() {
		if _, err := timeline.Read(bytes.NewReader(stored.Bytes())); err != nil {
			b.Fatal(err)
		}
	}
}
