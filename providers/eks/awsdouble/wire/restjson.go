package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/traits"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/aws/smithy-go/transport/http/protocol/restjson1"
)

// Route is where an operation of a REST service lives.
type Route struct {
	Operation string
	// Schema is the operation's own, which has its method and URI.
	Schema *smithy.Schema
	// Input is the schema of its input, which tells what comes by path and query.
	Input *smithy.Schema
}

// RestJSON is the protocol restJson1: EKS speaks it. Its routes and bindings
// come from the schemas that the SDK itself uses.
type RestJSON struct{ Routes []Route }

// find returns the route of a request and the labels in its path.
func (p RestJSON) find(r *Request) (Route, map[string]string, bool) {
	for _, route := range p.Routes {
		binding, ok := smithy.SchemaTrait[*traits.HTTP](route.Schema)
		if !ok || binding.Method != r.Method {
			continue
		}
		if labels, ok := match(binding.URI, r.URL.EscapedPath()); ok {
			return route, labels, true
		}
	}
	return Route{}, nil, false
}

// match compares a path with a pattern such as "/clusters/{name}/updates".
func match(pattern, path string) (map[string]string, bool) {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return nil, false
	}
	labels := map[string]string{}
	for i := range want {
		text, err := url.PathUnescape(got[i])
		if err != nil {
			return nil, false
		}
		if strings.HasPrefix(want[i], "{") {
			labels[strings.Trim(want[i], "{}")] = text
		} else if want[i] != text {
			return nil, false
		}
	}
	return labels, true
}

// Name implements Protocol.
func (p RestJSON) Name(r *Request) (string, bool) {
	route, _, ok := p.find(r)
	return route.Operation, ok
}

// Decode implements Protocol. A member that the input does not have is an error.
func (p RestJSON) Decode(r *Request, _ string, in any) error {
	route, labels, ok := p.find(r)
	if !ok {
		return fmt.Errorf("no operation at %s %s", r.Method, r.URL.Path)
	}
	if len(r.Payload) > 0 {
		decoder := json.NewDecoder(bytes.NewReader(r.Payload))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(in); err != nil {
			return err
		}
	}
	query := r.URL.Query()
	for member := range route.Input.Members() {
		schema := route.Input.Member(member)
		if _, ok := smithy.SchemaTrait[*traits.HTTPLabel](schema); ok {
			if err := bind(in, member, []string{labels[member]}); err != nil {
				return err
			}
		}
		if bound, ok := smithy.SchemaTrait[*traits.HTTPQuery](schema); ok && query.Has(bound.Name) {
			if err := bind(in, member, query[bound.Name]); err != nil {
				return err
			}
		}
	}
	return nil
}

// bind sets the field of a member that came by path or query.
func bind(in any, member string, values []string) error {
	v := reflect.ValueOf(in).Elem().FieldByNameFunc(func(name string) bool { return strings.EqualFold(name, member) })
	if !v.IsValid() {
		return fmt.Errorf("member %s is not known", member)
	}
	if v.Kind() == reflect.Slice {
		v.Set(reflect.MakeSlice(v.Type(), len(values), len(values)))
		for i, value := range values {
			if err := readScalar(value, v.Index(i), member); err != nil {
				return err
			}
		}
		return nil
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	return readScalar(values[0], v, member)
}

// Encode implements Protocol: outputs serialize themselves by their schemas,
// as the SDK makes its own snapshots of answers.
func (p RestJSON) Encode(r *Request, name string, out any) (*Answer, error) {
	for _, route := range p.Routes {
		if route.Operation == name {
			return encodeREST(r, route, out)
		}
	}
	return nil, fmt.Errorf("no route for %s", name)
}

func encodeREST(r *Request, route Route, out any) (*Answer, error) {
	value, ok := out.(smithy.Serializable)
	if !ok {
		return nil, fmt.Errorf("%T does not serialize itself", out)
	}
	request := smithyhttp.NewStackRequest().(*smithyhttp.Request)
	schema := smithy.NewOperationSchema(route.Schema, route.Input, route.Input)
	if err := restjson1.New(nil).SerializeRequest(context.Background(), schema, value, request); err != nil {
		return nil, err
	}
	body := []byte("{}")
	if stream := request.GetStream(); stream != nil {
		var err error
		if body, err = io.ReadAll(stream); err != nil {
			return nil, err
		}
	}
	return jsonAnswer(r, http.StatusOK, body), nil
}

// Refuse implements Protocol.
func (p RestJSON) Refuse(r *Request, err *Error) *Answer {
	fields := map[string]any{"__type": err.Code, "message": err.Message}
	maps.Copy(fields, err.Fields)
	body, _ := json.Marshal(fields) // texts, and lists of them, always marshal
	answer := jsonAnswer(r, err.Status, body)
	answer.Header.Set("X-Amzn-Errortype", err.Code)
	return answer
}

func jsonAnswer(r *Request, status int, body []byte) *Answer {
	return &Answer{Status: status, Payload: body, Header: http.Header{
		"Content-Type":     {"application/json"},
		"Content-Length":   {strconv.Itoa(len(body))},
		"X-Amzn-Requestid": {requestID(r)},
	}}
}
