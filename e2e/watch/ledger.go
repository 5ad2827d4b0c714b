package watch

import (
	"slices"
	"sync"
	"time"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// ledger writes the fields of objects to a timeline, and only what changed of
// them: it remembers what it last wrote of each object.
//
// A field that an object has no more, and every field of an object that is no
// more, gets a moment with Gone: State.All then skips a deleted pod whichever
// of its fields it is asked for.
type ledger struct {
	mu      sync.Mutex
	tl      *timeline.Timeline
	objects map[string][]timeline.Moment
	kind    func(object string) timeline.Kind // optional: what an object is written as now
}

func newLedger(tl *timeline.Timeline) *ledger {
	return &ledger{tl: tl, objects: map[string][]timeline.Moment{}}
}

// put writes what changed of an object, in one Record call: a condition must
// not be asked of half an object. within is the error bound of the change.
func (l *ledger) put(name string, now []timeline.Moment, within time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.record(l.change(name, now), within)
}

// replace writes what changed of all objects in one Record call, and returns
// the names of those that are no more.
func (l *ledger) replace(now map[string][]timeline.Moment, within time.Duration) (gone []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var changed []timeline.Moment
	for _, name := range sorted(l.objects) {
		if _, ok := now[name]; !ok {
			gone = append(gone, name)
			changed = append(changed, l.change(name, nil)...)
		}
	}
	for _, name := range sorted(now) {
		changed = append(changed, l.change(name, now[name])...)
	}
	l.record(changed, within)
	return gone
}

// rekind writes every object anew that is of another kind now.
func (l *ledger) rekind() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, name := range sorted(l.objects) {
		l.record(l.change(name, slices.Clone(l.objects[name])), 0)
	}
}

func (l *ledger) record(changed []timeline.Moment, within time.Duration) {
	for i := range changed {
		changed[i].Within = within
	}
	l.tl.Record(changed...)
}

// change replaces what is remembered of an object, and returns the moments
// that differ. No moments mean that the object is no more.
func (l *ledger) change(name string, now []timeline.Moment) []timeline.Moment {
	before := l.objects[name]
	if l.kind != nil {
		for i := range now {
			now[i].Kind = l.kind(now[i].Object)
		}
	}
	if len(now) == 0 {
		delete(l.objects, name)
	} else {
		l.objects[name] = now
	}
	var changed []timeline.Moment
	for _, m := range now {
		if !slices.ContainsFunc(before, m.Same) {
			changed = append(changed, m)
		}
	}
	for _, m := range before {
		if !slices.ContainsFunc(now, func(n timeline.Moment) bool { return n.Key() == m.Key() }) {
			changed = append(changed, timeline.Moment{Kind: m.Kind, Object: m.Object, Field: m.Field, Gone: true})
		}
	}
	return changed
}

func sorted(objects map[string][]timeline.Moment) []string {
	names := make([]string, 0, len(objects))
	for name := range objects {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
