package awsdouble

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/wire"
)

// The SDK's modules carry a snapshot of each operation's request with all
// members set, and some of each answer and error too. They are the oracle here.

// snapshot is a request or an answer as a module of the SDK has it.
type snapshot struct {
	operation string
	// first line: method and URI of a request, status of an answer.
	first  string
	header http.Header
	body   []byte
}

// snapshots reads those of a service from the SDK's own module.
func snapshots(t *testing.T, service, folder, suffix string) []snapshot {
	t.Helper()
	module := "github.com/aws/aws-sdk-go-v2/service/" + service
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		t.Fatalf("where is %s? %v", module, err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)), folder, "*"+suffix))
	if err != nil {
		t.Fatal(err)
	}
	var all []snapshot
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, parse(t, strings.TrimSuffix(filepath.Base(file), suffix), content))
	}
	return all
}

// parse reads a snapshot: a line, perhaps an empty one, headers, an empty line, a body.
func parse(t *testing.T, operation string, content []byte) snapshot {
	t.Helper()
	first, rest, _ := strings.Cut(string(content), "\n")
	rest = strings.TrimPrefix(rest, "\n")
	s := snapshot{operation: operation, first: first, header: http.Header{}}
	for {
		line, after, found := strings.Cut(rest, "\n")
		rest = after
		if line == "" || !found {
			break
		}
		name, value, ok := strings.Cut(line, ": ")
		if !ok {
			t.Fatalf("%s: %q is no header", operation, line)
		}
		s.header.Add(name, value)
	}
	s.body = []byte(rest)
	return s
}

// request is the snapshot as a request to a server.
func (s snapshot) request(t *testing.T, endpoint string) *http.Request {
	t.Helper()
	method, uri, _ := strings.Cut(s.first, " ")
	r, err := http.NewRequestWithContext(t.Context(), method, endpoint+uri, bytes.NewReader(s.body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = s.header.Clone()
	return r
}

// client is the SDK's client of a service, whose transport is do.
func client(t *testing.T, service string, do func(*http.Request) (*http.Response, error)) reflect.Value {
	t.Helper()
	config := aws.Config{
		Region: "eu-west-1", Credentials: credentials.NewStaticCredentialsProvider("key", "secret", ""),
		Retryer: func() aws.Retryer { return aws.NopRetryer{} }, BaseEndpoint: aws.String("http://double.test"),
		HTTPClient: doer(do),
	}
	all := map[string]any{
		"sts": sts.NewFromConfig(config), "iam": iam.NewFromConfig(config), "ec2": ec2.NewFromConfig(config),
		"cloudformation": cloudformation.NewFromConfig(config), "eks": eks.NewFromConfig(config),
	}
	return reflect.ValueOf(all[service])
}

type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }

// call calls an operation of the SDK's client.
func call(client reflect.Value, operation string, in any) (any, error) {
	results := client.MethodByName(operation).Call([]reflect.Value{reflect.ValueOf(context.Background()), reflect.ValueOf(in)})
	err, _ := results[1].Interface().(error)
	return results[0].Interface(), err
}

// errSent ends a call once its request was made.
var errSent = errors.New("the request was made")

// serialize is what the SDK sends for an input.
func serialize(t *testing.T, service, operation string, in any) snapshot {
	t.Helper()
	var sent snapshot
	_, err := call(client(t, service, func(r *http.Request) (*http.Response, error) {
		sent = snapshot{operation: operation, first: r.Method + " " + r.URL.RequestURI()}
		if r.Body != nil {
			sent.body, _ = io.ReadAll(r.Body)
		}
		return nil, errSent
	}), operation, in)
	if !errors.Is(err, errSent) {
		t.Fatalf("%s:%s: %v", service, operation, err)
	}
	return sent
}

// deserialize is what the SDK makes of an answer.
func deserialize(t *testing.T, service, operation string, in any, answer *wire.Answer) (any, error) {
	t.Helper()
	return call(client(t, service, func(r *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: answer.Status, Header: answer.Header, Body: io.NopCloser(bytes.NewReader(answer.Payload)),
			ContentLength: int64(len(answer.Payload)), Request: r,
		}, nil
	}), operation, in)
}

// meaning is a body such that two that mean the same are equal.
func meaning(t *testing.T, body []byte) any {
	t.Helper()
	if len(body) == 0 {
		return nil
	}
	if body[0] == '{' {
		var value any
		if err := json.Unmarshal(body, &value); err != nil {
			t.Fatal(err)
		}
		return value
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// status of a snapshot of an answer.
func (s snapshot) status(t *testing.T) int {
	t.Helper()
	status, err := strconv.Atoi(s.first)
	if err != nil {
		t.Fatal(err)
	}
	return status
}

// fill sets all members of a shape, as the snapshots do.
func fill(v reflect.Value, name string) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), name)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)))
			return
		}
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && f.Name != "ResultMetadata" {
				fill(v.Field(i), f.Name)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(v.Index(i), "Member")
		}
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]string{"key0": "__Value__"}))
	case reflect.String:
		v.SetString("__" + name + "__ <&>")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int32, reflect.Int64:
		v.SetInt(1)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(1.5)
	default:
		panic("no value for a " + v.Type().String())
	}
}
