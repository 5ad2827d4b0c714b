package timeline

import (
	"slices"
	"sync"
	"time"
)

// Timeline is an append-only list of moments in the order in which they were
// seen. It may be written and read by many goroutines.
type Timeline struct {
	mu      sync.Mutex
	moments []Moment
	changed chan struct{}
}

// New returns an empty timeline.
func New() *Timeline { return &Timeline{changed: make(chan struct{})} }

// Of returns a timeline of stored moments, sorted by time.
func Of(moments ...Moment) *Timeline {
	t := New()
	t.moments = slices.Clone(moments)
	slices.SortStableFunc(t.moments, func(a, b Moment) int { return a.At.Compare(b.At) })
	return t
}

// Record appends moments, stamped with the time at which they are appended:
// a recorder cannot write into the past, so a slice of moments once read never
// changes. The stamp is returned.
func (t *Timeline) Record(moments ...Moment) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	// Without the monotonic reading, which is lost when a timeline is stored: a
	// verdict and its re-judgement must not differ by nanoseconds.
	now := time.Now().Round(0)
	if n := len(t.moments); n > 0 && now.Before(t.moments[n-1].At) {
		now = t.moments[n-1].At
	}
	for _, m := range moments {
		m.At = now
		t.moments = append(t.moments, m)
	}
	if len(moments) > 0 {
		close(t.changed)
		t.changed = make(chan struct{})
	}
	return now
}

// Moments returns what was seen so far. The slice must not be written to.
func (t *Timeline) Moments() []Moment {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.moments[:len(t.moments):len(t.moments)]
}

// Changed returns a channel that is closed when the next moment is recorded.
func (t *Timeline) Changed() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.changed
}

// Blind tells a stretch of time in which a kind could not be seen.
type Blind struct {
	Kind     Kind
	From, To time.Time // To is zero while the gap is open
	Why      string
}

// Overlaps reports whether some of the gap lies within (from, to).
func (b Blind) Overlaps(from, to time.Time) bool {
	return b.From.Before(to) && (b.To.IsZero() || b.To.After(from))
}

// Lost is the moment that opens a gap: from since ago until the Seen that
// follows, nothing of that kind could be seen. object tells two recorders of
// one kind apart.
func Lost(kind Kind, object string, since time.Duration, why string) Moment {
	return Moment{Kind: Gap, Object: object, Field: string(kind), Value: 1, Within: since, Text: why}
}

// Seen is the moment that closes a gap.
func Seen(kind Kind, object string) Moment {
	return Moment{Kind: Gap, Object: object, Field: string(kind), Text: "seen again"}
}

// Blinds returns the gaps among the moments.
func Blinds(moments []Moment) []Blind {
	var blinds []Blind
	open := map[Key]int{}
	for _, m := range moments {
		if m.Kind != Gap {
			continue
		}
		i, isOpen := open[m.Key()]
		switch {
		case m.Value != 0 && !isOpen:
			open[m.Key()] = len(blinds)
			blinds = append(blinds, Blind{Kind: Kind(m.Field), From: m.At.Add(-m.Within), Why: m.Text})
		case m.Value == 0 && isOpen:
			blinds[i].To = m.At
			delete(open, m.Key())
		}
	}
	return blinds
}
