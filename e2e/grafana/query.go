package grafana

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/scaleproof/scaleproof/e2e/dashboard"
)

// reference is the id of the one query of a request.
const reference = "A"

// request is the body of /api/ds/query, for Prometheus.
type request struct {
	Queries []requestQuery `json:"queries"`
	From    string         `json:"from"`
	To      string         `json:"to"`
}

type requestQuery struct {
	RefID         string            `json:"refId"`
	Datasource    map[string]string `json:"datasource"`
	Expr          string            `json:"expr"`
	Instant       bool              `json:"instant"`
	Range         bool              `json:"range"`
	IntervalMS    int               `json:"intervalMs"`
	MaxDataPoints int               `json:"maxDataPoints"`
}

// result is the answer to one query: frames with a field of times and fields of
// numbers. A number that JSON has no word for comes as null.
type result struct {
	Error  string
	Status int
	Frames []frame
}

type frame struct {
	Schema struct {
		Fields []struct{ Name, Type string }
	}
	Data struct{ Values []json.RawMessage }
}

// Draw returns what a panel's query draws at this moment, one value for each of
// its series. The variables of the query must be filled.
func (c *Client) Draw(ctx context.Context, datasource string, q dashboard.Query) ([]float64, error) {
	body := request{From: "now-5m", To: "now", Queries: []requestQuery{{
		RefID: reference, Datasource: map[string]string{"type": "prometheus", "uid": datasource},
		Expr: q.Expr, Instant: true, IntervalMS: 1000, MaxDataPoints: 100,
	}}}
	var answer struct{ Results map[string]result }
	if err := c.call(ctx, http.MethodPost, "/api/ds/query", body, &answer); err != nil {
		return nil, fmt.Errorf("panel %s in Grafana: %w", q.Name, err)
	}
	found, ok := answer.Results[reference]
	if !ok {
		return nil, fmt.Errorf("panel %s in Grafana: the answer has no result for query %s", q.Name, reference)
	}
	values, err := found.values()
	if err != nil {
		return nil, fmt.Errorf("panel %s in Grafana: %w", q.Name, err)
	}
	return values, nil
}

// values are the last numbers of each series.
func (r result) values() ([]float64, error) {
	if r.Error != "" {
		return nil, errors.New(r.Error)
	}
	var all []float64
	for _, f := range r.Frames {
		for i, field := range f.Schema.Fields {
			if field.Type != "number" {
				continue
			}
			if i >= len(f.Data.Values) {
				return nil, fmt.Errorf("a frame has field %s and no values of it", field.Name)
			}
			var values []*float64
			if err := json.Unmarshal(f.Data.Values[i], &values); err != nil {
				return nil, fmt.Errorf("values of field %s: %w", field.Name, err)
			}
			if n := len(values); n > 0 && values[n-1] != nil {
				all = append(all, *values[n-1])
			}
		}
	}
	return all, nil
}
