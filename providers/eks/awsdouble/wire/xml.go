package wire

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"reflect"
	"strconv"
	"time"
)

// tags is how a query protocol names the elements of an answer.
type tags struct {
	// item is the name of an element of a list.
	item string
	// name is that of a field's element.
	name func(owner reflect.Type, field reflect.StructField) string
}

// timeLayout is how the query protocols write a time.
const timeLayout = "2006-01-02T15:04:05.000Z"

// write writes v as an element, or nothing where v is not set.
func (t tags) write(b *bytes.Buffer, name string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			t.write(b, name, v.Elem())
		}
	case reflect.Slice:
		if v.IsNil() {
			return
		}
		element(b, name, func() {
			for i := range v.Len() {
				t.write(b, t.item, v.Index(i))
			}
		})
	case reflect.Struct:
		if at, ok := v.Interface().(time.Time); ok {
			element(b, name, func() { b.WriteString(at.UTC().Format(timeLayout)) })
			return
		}
		element(b, name, func() { t.writeMembers(b, v) })
	case reflect.String:
		if v.Len() > 0 || v.Type() == reflect.TypeFor[string]() { // an enum that is not set is empty
			element(b, name, func() { escape(b, v.String()) })
		}
	default:
		element(b, name, func() { b.WriteString(scalar(v)) })
	}
}

// writeMembers writes what is inside a struct's element.
func (t tags) writeMembers(b *bytes.Buffer, v reflect.Value) {
	for _, field := range members(v.Type()) {
		t.write(b, t.name(v.Type(), field), v.FieldByIndex(field.Index))
	}
}

func element(b *bytes.Buffer, name string, inner func()) {
	b.WriteString("<" + name + ">")
	inner()
	b.WriteString("</" + name + ">")
}

func scalar(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case reflect.Int, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10)
	case reflect.Float32, reflect.Float64:
		return strconv.FormatFloat(v.Float(), 'g', -1, 64)
	default:
		panic(fmt.Sprintf("wire: no way to write a %s", v.Type()))
	}
}

// escape writes text; a buffer never fails.
func escape(b *bytes.Buffer, text string) { _ = xml.EscapeText(b, []byte(text)) }
