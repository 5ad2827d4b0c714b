package watch

import (
	"context"
	"errors"
	"time"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// readTimeout bounds one read. It is longer than the period of sampling, so that
// a slow answer is late and not lost, and short enough for an API that hangs to
// be a gap soon.
const readTimeout = 3 * time.Second

// Sampler reads what has no watch.
type Sampler struct {
	// Kind and Object name what cannot be seen while reads fail.
	Kind   timeline.Kind
	Object string
	// Read returns all values there are now. No value at all is an answer too:
	// what had a value has none any more. An error says that nothing can be
	// told, and opens a gap.
	Read func(context.Context) ([]timeline.Moment, error)
}

// Sample reads s every so often until the context ends, and writes the values
// that changed. A value's error bound is the time from the start of the last
// read that succeeded to the end of this one: it changed somewhere in between.
//
// A period of half a second to a second suits: reading an external metric makes
// KEDA query its source, so that twenty apps sampled faster are a load that a
// small cluster feels.
func Sample(ctx context.Context, tl *timeline.Timeline, every time.Duration, s Sampler) {
	sample(ctx, tl, every, s, nil)
}

// sample is Sample, which also reads when it is asked to, and then answers.
func sample(ctx context.Context, tl *timeline.Timeline, every time.Duration, s Sampler, asked <-chan chan<- struct{}) {
	ctx = withPurpose(ctx, purposeSample)
	r := reader{Sampler: s, book: newLedger(tl), since: time.Now()}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	var answer chan<- struct{}
	for {
		r.read(ctx)
		if answer != nil {
			answer <- struct{}{}
			answer = nil
		}
		select { // who asked waits no longer than it has to: a read of what hangs takes long
		case answer = <-asked:
			continue
		default:
		}
		select {
		case <-ticker.C:
		case answer = <-asked:
		case <-ctx.Done():
			over := gap{tl: tl, kinds: []timeline.Kind{s.Kind}, object: s.Object, since: time.Now()}
			over.lose("the recorder was stopped")
			return
		}
	}
}

// reader is a sampler at work.
type reader struct {
	Sampler
	book  *ledger
	since time.Time // the truth is known up to here
	began bool
	gap   *gap
}

func (r *reader) read(ctx context.Context) {
	bounded, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	start := time.Now()
	values, err := r.Read(bounded)
	switch {
	case ctx.Err() != nil:
		return
	case err != nil:
		r.lost(err)
		return
	}
	r.book.put("", values, time.Since(r.since))
	r.since = start
	r.caughtUp()
}

func (r *reader) lost(err error) {
	if r.gap == nil {
		r.gap = &gap{tl: r.book.tl, kinds: []timeline.Kind{r.Kind}, object: r.Object, since: r.since}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = errors.New("no answer in " + readTimeout.String())
	}
	r.gap.lose(err.Error())
}

// caughtUp closes a gap; the first time it says from when on the kind was seen.
func (r *reader) caughtUp() {
	if r.gap != nil {
		r.gap.seen()
		r.gap = nil
	} else if !r.began {
		r.book.tl.Record(timeline.Seen(r.Kind, r.Object))
	}
	r.began = true
}
