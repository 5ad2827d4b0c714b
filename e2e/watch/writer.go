package watch

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// writer collects the fields of one object.
type writer struct {
	kind    timeline.Kind
	object  string
	moments []timeline.Moment
}

func (w *writer) add(field string, value float64, word string) {
	w.moments = append(w.moments, timeline.Moment{Kind: w.kind, Object: w.object, Field: field, Value: value, Text: word})
}

func (w *writer) number(field string, value float64) { w.add(field, value, "") }

// word writes a field that is a text; an empty text is no field.
func (w *writer) word(field, word string) {
	if word != "" {
		w.add(field, 0, word)
	}
}

// truth writes a yes or no, with the reason where there is one.
func (w *writer) truth(field string, yes bool, reason string) {
	value := 0.0
	if yes {
		value = 1
	}
	w.add(field, value, reason)
}

// conditions writes those of an object's conditions that are named. Unknown
// is not true.
func (w *writer) conditions(o *unstructured.Unstructured, types ...string) {
	list, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	for _, item := range list {
		condition, ok := item.(map[string]any)
		if !ok {
			continue
		}
		name, _ := condition["type"].(string)
		status, _ := condition["status"].(string)
		reason, _ := condition["reason"].(string)
		if slices.Contains(types, name) {
			w.truth(name, status == "True", reason)
		}
	}
}

// text reads a string of an object; empty where there is none.
func text(o *unstructured.Unstructured, path ...string) string {
	s, _, _ := unstructured.NestedString(o.Object, path...)
	return s
}

// number reads an integer of an object, or returns what the API's owner takes
// where there is none.
func number(o *unstructured.Unstructured, unset int64, path ...string) float64 {
	n, found, err := unstructured.NestedInt64(o.Object, path...)
	if err != nil || !found {
		return float64(unset)
	}
	return float64(n)
}

// pairs prints a map as k=v,k=v in order.
func pairs(m map[string]string) string {
	words := make([]string, 0, len(m))
	for k, v := range m {
		words = append(words, k+"="+v)
	}
	slices.Sort(words)
	return strings.Join(words, ",")
}
