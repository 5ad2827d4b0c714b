package wire

import (
	"bytes"
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
)

// Query is the protocol awsQuery: a form in, XML out. IAM, STS and
// CloudFormation speak it.
type Query struct {
	// Namespace of the answers' XML.
	Namespace string
	// Version of the service's API, which every request names.
	Version string
	// JSON tells that the service answers in JSON where a request asks for it.
	JSON bool
}

var queryForm = dialect{list: "member", name: fieldName}

var queryTags = tags{item: "member", name: fieldName}

func fieldName(_ reflect.Type, field reflect.StructField) string { return field.Name }

// Name implements Protocol.
func (q Query) Name(r *Request) (string, bool) {
	form := r.form()
	return form.Get("Action"), r.URL.Path == "/" && form.Get("Version") == q.Version
}

// Decode implements Protocol.
func (q Query) Decode(r *Request, _ string, in any) error { return decodeForm(r, queryForm, in) }

// decodeForm reads all parameters but those of the protocol and of a signature.
func decodeForm(r *Request, d dialect, in any) error {
	form := r.form()
	for key := range form {
		if key == "Action" || key == "Version" || strings.HasPrefix(key, "X-Amz-") {
			delete(form, key)
		}
	}
	return d.read(tree(form), reflect.ValueOf(in).Elem(), "")
}

// Encode implements Protocol.
func (q Query) Encode(r *Request, name string, out any) (*Answer, error) {
	if q.asJSON(r) {
		return encodeJSON(r, name, out)
	}
	var b bytes.Buffer
	b.WriteString("<" + name + `Response xmlns="` + q.Namespace + `">`)
	element(&b, name+"Result", func() { queryTags.writeMembers(&b, reflect.ValueOf(out).Elem()) })
	element(&b, "ResponseMetadata", func() {
		element(&b, "RequestId", func() { b.WriteString(requestID(r)) })
	})
	b.WriteString("</" + name + "Response>")
	return xmlAnswer(r, http.StatusOK, b.Bytes()), nil
}

// asJSON tells that a request asks for JSON, and that the service has it.
func (q Query) asJSON(r *Request) bool {
	return q.JSON && strings.Contains(r.Header.Get("Accept"), "application/json")
}

// encodeJSON writes what STS writes for aws-iam-authenticator.
func encodeJSON(r *Request, name string, out any) (*Answer, error) {
	result := map[string]any{}
	v := reflect.ValueOf(out).Elem()
	for _, field := range members(v.Type()) {
		result[field.Name] = v.FieldByIndex(field.Index).Interface()
	}
	body, err := json.Marshal(map[string]any{name + "Response": map[string]any{
		name + "Result":    result,
		"ResponseMetadata": map[string]any{"RequestId": requestID(r)},
	}})
	if err != nil {
		return nil, err
	}
	return jsonAnswer(r, http.StatusOK, body), nil
}

// Refuse implements Protocol.
func (q Query) Refuse(r *Request, err *Error) *Answer {
	kind := "Sender"
	if err.Status >= http.StatusInternalServerError {
		kind = "Receiver"
	}
	if q.asJSON(r) {
		body, _ := json.Marshal(map[string]any{ // texts always marshal
			"Error": map[string]string{"Type": kind, "Code": err.Code, "Message": err.Message}, "RequestId": requestID(r),
		})
		return jsonAnswer(r, err.Status, body)
	}
	var b bytes.Buffer
	b.WriteString(`<ErrorResponse xmlns="` + q.Namespace + `">`)
	element(&b, "Error", func() {
		element(&b, "Type", func() { b.WriteString(kind) })
		element(&b, "Code", func() { escape(&b, err.Code) })
		element(&b, "Message", func() { escape(&b, err.Message) })
	})
	element(&b, "RequestId", func() { b.WriteString(requestID(r)) })
	b.WriteString("</ErrorResponse>")
	return xmlAnswer(r, err.Status, b.Bytes())
}

func xmlAnswer(r *Request, status int, body []byte) *Answer {
	return &Answer{Status: status, Payload: body, Header: http.Header{
		"Content-Type":     {"text/xml"},
		"X-Amzn-Requestid": {requestID(r)},
	}}
}

// requestID is the id of the SDK's own invocation, so that a request and its
// answer can be found together.
func requestID(r *Request) string {
	if id := r.Header.Get("Amz-Sdk-Invocation-Id"); id != "" {
		return id
	}
	return "00000000-0000-4000-8000-000000000000"
}
