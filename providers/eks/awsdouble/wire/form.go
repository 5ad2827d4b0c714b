package wire

import (
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// node is a parameter of a form, or those under one: the dots of "A.member.1.B".
type node struct {
	value string
	kids  map[string]*node
}

// tree turns flat parameters into nested ones.
func tree(values url.Values) *node {
	root := &node{}
	for key, all := range values {
		at := root
		for _, part := range strings.Split(key, ".") {
			if at.kids == nil {
				at.kids = map[string]*node{}
			}
			if at.kids[part] == nil {
				at.kids[part] = &node{}
			}
			at = at.kids[part]
		}
		at.value = all[0]
	}
	return root
}

// dialect is what tells the two query protocols apart.
type dialect struct {
	// list is the level that a list adds to a parameter's name: "member" or none.
	list string
	// name is that of a field's parameter.
	name func(owner reflect.Type, field reflect.StructField) string
}

// read fills v from the parameters, and fails on one that v has no place for.
func (d dialect) read(n *node, v reflect.Value, path string) error {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return d.read(n, v.Elem(), path)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return readTime(n, v, path)
		}
		return d.readStruct(n, v, path)
	case reflect.Slice:
		return d.readList(n, v, path)
	default:
		return readScalar(n.value, v, path)
	}
}

func (d dialect) readStruct(n *node, v reflect.Value, path string) error {
	fields := map[string]reflect.StructField{}
	for _, field := range members(v.Type()) {
		fields[d.name(v.Type(), field)] = field
	}
	for key, kid := range n.kids {
		field, ok := fields[key]
		if !ok {
			return fmt.Errorf("parameter %s%s is not known", path, key)
		}
		if err := d.read(kid, v.FieldByIndex(field.Index), path+key+"."); err != nil {
			return err
		}
	}
	return nil
}

func (d dialect) readList(n *node, v reflect.Value, path string) error {
	if d.list != "" {
		inner := n.kids[d.list]
		if inner == nil {
			// "Tags=" is how an empty list is written.
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
			return nil
		}
		n = inner
	}
	var numbers []int
	for key := range n.kids {
		number, err := strconv.Atoi(key)
		if err != nil {
			return fmt.Errorf("parameter %s%s: %q is not an index", path, key, key)
		}
		numbers = append(numbers, number)
	}
	slices.Sort(numbers)
	v.Set(reflect.MakeSlice(v.Type(), len(numbers), len(numbers)))
	for i, number := range numbers {
		if err := d.read(n.kids[strconv.Itoa(number)], v.Index(i), fmt.Sprintf("%s%d.", path, number)); err != nil {
			return err
		}
	}
	return nil
}

func readTime(n *node, v reflect.Value, path string) error {
	at, err := time.Parse(time.RFC3339, n.value)
	if err != nil {
		return fmt.Errorf("parameter %s: %w", strings.TrimSuffix(path, "."), err)
	}
	v.Set(reflect.ValueOf(at))
	return nil
}

func readScalar(text string, v reflect.Value, path string) error {
	var err error
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		var value bool
		value, err = strconv.ParseBool(text)
		v.SetBool(value)
	case reflect.Int32, reflect.Int64:
		var value int64
		value, err = strconv.ParseInt(text, 10, v.Type().Bits())
		v.SetInt(value)
	default:
		err = fmt.Errorf("a %s cannot be read", v.Kind())
	}
	if err != nil {
		return fmt.Errorf("parameter %s: %w", strings.TrimSuffix(path, "."), err)
	}
	return nil
}
