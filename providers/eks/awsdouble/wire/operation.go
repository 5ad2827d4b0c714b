package wire

import (
	"reflect"
	"slices"
	"strings"
)

// Caller is who calls, as the signature proved it, and where.
type Caller struct {
	// Account is the twelve digits of the account.
	Account string
	// Region is that of the credential scope.
	Region string
	// ARN and UserID are what sts:GetCallerIdentity answers.
	ARN, UserID string
	// Base is the URL of the double as the caller reached it.
	Base string
}

// Operation is one operation of a service: what it is called, what it takes
// and what it does.
type Operation struct {
	// Name as in the service's model, such as "CreateCluster".
	Name string
	// Honours are the members of the input that have their effect here, as
	// dotted paths of Go names; a path covers what is under it. A request that
	// sets any other member is refused by 501: ignoring it would be a lie.
	Honours []string
	input   reflect.Type
	output  reflect.Type
	handle  func(Caller, any) (any, error)
}

// Handle makes an operation of a function over the SDK's own input and output.
func Handle[I, O any](name string, honours string, handle func(Caller, *I) (*O, error)) Operation {
	return Operation{
		Name:    name,
		Honours: strings.Fields(honours),
		input:   reflect.TypeFor[I](),
		output:  reflect.TypeFor[O](),
		handle: func(caller Caller, in any) (any, error) {
			out, err := handle(caller, in.(*I))
			if err != nil {
				return nil, err
			}
			return out, nil
		},
	}
}

// NewInput is a pointer to an empty input of the operation.
func (o Operation) NewInput() any { return reflect.New(o.input).Interface() }

// NewOutput is a pointer to an empty output of the operation.
func (o Operation) NewOutput() any { return reflect.New(o.output).Interface() }

// Do runs the operation on an input made by NewInput.
func (o Operation) Do(caller Caller, in any) (any, error) {
	if ignored := o.Ignored(in); len(ignored) > 0 {
		return nil, NotServed("%s of %s", strings.Join(ignored, ", "), o.Name)
	}
	return o.handle(caller, in)
}

// Ignored are the members that the input sets and the operation does not honour.
func (o Operation) Ignored(in any) []string {
	var ignored []string
	for _, path := range paths(reflect.ValueOf(in).Elem(), "") {
		covered := slices.ContainsFunc(o.Honours, func(honoured string) bool {
			return path == honoured || strings.HasPrefix(path, honoured+".")
		})
		if !covered && !slices.Contains(ignored, path) {
			ignored = append(ignored, path)
		}
	}
	return ignored
}

// paths are the dotted names of the leaves that are set.
func paths(v reflect.Value, prefix string) []string {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return paths(v.Elem(), prefix)
	case reflect.Slice:
		if v.IsNil() {
			return nil
		}
		var all []string
		if v.Type().Elem().Kind() != reflect.Struct {
			return []string{prefix}
		}
		for i := range v.Len() {
			all = append(all, paths(v.Index(i), prefix)...)
		}
		return all
	case reflect.Struct:
		var all []string
		for _, field := range members(v.Type()) {
			name := field.Name
			if prefix != "" {
				name = prefix + "." + name
			}
			inner := v.FieldByIndex(field.Index)
			if !inner.IsZero() {
				all = append(all, paths(inner, name)...)
			}
		}
		return all
	default:
		return []string{prefix}
	}
}

// members are the fields of a shape's struct that are part of the shape.
func members(t reflect.Type) []reflect.StructField {
	var fields []reflect.StructField
	for i := range t.NumField() {
		if f := t.Field(i); f.IsExported() && f.Name != "ResultMetadata" {
			fields = append(fields, f)
		}
	}
	return fields
}
