package ec2

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/wire"
)

// query is what all Describe operations have.
type query struct {
	scope   cloud.Scope
	kind    cloud.Kind
	ids     []string
	filters []types.Filter
	// names are the attributes that filters know, by the filter's name.
	names map[string]string
	// managed includes what services manage even where the account hides it.
	managed *bool
	token   *string
	limit   *int32
}

// find answers a query. An id that does not exist is an error, as in EC2.
func (s service) find(q query) (page []*cloud.Resource, next *string, err error) {
	var all []*cloud.Resource
	if len(q.ids) > 0 {
		for _, id := range q.ids {
			r, err := s.SeeInEC2(q.scope, q.kind, id)
			if err != nil {
				return nil, nil, err
			}
			all = append(all, r)
		}
	} else {
		all = s.List(q.scope, q.kind)
	}
	var kept []*cloud.Resource
	for _, r := range all {
		matches, err := q.matches(r)
		if err != nil {
			return nil, nil, err
		}
		hidden := s.Knobs.HideManaged && r.Attributes["managed"] == "true" && !aws.ToBool(q.managed)
		if matches && !hidden {
			kept = append(kept, r)
		}
	}
	page, next = cloud.Page(s.Cloud, kept, q.token, int(aws.ToInt32(q.limit)), func(r *cloud.Resource) string { return r.ID })
	return page, next, nil
}

// matches tells whether all filters match. A filter that is not known here is
// not served: to ignore it would find too much.
func (q query) matches(r *cloud.Resource) (bool, error) {
	for _, filter := range q.filters {
		values, err := q.values(r, aws.ToString(filter.Name))
		if err != nil {
			return false, err
		}
		if !anyMatches(filter.Values, values) {
			return false, nil
		}
	}
	return true, nil
}

// values are what the resource has for a filter.
func (q query) values(r *cloud.Resource, filter string) ([]string, error) {
	if key, ok := strings.CutPrefix(filter, "tag:"); ok {
		if value, ok := r.Tags[key]; ok {
			return []string{value}, nil
		}
		return nil, nil
	}
	if filter == "tag-key" {
		return slices.Collect(maps.Keys(r.Tags)), nil
	}
	attribute, ok := q.names[filter]
	if !ok {
		return nil, wire.NotServed("the filter %q for a %s", filter, q.kind)
	}
	switch attribute {
	case "id":
		return []string{r.ID}, nil
	case "name":
		return []string{r.Name}, nil
	}
	return []string{r.Attributes[attribute]}, nil
}

func anyMatches(patterns, values []string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		return slices.ContainsFunc(values, func(value string) bool { return like(pattern, value) })
	})
}

// like matches text with a pattern of EC2: * is any text, ? any character.
func like(pattern, text string) bool {
	if pattern == "" {
		return text == ""
	}
	switch pattern[0] {
	case '*':
		return like(pattern[1:], text) || text != "" && like(pattern, text[1:])
	case '?':
		return text != "" && like(pattern[1:], text[1:])
	default:
		return text != "" && text[0] == pattern[0] && like(pattern[1:], text[1:])
	}
}

func tagShapes(tags map[string]string) []types.Tag {
	shapes := []types.Tag{}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		shapes = append(shapes, types.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
	}
	return shapes
}

// operator says whose a managed resource is.
func (s service) operator(r *cloud.Resource) *types.OperatorResponse {
	if r.Attributes["managed"] != "true" {
		return &types.OperatorResponse{Managed: aws.Bool(false)}
	}
	return &types.OperatorResponse{Managed: aws.Bool(true), Principal: aws.String("eks.amazonaws.com"), HiddenByDefault: aws.Bool(s.Knobs.HideManaged)}
}
