package timeline

import (
	"slices"
	"time"
)

// State is what was known of the stack after one of its moments: the last
// moment of each field, and the history of each since the clock started.
type State struct {
	// At is the time of the moment last applied.
	At time.Time
	// Since is when the promise's clock started; zero before.
	Since time.Time

	fields map[Key]*record
	names  map[fieldKey][]*record // of each object that has the field, oldest first
}

// record is what is known of one field of one object. It is found once for a
// moment: a judge does little else.
type record struct {
	last    *Moment
	started *Moment // what was known when the clock started, and has changed since
	history []*Moment
}

type fieldKey struct {
	kind  Kind
	field string
}

// NewState returns the state in which nothing is known.
func NewState() *State {
	return &State{fields: map[Key]*record{}, names: map[fieldKey][]*record{}}
}

// Apply moves the state on by one moment and returns the one it replaces, the
// zero Moment where there was none.
func (s *State) Apply(m Moment) Moment {
	if before := s.apply(&m); before != nil {
		return *before
	}
	return Moment{}
}

// Replay moves the state on by all these moments. They are not copied and must
// stay as they are, as those that a timeline has given out do.
func (s *State) Replay(moments []Moment) {
	for i := range moments {
		s.apply(&moments[i])
	}
}

func (s *State) apply(m *Moment) (before *Moment) {
	key := m.Key()
	r, known := s.fields[key]
	if !known {
		r = &record{}
		s.fields[key] = r
		f := fieldKey{m.Kind, m.Field}
		s.names[f] = append(s.names[f], r)
	}
	before, r.last = r.last, m
	s.At = m.At
	if !s.Since.IsZero() {
		if len(r.history) == 0 {
			r.started = before
		}
		r.history = append(r.history, m)
	}
	return before
}

// Get returns the last moment of a field of an object. It is false where none
// was seen or the object is gone.
func (s *State) Get(kind Kind, object, field string) (Moment, bool) {
	r, ok := s.fields[Key{kind, object, field}]
	if !ok {
		return Moment{}, false
	}
	return *r.last, !r.last.Gone
}

// All returns the last moment of a field of every object that has it, oldest
// object first.
func (s *State) All(kind Kind, field string) []Moment {
	var all []Moment
	for _, r := range s.names[fieldKey{kind, field}] {
		if !r.last.Gone {
			all = append(all, *r.last)
		}
	}
	return all
}

// Only returns the last moment of a field that just one object has. It is
// false where none or several have it: a question about "the" HPA has no
// answer then.
func (s *State) Only(kind Kind, field string) (Moment, bool) {
	if r := s.only(kind, field); r != nil {
		return *r.last, true
	}
	return Moment{}, false
}

// only is Only's record; nil where there is none.
func (s *State) only(kind Kind, field string) *record {
	var found *record
	for _, r := range s.names[fieldKey{kind, field}] {
		if r.last.Gone {
			continue
		}
		if found != nil {
			return nil
		}
		found = r
	}
	return found
}

// Value is Only's number.
func (s *State) Value(kind Kind, field string) (float64, bool) {
	r := s.only(kind, field)
	if r == nil {
		return 0, false
	}
	return r.last.Value, true
}

// History returns the moments of a field since the clock started, of the
// object that Only would name. They must not be written to.
func (s *State) History(kind Kind, field string) []*Moment {
	if r := s.only(kind, field); r != nil {
		return r.history
	}
	return nil
}

// Was reports whether a field of an object had that value at any moment since
// the clock started, or when it did.
func (s *State) Was(kind Kind, object, field string, v float64) bool {
	r, ok := s.fields[Key{kind, object, field}]
	if !ok {
		return false
	}
	had := func(m *Moment) bool { return m != nil && m.Value == v && !m.Gone }
	return slices.ContainsFunc(r.history, had) || had(r.started) || had(r.last)
}
