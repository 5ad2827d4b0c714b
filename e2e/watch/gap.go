package watch

import (
	"sync"
	"time"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// gap is a stretch in which a recorder may have missed something. It becomes
// moments of the timeline only once it is opened.
type gap struct {
	tl     *timeline.Timeline
	kinds  []timeline.Kind
	object string
	since  time.Time

	mu      sync.Mutex
	open    bool
	closed  bool
	pending *time.Timer
}

// after opens the gap if it is not closed by then.
func (g *gap) after(grace time.Duration, why string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pending = time.AfterFunc(grace, func() { g.lose(why) })
}

// lose opens the gap at once. A gap that is open, or over, stays as it is.
func (g *gap) lose(why string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open || g.closed {
		return
	}
	g.open = true
	moments := make([]timeline.Moment, len(g.kinds))
	for i, kind := range g.kinds {
		moments[i] = timeline.Lost(kind, g.object, time.Since(g.since), why)
	}
	g.tl.Record(moments...)
}

// abandon leaves the gap as it is: open, if it was opened.
func (g *gap) abandon() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stop()
	g.closed = true
}

// stop stops what is to happen later. The gap's lock is held.
func (g *gap) stop() {
	if g.pending != nil {
		g.pending.Stop()
	}
}

// seenAfter ends the gap when so much time is over, unless it is kept or abandoned
// before. One that was not opened is over at once.
func (g *gap) seenAfter(replayed time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stop()
	if g.closed = !g.open; g.open {
		g.pending = time.AfterFunc(replayed, g.seen)
	}
}

// keep has a gap go on that seenAfter has not ended yet. It is false if there is
// nothing to go on.
func (g *gap) keep() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stop()
	return g.open && !g.closed
}

// seen ends the gap. A gap that was never opened leaves no trace.
func (g *gap) seen() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stop()
	if g.closed {
		return // abandoned meanwhile
	}
	g.closed = true
	if g.open {
		g.tl.Record(seen(g.kinds, g.object)...)
	}
}

func seen(kinds []timeline.Kind, object string) []timeline.Moment {
	moments := make([]timeline.Moment, len(kinds))
	for i, kind := range kinds {
		moments[i] = timeline.Seen(kind, object)
	}
	return moments
}
