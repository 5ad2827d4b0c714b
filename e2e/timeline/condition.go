package timeline

import (
	"fmt"
	"strings"
)

// Condition is a question about a state, with the words a failure prints and
// the kinds that must have been seen for its answer to mean anything.
type Condition struct {
	Text  string
	Kinds []Kind
	Holds func(*State) bool
}

// IsZero reports whether the condition was left out.
func (c Condition) IsZero() bool { return c.Holds == nil }

// All holds where every condition does.
func All(conditions ...Condition) Condition {
	var all Condition
	texts := make([]string, len(conditions))
	for i, c := range conditions {
		texts[i] = c.Text
		all.Kinds = append(all.Kinds, c.Kinds...)
	}
	all.Text = strings.Join(texts, ", and ")
	all.Holds = func(s *State) bool {
		for _, c := range conditions {
			if !c.Holds(s) {
				return false
			}
		}
		return true
	}
	return all
}

// Equals holds while a field that one object has reads v.
func Equals(kind Kind, field string, v float64) Condition {
	return number(kind, field, fmt.Sprintf("%s = %s", label(kind, field), Number(v)), func(got float64) bool { return got == v })
}

// AtLeast holds while a field that one object has reads v or more.
func AtLeast(kind Kind, field string, v float64) Condition {
	return number(kind, field, fmt.Sprintf("%s >= %s", label(kind, field), Number(v)), func(got float64) bool { return got >= v })
}

// Above holds while a field that one object has reads more than v.
func Above(kind Kind, field string, v float64) Condition {
	return number(kind, field, fmt.Sprintf("%s > %s", label(kind, field), Number(v)), func(got float64) bool { return got > v })
}

// None holds while no object of the kind has the field.
func None(kind Kind, field string) Condition {
	return Condition{
		Text:  "no " + label(kind, field),
		Kinds: []Kind{kind},
		Holds: func(s *State) bool { return len(s.All(kind, field)) == 0 },
	}
}

// Says holds while a field of an object reads that word.
func Says(kind Kind, object, field, word string) Condition {
	return Condition{
		Text:  strings.Join(strings.Fields(fmt.Sprintf("%s %s %s is %q", kind, object, field, word)), " "),
		Kinds: []Kind{kind},
		Holds: func(s *State) bool {
			if object == "" {
				m, ok := s.Only(kind, field)
				return ok && m.Text == word
			}
			m, ok := s.Get(kind, object, field)
			return ok && m.Text == word
		},
	}
}

// Ready holds while the scale target has at least n ready replicas.
func Ready(n int) Condition { return AtLeast(Replicas, "ready", float64(n)) }

// Settled holds while the scale target asks for n replicas and just these are
// ready.
func Settled(n int) Condition {
	return All(Equals(Replicas, "spec", float64(n)), Equals(Replicas, "ready", float64(n)))
}

// Desired holds while the HPA asks for n replicas.
func Desired(n int) Condition { return Equals(HPA, "desired", float64(n)) }

// Reads holds while the external metric of that name reads v.
func Reads(metric string, v float64) Condition {
	return Condition{
		Text:  fmt.Sprintf("metric %s = %s", metric, Number(v)),
		Kinds: []Kind{Metric},
		Holds: func(s *State) bool {
			m, ok := s.Get(Metric, metric, "value")
			return ok && m.Value == v
		},
	}
}

func number(kind Kind, field, text string, test func(float64) bool) Condition {
	return Condition{Text: text, Kinds: []Kind{kind}, Holds: func(s *State) bool {
		v, ok := s.Value(kind, field)
		return ok && test(v)
	}}
}

func label(kind Kind, field string) string { return string(kind) + " " + field }
