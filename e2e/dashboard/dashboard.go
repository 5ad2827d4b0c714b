// Package dashboard reads what a Grafana dashboard asks Prometheus for, so that
// its panels can be proved with and without a Grafana.
package dashboard

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Query is what one line of a panel draws.
type Query struct {
	// Name is the panel's title and the query's own id: "Replicas desired".
	Name string
	// Expr is PromQL with the dashboard's variables in it.
	Expr string
}

// model is the part of a dashboard's JSON that asks for something. A row has
// panels of its own.
type model struct {
	Title  string
	Panels []panel
}

type panel struct {
	Type, Title string
	Targets     []struct{ RefID, Expr string }
	Panels      []panel
}

// Parse returns all queries of a dashboard, in its order. A panel that asks for
// nothing is an error, unless it is a row or a text.
func Parse(data []byte) ([]Query, error) {
	var m model
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("not the JSON of a dashboard: %w", err)
	}
	queries, err := collect(nil, m.Panels)
	if err != nil {
		return nil, fmt.Errorf("dashboard %q: %w", m.Title, err)
	}
	if len(queries) == 0 {
		return nil, fmt.Errorf("dashboard %q asks for nothing", m.Title)
	}
	return queries, nil
}

func collect(queries []Query, panels []panel) ([]Query, error) {
	for _, p := range panels {
		if p.Type == "row" {
			var err error
			if queries, err = collect(queries, p.Panels); err != nil {
				return nil, err
			}
			continue
		}
		if p.Type == "text" {
			continue
		}
		if len(p.Targets) == 0 {
			return nil, fmt.Errorf("panel %q asks for nothing", p.Title)
		}
		for _, target := range p.Targets {
			q := Query{Name: strings.TrimSpace(p.Title + " " + target.RefID), Expr: target.Expr}
			if target.Expr == "" {
				return nil, fmt.Errorf("panel %q has a query without an expression", p.Title)
			}
			if slices.ContainsFunc(queries, func(o Query) bool { return o.Name == q.Name }) {
				return nil, fmt.Errorf("two panels are called %q: no report could tell them apart", q.Name)
			}
			queries = append(queries, q)
		}
	}
	return queries, nil
}

// variable is $name or ${name}, with a format or without.
var variable = regexp.MustCompile(`\$(?:(\w+)|\{(\w+)(?::\w+)?\})`)

// Fill returns the query with the dashboard's variables replaced, which Grafana
// leaves to the browser. One that has no value is an error, and so are
// Grafana's own, whose values are a browser's window.
func (q Query) Fill(values map[string]string) (Query, error) {
	var missing []string
	q.Expr = variable.ReplaceAllStringFunc(q.Expr, func(token string) string {
		found := variable.FindStringSubmatch(token)
		name := found[1] + found[2]
		value, ok := values[name]
		if !ok && !slices.Contains(missing, name) {
			missing = append(missing, name)
		}
		return value
	})
	if len(missing) > 0 {
		return q, fmt.Errorf("%s uses $%s: give it a value", q.Name, strings.Join(missing, ", $"))
	}
	return q, nil
}
