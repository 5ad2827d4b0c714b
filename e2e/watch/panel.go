package watch

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/prometheus/common/model"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// Panel asks Prometheus itself for what a dashboard's query draws at this
// moment: how many series, and of a single one its value. name is the moment's
// object. A query that draws nothing has 0 series.
func Panel(c Clients, prometheus Service, name, query string) (Sampler, error) {
	api, err := c.prometheus(prometheus)
	if err != nil {
		return Sampler{}, err
	}
	return Sampler{Kind: timeline.Panel, Object: name, Read: func(ctx context.Context) ([]timeline.Moment, error) {
		answer, _, _, err := api.Query(ctx, query, time.Time{})
		if err != nil {
			return nil, fmt.Errorf("panel %s (%s): %w", name, query, err)
		}
		vector, ok := answer.(model.Vector)
		if !ok {
			return nil, fmt.Errorf("panel %s (%s): a %s and not series", name, query, answer.Type())
		}
		values := make([]float64, len(vector))
		for i, sample := range vector {
			values[i] = float64(sample.Value)
		}
		return Drawn(timeline.Panel, name, values), nil
	}}, nil
}

// Drawn are the moments that tell of a panel which draws these values now, one
// for each of its series. What is not a number is not drawn, and nobody sees
// more than hundredths.
func Drawn(kind timeline.Kind, name string, values []float64) []timeline.Moment {
	var last float64
	series := 0
	for _, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			last, series = v, series+1
		}
	}
	w := writer{kind: kind, object: name}
	w.number("series", float64(series))
	if series == 1 {
		w.number("value", math.Round(last*100)/100)
	}
	return w.moments
}
