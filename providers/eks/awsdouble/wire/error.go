package wire

import (
	"fmt"
	"net/http"
)

// Error is an error as a service answers it: its code, its message and the
// HTTP status. The protocol of the service decides how it looks on the wire.
type Error struct {
	Code    string
	Message string
	Status  int
	// Fields are further members of the error's shape, by their name on the
	// wire; only the JSON protocols have them.
	Fields map[string]any
}

// Error implements error.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Errorf is an Error whose message is formatted.
func Errorf(status int, code, format string, args ...any) *Error {
	return &Error{Code: code, Status: status, Message: fmt.Sprintf(format, args...)}
}

// With returns a copy of the error with one more field.
func (e *Error) With(name string, value any) *Error {
	fields := map[string]any{name: value}
	for k, v := range e.Fields {
		fields[k] = v
	}
	return &Error{Code: e.Code, Message: e.Message, Status: e.Status, Fields: fields}
}

// NotServed is the answer to what the real service can do and the double
// cannot. No service of AWS answers 501, so it is never mistaken for one.
func NotServed(format string, args ...any) *Error {
	return Errorf(http.StatusNotImplemented, "NotImplemented", "the double does not serve "+format, args...)
}
