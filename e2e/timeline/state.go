package timeline

import "time"

// State is what was known of the stack after one of its moments: the last
// moment of each field, and the history of each since the clock started.
type State struct {
	// At is the time of the moment last applied.
	At time.Time
	// Since is when the promise's clock started; zero before.
	Since time.Time

	last    map[Key]Moment
	names   map[fieldKey][]string // objects that have the field, oldest first
	history map[Key][]Moment
}

type fieldKey struct {
	kind  Kind
	field string
}

// NewState returns the state in which nothing is known.
func NewState() *State {
	return &State{last: map[Key]Moment{}, names: map[fieldKey][]string{}, history: map[Key][]Moment{}}
}

// Apply moves the state on by one moment and returns the one it replaces, the
// zero Moment where there was none.
func (s *State) Apply(m Moment) Moment {
	key := m.Key()
	before, known := s.last[key]
	if !known {
		f := fieldKey{m.Kind, m.Field}
		s.names[f] = append(s.names[f], m.Object)
	}
	s.last[key] = m
	s.At = m.At
	if !s.Since.IsZero() {
		s.history[key] = append(s.history[key], m)
	}
	return before
}

// Get returns the last moment of a field of an object. It is false where none
// was seen or the object is gone.
func (s *State) Get(kind Kind, object, field string) (Moment, bool) {
	m, ok := s.last[Key{kind, object, field}]
	return m, ok && !m.Gone
}

// All returns the last moment of a field of every object that has it, oldest
// object first.
func (s *State) All(kind Kind, field string) []Moment {
	var all []Moment
	for _, name := range s.names[fieldKey{kind, field}] {
		if m, ok := s.Get(kind, name, field); ok {
			all = append(all, m)
		}
	}
	return all
}

// Only returns the last moment of a field that just one object has. It is
// false where none or several have it: a question about "the" HPA has no
// answer then.
func (s *State) Only(kind Kind, field string) (Moment, bool) {
	names := s.names[fieldKey{kind, field}]
	if len(names) == 1 { // by far the most frequent, and on the judge's hot path
		return s.Get(kind, names[0], field)
	}
	all := s.All(kind, field)
	if len(all) != 1 {
		return Moment{}, false
	}
	return all[0], true
}

// Value is Only's number.
func (s *State) Value(kind Kind, field string) (float64, bool) {
	m, ok := s.Only(kind, field)
	return m.Value, ok
}

// History returns the moments of a field since the clock started, of the
// object that Only would name.
func (s *State) History(kind Kind, field string) []Moment {
	m, ok := s.Only(kind, field)
	if !ok {
		return nil
	}
	return s.history[m.Key()]
}
