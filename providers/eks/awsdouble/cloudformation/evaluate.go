package cloudformation

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/wire"
)

// variables are what Fn::Sub replaces.
var variables = regexp.MustCompile(`\$\{([A-Za-z0-9:.]+)\}`)

// attribute splits what Fn::GetAtt is given.
func attribute(value any) (name, attribute string, ok bool) {
	switch v := value.(type) {
	case string:
		return strings.Cut(v, ".")
	case []any:
		if len(v) == 2 {
			return fmt.Sprint(v[0]), fmt.Sprint(v[1]), true
		}
	}
	return "", "", false
}

// evaluate replaces the functions in a value.
func (s *stack) evaluate(value any) (any, error) {
	switch v := value.(type) {
	case []any:
		all := make([]any, len(v))
		for i, inner := range v {
			var err error
			if all[i], err = s.evaluate(inner); err != nil {
				return nil, err
			}
		}
		return all, nil
	case map[string]any:
		if len(v) == 1 {
			for key, inner := range v {
				if key == "Ref" || strings.HasPrefix(key, "Fn::") {
					return s.function(key, inner)
				}
			}
		}
		all := map[string]any{}
		for key, inner := range v {
			var err error
			if all[key], err = s.evaluate(inner); err != nil {
				return nil, err
			}
		}
		return all, nil
	default:
		return value, nil
	}
}

func (s *stack) function(name string, argument any) (any, error) {
	switch name {
	case "Ref":
		return s.ref(fmt.Sprint(argument))
	case "Fn::GetAtt":
		of, what, ok := attribute(argument)
		if !ok {
			return nil, invalid("Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute")
		}
		return s.getAtt(of, what)
	case "Fn::Sub":
		return s.substitute(argument)
	case "Fn::Join":
		return s.join(argument)
	default:
		return nil, wire.NotServed("the function %s in a template", name)
	}
}

func (s *stack) ref(name string) (any, error) {
	switch name {
	case "AWS::StackName":
		return s.Name, nil
	case "AWS::StackId":
		return s.ID, nil
	case "AWS::Region":
		return s.Region, nil
	case "AWS::AccountId":
		return s.Account, nil
	case "AWS::Partition":
		return "aws", nil
	}
	if value, ok := s.parameters[name]; ok {
		return value, nil
	}
	if part, ok := s.parts[name]; ok {
		return part.ref, nil
	}
	return nil, invalid("Template format error: Unresolved resource dependencies [%s]", name)
}

func (s *stack) getAtt(name, what string) (any, error) {
	part, ok := s.parts[name]
	if !ok {
		return nil, invalid("Template error: instance of Fn::GetAtt references undefined resource %s", name)
	}
	value, ok := part.attributes[what]
	if !ok {
		return nil, wire.NotServed("the attribute %s of %s", what, s.template.Resources[name].Type)
	}
	return value, nil
}

func (s *stack) substitute(argument any) (any, error) {
	text, ok := argument.(string)
	if !ok {
		return nil, wire.NotServed("Fn::Sub with variables of its own")
	}
	var failed error
	text = variables.ReplaceAllStringFunc(text, func(match string) string {
		var value any
		var err error
		name := match[2 : len(match)-1]
		if of, what, ok := strings.Cut(name, "."); ok {
			value, err = s.getAtt(of, what)
		} else {
			value, err = s.ref(name)
		}
		if err != nil {
			failed = err
		}
		return fmt.Sprint(value)
	})
	return text, failed
}

func (s *stack) join(argument any) (any, error) {
	evaluated, err := s.evaluate(argument)
	if err != nil {
		return nil, err
	}
	arguments, ok := evaluated.([]any)
	if !ok || len(arguments) != 2 {
		return nil, invalid("Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined")
	}
	list, ok := arguments[1].([]any)
	if !ok {
		return nil, invalid("Template error: every Fn::Join object requires a list of strings to be joined")
	}
	var texts []string
	for _, item := range list {
		texts = append(texts, fmt.Sprint(item))
	}
	return strings.Join(texts, fmt.Sprint(arguments[0])), nil
}
