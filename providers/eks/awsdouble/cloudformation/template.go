package cloudformation

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/wire"
)

// template is what of a template is understood. Anything else in one is not served.
type template struct {
	AWSTemplateFormatVersion string
	Description              string
	Parameters               map[string]parameter
	Resources                map[string]resource
	Outputs                  map[string]output
}

type parameter struct {
	Type        string
	Default     *string
	Description string
}

type resource struct {
	Type                                string
	Properties                          map[string]any
	DependsOn                           any
	DeletionPolicy, UpdateReplacePolicy string
}

type output struct {
	Description string
	Value       any
}

// short is YAML's short form of a function, such as !Ref.
var short = regexp.MustCompile(`(?m)[:\-\[,]\s*!\w`)

func invalid(format string, args ...any) error {
	return wire.Errorf(http.StatusBadRequest, "ValidationError", format, args...)
}

// parse reads a template.
func parse(body string) (*template, error) {
	if short.MatchString(body) {
		return nil, wire.NotServed("short forms of functions in a template; write {Ref: …} and {\"Fn::…\": …}")
	}
	document, err := yaml.YAMLToJSONStrict([]byte(body))
	if err != nil {
		return nil, invalid("Template format error: %v", err)
	}
	decoder := json.NewDecoder(strings.NewReader(string(document)))
	decoder.DisallowUnknownFields()
	t := &template{}
	if err := decoder.Decode(t); err != nil {
		return nil, wire.NotServed("this in a template: %v", err)
	}
	if len(t.Resources) == 0 {
		return nil, invalid("Template format error: At least one Resources member must be defined.")
	}
	for name, r := range t.Resources {
		made, ok := types[r.Type]
		if !ok {
			return nil, wire.NotServed("resources of type %s", r.Type)
		}
		for property := range r.Properties {
			if !slices.Contains(strings.Fields(made.properties), property) {
				return nil, wire.NotServed("the property %s of %s (%s)", property, r.Type, name)
			}
		}
	}
	return t, t.check()
}

// functions are those that are evaluated.
var functions = []string{"Fn::GetAtt", "Fn::Sub", "Fn::Join"}

// check looks at what the template calls and refers to.
func (t *template) check() error {
	for name, r := range t.Resources {
		if f := unknown(r.Properties); f != "" {
			return wire.NotServed("the function %s in a template", f)
		}
		for _, needed := range t.needs(name) {
			if _, ok := t.Resources[needed]; !ok {
				return invalid("Template format error: Unresolved resource dependencies [%s] in the Resources block of the template", needed)
			}
		}
	}
	if len(t.order()) < len(t.Resources) {
		return invalid("Circular dependency between resources")
	}
	return nil
}

// unknown is a function in a value that is not evaluated, if there is one.
func unknown(value any) string {
	switch v := value.(type) {
	case []any:
		for _, inner := range v {
			if f := unknown(inner); f != "" {
				return f
			}
		}
	case map[string]any:
		for key, inner := range v {
			if strings.HasPrefix(key, "Fn::") && !slices.Contains(functions, key) {
				return key
			}
			if f := unknown(inner); f != "" {
				return f
			}
		}
	}
	return ""
}

// needs are the logical ids that a resource depends on, sorted.
func (t *template) needs(name string) []string {
	needed := map[string]bool{}
	r := t.Resources[name]
	switch on := r.DependsOn.(type) {
	case string:
		needed[on] = true
	case []any:
		for _, other := range on {
			needed[fmt.Sprint(other)] = true
		}
	}
	t.references(r.Properties, needed)
	return slices.Sorted(maps.Keys(needed))
}

// references collects what a value refers to, but for parameters.
func (t *template) references(value any, into map[string]bool) {
	add := func(name string) {
		if _, ok := t.Parameters[name]; !ok && !strings.HasPrefix(name, "AWS::") {
			into[name] = true
		}
	}
	switch v := value.(type) {
	case []any:
		for _, inner := range v {
			t.references(inner, into)
		}
	case map[string]any:
		for key, inner := range v {
			switch text, _ := inner.(string); key {
			case "Ref":
				add(text)
			case "Fn::GetAtt":
				name, _, _ := attribute(inner)
				add(name)
			case "Fn::Sub":
				for _, match := range variables.FindAllStringSubmatch(text, -1) {
					name, _, _ := strings.Cut(match[1], ".")
					add(name)
				}
			default:
				t.references(inner, into)
			}
		}
	}
}

// order is one in which all resources can be made.
func (t *template) order() []string {
	var order []string
	left := slices.Sorted(maps.Keys(t.Resources))
	for len(left) > 0 {
		i := slices.IndexFunc(left, func(name string) bool {
			return !slices.ContainsFunc(t.needs(name), func(needed string) bool { return !slices.Contains(order, needed) })
		})
		if i < 0 {
			return order
		}
		order = append(order, left[i])
		left = slices.Delete(left, i, i+1)
	}
	return order
}

// namesRoles tells that the template gives names to IAM's resources, for which
// a caller must say that it knows.
func (t *template) namesRoles() bool {
	for _, r := range t.Resources {
		if _, named := r.Properties["RoleName"]; named {
			return true
		}
	}
	return false
}
