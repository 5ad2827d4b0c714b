package load

import (
	"context"
	"fmt"
	"net/http"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// Summary tells how a paced load went.
type Summary struct {
	// Done is when the last was answered.
	Done     time.Time `json:"done"`
	Requests int       `json:"requests"`
	Success  float64   `json:"success"` // share of 2xx answers, 0 to 1
	// Latencies of all requests, failed ones included.
	P50 time.Duration `json:"p50"`
	P99 time.Duration `json:"p99"`
	Max time.Duration `json:"max"`
	// Errors lists each sort of failure once.
	Errors []string `json:"errors,omitempty"`
}

// Pace sends so many requests per second for a while, on time whether or not
// earlier ones were answered, and returns when the last was. Requests that
// fail are told by the summary; an error says that the pace was not kept up to
// its end. The summary is written to the timeline too: success as a ratio, p50,
// p99 and max in seconds.
//
// Each is a POST: what sends a GET again on a connection that died, in net/http
// here and in the API server's proxy, lets a POST fail.
func Pace(ctx context.Context, tl *timeline.Timeline, target Target, perSecond int, lasting time.Duration) (Summary, error) {
	if perSecond <= 0 || lasting < time.Second {
		return Summary{}, fmt.Errorf("pace of %d requests per second for %s: want at least one, for a second or more", perSecond, lasting)
	}
	planned := int(lasting.Seconds() * float64(perSecond))
	client := *target.Client()
	client.Timeout = answerTimeout
	attacker := vegeta.NewAttacker(vegeta.Client(&client))
	stop := context.AfterFunc(ctx, func() { attacker.Stop() })
	defer stop()
	count(tl, Started, planned)
	var metrics vegeta.Metrics
	answered := 0
	targeter := vegeta.NewStaticTargeter(vegeta.Target{Method: http.MethodPost, URL: target.URL() + "/"})
	for result := range attacker.Attack(targeter, exactly{vegeta.ConstantPacer{Freq: perSecond, Per: time.Second}, uint64(planned)}, 0, "") {
		metrics.Add(result)
		if result.Error == "" && result.Code >= 200 && result.Code <= 299 {
			answered++
		}
	}
	metrics.Close()
	s := summarize(metrics, answered)
	s.Done = count(tl, Done, answered)
	s.record(tl)
	if err := ctx.Err(); err != nil {
		return s, fmt.Errorf("pace of %d requests per second: stopped after %d of %d requests: %w", perSecond, s.Requests, planned, err)
	}
	return s, nil
}

// exactly ends a pace after so many requests: vegeta counts by time, and would
// send one more or less.
type exactly struct {
	vegeta.Pacer
	hits uint64
}

// Pace implements vegeta.Pacer.
func (e exactly) Pace(elapsed time.Duration, hits uint64) (time.Duration, bool) {
	if hits >= e.hits {
		return 0, true
	}
	return e.Pacer.Pace(elapsed, hits)
}

func summarize(m vegeta.Metrics, answered int) Summary {
	s := Summary{Requests: int(m.Requests), P50: m.Latencies.P50, P99: m.Latencies.P99, Max: m.Latencies.Max, Errors: m.Errors}
	if m.Requests > 0 {
		s.Success = float64(answered) / float64(m.Requests)
	}
	return s
}

func (s Summary) record(tl *timeline.Timeline) {
	moments := []timeline.Moment{}
	for _, field := range []struct {
		name  string
		value float64
	}{{"success", s.Success}, {"p50", s.P50.Seconds()}, {"p99", s.P99.Seconds()}, {"max", s.Max.Seconds()}} {
		moments = append(moments, timeline.Moment{Kind: timeline.Load, Field: field.name, Value: field.value})
	}
	tl.Record(moments...)
}
