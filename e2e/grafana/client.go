// Package grafana asks a Grafana over HTTP for what a person would look at in
// it: whether the password opens it, whether its datasource is healthy, and what
// the panels of a dashboard draw.
package grafana

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"

	"github.com/scaleproof/scaleproof/e2e/dashboard"
)

// ErrRefused is Grafana's own answer to a wrong name or password.
var ErrRefused = errors.New("the name or the password is wrong")

// ErrAbsent says that Grafana has no such dashboard.
var ErrAbsent = errors.New("there is none")

// most is how much of an answer is read: a dashboard is some ten thousand bytes.
const most = 8 << 20

// Client talks to one Grafana. It keeps the session that Login opens.
type Client struct {
	base *url.URL
	http *http.Client
}

// New returns a client of the Grafana at a base address. The transport reaches
// it; http.DefaultTransport if nil.
func New(base string, transport http.RoundTripper) (*Client, error) {
	address, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("address of Grafana: %w", err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	return &Client{base: address, http: &http.Client{Transport: transport, Jar: jar}}, nil
}

// Login opens a session as the login page does. The error is ErrRefused where
// Grafana does not take the password; it never tells it.
func (c *Client) Login(ctx context.Context, user, password string) error {
	err := c.call(ctx, http.MethodPost, "/login", map[string]string{"user": user, "password": password}, nil)
	var answer *statusError
	if errors.As(err, &answer) && answer.code == http.StatusUnauthorized {
		return fmt.Errorf("log in to Grafana as %s: %w: %s", user, ErrRefused, answer.message)
	}
	if err != nil {
		return fmt.Errorf("log in to Grafana as %s: %w", user, err)
	}
	return nil
}

// Health is what Grafana says of a datasource.
type Health struct {
	// OK tells that the datasource was reached and understood.
	OK bool
	// Message is Grafana's own.
	Message string
}

// Health has Grafana check a datasource. An unhealthy one is no error.
func (c *Client) Health(ctx context.Context, datasource string) (Health, error) {
	var found struct{ Status, Message string }
	err := c.call(ctx, http.MethodGet, "/api/datasources/uid/"+url.PathEscape(datasource)+"/health", nil, &found)
	// What is wrong with the datasource comes with a status code of its own, and
	// the same body.
	var answer *statusError
	if errors.As(err, &answer) && (answer.status == "ERROR" || answer.code == http.StatusNotFound) {
		return Health{Message: answer.message}, nil
	}
	if err != nil {
		return Health{}, fmt.Errorf("health of Grafana's datasource %s: %w", datasource, err)
	}
	return Health{OK: found.Status == "OK", Message: found.Message}, nil
}

// Dashboard returns the queries of a dashboard as Grafana has it, or ErrAbsent.
func (c *Client) Dashboard(ctx context.Context, uid string) ([]dashboard.Query, error) {
	var found struct{ Dashboard json.RawMessage }
	err := c.call(ctx, http.MethodGet, "/api/dashboards/uid/"+url.PathEscape(uid), nil, &found)
	var answer *statusError
	if errors.As(err, &answer) && answer.code == http.StatusNotFound {
		err = ErrAbsent
	}
	if err != nil {
		return nil, fmt.Errorf("dashboard %s of Grafana: %w", uid, err)
	}
	queries, err := dashboard.Parse(found.Dashboard)
	if err != nil {
		return nil, fmt.Errorf("dashboard %s of Grafana: %w", uid, err)
	}
	return queries, nil
}

// statusError is an answer that is not a good one.
type statusError struct {
	code            int
	status, message string
}

func (e *statusError) Error() string { return fmt.Sprintf("Grafana answers %d: %s", e.code, e.message) }

// call sends a request and decodes the answer, unless into is nil.
func (c *Client) call(ctx context.Context, method, path string, body, into any) error {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base.JoinPath(path).String(), content)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Content-Type", "application/json")
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, most))
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return failed(response.StatusCode, text)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("not the JSON of a %T: %w", into, err)
	}
	return nil
}

// failed reads Grafana's reason; where there is none, something in front of it
// has answered.
func failed(code int, text []byte) error {
	answer := &statusError{code: code}
	var said struct{ Status, Message string }
	if json.Unmarshal(text, &said) == nil {
		answer.status, answer.message = said.Status, said.Message
	}
	if answer.message == "" {
		line, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
		answer.message = line[:min(len(line), 200)]
	}
	return answer
}
