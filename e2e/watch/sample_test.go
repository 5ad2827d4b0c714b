package watch

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// read is what one read of a sampler gives, and how long it takes.
type read struct {
	value float64
	none  bool
	err   error
	takes time.Duration
}

// sampled is a moment with its times as seconds since the sampling began.
type sampled struct {
	At, Within time.Duration
	Line       string
}

func TestSample(t *testing.T) {
	const never = time.Hour
	failed := errors.New("connection refused")
	for _, test := range []struct {
		name  string
		reads []read
		want  []sampled
	}{
		{
			name:  "only changes are written, with the time since the read before began",
			reads: []read{{value: 0}, {value: 0}, {value: 1, takes: 200 * time.Millisecond}, {value: 31}},
			want: []sampled{
				{0, 0, "metric requests value 0"}, {0, 0, `gap requests metric 0 "seen again"`},
				{2200 * time.Millisecond, 1200 * time.Millisecond, "metric requests value 1"},
				{3 * time.Second, time.Second, "metric requests value 31"},
			},
		},
		{
			name:  "a failed read is a gap from the last good read on",
			reads: []read{{value: 1}, {err: failed}, {err: failed}, {value: 1}, {value: 2}},
			want: []sampled{
				{0, 0, "metric requests value 1"}, {0, 0, `gap requests metric 0 "seen again"`},
				{time.Second, time.Second, `gap requests metric 1 "connection refused"`},
				{3 * time.Second, 0, `gap requests metric 0 "seen again"`},
				{4 * time.Second, time.Second, "metric requests value 2"},
			},
		},
		{
			name:  "a change during a gap has the gap as error bound",
			reads: []read{{value: 1}, {err: failed}, {err: failed}, {value: 2}},
			want: []sampled{
				{0, 0, "metric requests value 1"}, {0, 0, `gap requests metric 0 "seen again"`},
				{time.Second, time.Second, `gap requests metric 1 "connection refused"`},
				{3 * time.Second, 3 * time.Second, "metric requests value 2"},
				{3 * time.Second, 0, `gap requests metric 0 "seen again"`},
			},
		},
		{
			name:  "no value is an answer",
			reads: []read{{none: true}, {value: 1}, {none: true}, {none: true}, {value: 1}},
			want: []sampled{
				{0, 0, `gap requests metric 0 "seen again"`},
				{time.Second, time.Second, "metric requests value 1"},
				{2 * time.Second, time.Second, "metric requests value gone"},
				{4 * time.Second, time.Second, "metric requests value 1"},
			},
		},
		{
			name:  "a read that hangs is a gap after its own deadline",
			reads: []read{{value: 1}, {takes: never}, {value: 2}},
			want: []sampled{
				{0, 0, "metric requests value 1"}, {0, 0, `gap requests metric 0 "seen again"`},
				{time.Second + readTimeout, time.Second + readTimeout, `gap requests metric 1 "no answer in 3s"`},
				{4 * time.Second, 4 * time.Second, "metric requests value 2"},
				{4 * time.Second, 0, `gap requests metric 0 "seen again"`},
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				ctx, cancel := context.WithCancel(t.Context())
				tl := timeline.New()
				Sample(ctx, tl, time.Second, playing(test.reads, cancel))
				var got []sampled
				for _, m := range tl.Moments() {
					got = append(got, sampled{m.At.Sub(began), m.Within, lines([]timeline.Moment{m})[0]})
				}
				last := got[len(got)-1]
				if want := `gap requests metric 1 "the recorder was stopped"`; last.Line != want {
					t.Errorf("the last moment is %q, want %q", last.Line, want)
				}
				if diff := cmp.Diff(test.want, got[:len(got)-1]); diff != "" {
					t.Errorf("moments (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// playing gives one read after the other, and then cancels.
func playing(reads []read, cancel func()) Sampler {
	return Sampler{Kind: timeline.Metric, Object: "requests", Read: func(ctx context.Context) ([]timeline.Moment, error) {
		if len(reads) == 0 {
			cancel()
			return nil, ctx.Err()
		}
		r := reads[0]
		reads = reads[1:]
		timer := time.NewTimer(r.takes)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if r.none || r.err != nil {
			return nil, r.err
		}
		w := writer{kind: timeline.Metric, object: "requests"}
		w.number("value", r.value)
		return w.moments, nil
	}}
}
