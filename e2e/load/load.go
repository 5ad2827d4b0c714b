// Package load sends traffic to an app and writes to a timeline what was sent:
// exactly so many requests, a paced rate, or an exact value for a gauge.
package load

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// The fields of kind load. Requests are counted up over the whole timeline.
const (
	// Started is how many requests were begun at most: it is written before
	// the first of a batch, so that what an app counts never passes it.
	Started = "started"
	// Done is how many requests were answered with success.
	Done = "done"
	// Gauge is the value that was set last.
	Gauge = "gauge"
)

// answerTimeout bounds one request.
const answerTimeout = 10 * time.Second

// Target is where an app is reached.
type Target interface {
	// URL is the app's root, without a slash at its end.
	URL() string
	// Client sends a request as it is: once, and to URL alone.
	Client() *http.Client
}

// Send sends n requests, one after the other, and returns when the last was
// answered. Each is sent once, whatever becomes of it: an answer other than 2xx
// or none at all ends the batch with an error that names the request, and then
// the app may have counted that request or not.
func Send(ctx context.Context, tl *timeline.Timeline, target Target, n int) (time.Time, error) {
	began := count(tl, Started, n)
	for i := range n {
		if err := request(ctx, target, http.MethodGet, "/"); err != nil {
			count(tl, Done, i)
			return began, fmt.Errorf("request %d of %d: %w", i+1, n, err)
		}
	}
	return count(tl, Done, n), nil
}

// SetGauge gives the app's gauge a value, and returns when the app has it.
func SetGauge(ctx context.Context, tl *timeline.Timeline, target Target, value float64) (time.Time, error) {
	if err := request(ctx, target, http.MethodPut, "/gauge?value="+timeline.Number(value)); err != nil {
		return time.Time{}, fmt.Errorf("set the gauge to %s: %w", timeline.Number(value), err)
	}
	return tl.Record(timeline.Moment{Kind: timeline.Load, Field: Gauge, Value: value}), nil
}

// request sends one request and reads its answer to the end.
func request(ctx context.Context, target Target, method, path string) error {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, target.URL()+path, nil)
	if err != nil {
		return err
	}
	answer, err := target.Client().Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return fmt.Errorf("%s %s: the answer broke off: %w", method, r.URL, err)
	}
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return fmt.Errorf("%s %s: answered %s: %s", method, r.URL, answer.Status, firstLine(body))
	}
	return nil
}

func firstLine(body []byte) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(body)), "\n")
	return line
}

// counting makes reading a timeline's last count and writing the next one step.
var counting sync.Mutex

// count adds n to a field of the timeline, and returns when.
func count(tl *timeline.Timeline, field string, n int) time.Time {
	counting.Lock()
	defer counting.Unlock()
	moments := tl.Moments()
	total := float64(n)
	for i := len(moments) - 1; i >= 0; i-- {
		if moments[i].Kind == timeline.Load && moments[i].Field == field {
			total += moments[i].Value
			break
		}
	}
	return tl.Record(timeline.Moment{Kind: timeline.Load, Field: field, Value: total})
}

// once returns a client that sends a request once. net/http sends some requests
// again by itself when a connection that it had kept was dead, hence no
// connection is kept; and it follows redirects, each a request more.
func once(transport *http.Transport) *http.Client {
	transport.DisableKeepAlives = true
	return &http.Client{Transport: transport, CheckRedirect: noRedirect}
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
