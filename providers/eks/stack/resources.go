package stack

import (
	"fmt"
	"maps"
	"slices"

	"sigs.k8s.io/yaml"
)

// Resource is a part of the template.
type Resource struct{ Kind, Name string }

// Resources are all that the template makes, by name.
func Resources() ([]Resource, error) {
	var template struct {
		Resources map[string]struct{ Type string }
	}
	if err := yaml.Unmarshal([]byte(Template), &template); err != nil {
		return nil, fmt.Errorf("the stack's template: %w", err)
	}
	var all []Resource
	for _, name := range slices.Sorted(maps.Keys(template.Resources)) {
		all = append(all, Resource{template.Resources[name].Type, name})
	}
	return all, nil
}
