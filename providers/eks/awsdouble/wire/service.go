// Package wire speaks the protocols of AWS from the side of the service: it
// reads requests into the inputs of the Go SDK and writes the SDK's outputs and
// the services' errors as answers. It knows nothing of any resource.
package wire

import (
	"context"
	"net/http"
	"net/url"
	"reflect"
	"slices"
)

// Request is an HTTP request whose body was read.
type Request struct {
	*http.Request
	// Payload is the whole body.
	Payload []byte
}

// Answer is what goes back.
type Answer struct {
	Status  int
	Header  http.Header
	Payload []byte
}

// Protocol is how a service speaks.
type Protocol interface {
	// Name finds the operation a request is for. ok is false for a request
	// that is for none.
	Name(*Request) (name string, ok bool)
	// Decode reads the request into the input of the named operation.
	Decode(r *Request, name string, in any) error
	// Encode writes the output of the named operation.
	Encode(r *Request, name string, out any) (*Answer, error)
	// Refuse writes an error.
	Refuse(r *Request, err *Error) *Answer
	// Codes are what those who speak it say of requests that go no further.
	Codes() Errors
}

// Errors are the codes a service uses for what every service has.
type Errors struct {
	Throttled, Denied, Broken, Unavailable, BadSignature, UnknownKey, Expired, Unauthenticated, Unknown Error
}

// Service is a service of the double.
type Service struct {
	// Scope is the service's name in a credential scope, and in IAM actions.
	Scope string
	Protocol
	Errors
	// Operations are those that are served.
	Operations []Operation
	// Client is the SDK's client, which has a method for every operation there is.
	Client reflect.Type
}

// NewService makes the service of the SDK's client C.
func NewService[C any](scope string, protocol Protocol, operations ...Operation) *Service {
	return &Service{Scope: scope, Protocol: protocol, Errors: protocol.Codes(), Operations: operations, Client: reflect.TypeFor[C]()}
}

// Find returns the operation of that name.
func (s *Service) Find(name string) (Operation, bool) {
	i := slices.IndexFunc(s.Operations, func(o Operation) bool { return o.Name == name })
	if i < 0 {
		return Operation{}, false
	}
	return s.Operations[i], true
}

// All are the names of all operations that the pinned SDK knows, sorted.
func (s *Service) All() []string {
	var names []string
	first := reflect.TypeFor[context.Context]()
	for i := range s.Client.NumMethod() {
		if m := s.Client.Method(i); m.Type.NumIn() > 2 && m.Type.In(1) == first {
			names = append(names, m.Name)
		}
	}
	slices.Sort(names)
	return names
}

// Unsupported are the names of the operations that the pinned SDK knows and
// the double does not serve, sorted.
func (s *Service) Unsupported() []string {
	return slices.DeleteFunc(s.All(), func(name string) bool {
		_, served := s.Find(name)
		return served
	})
}

// form reads the parameters of a request of a query protocol: of the body, or
// of the URL of a presigned one.
func (r *Request) form() url.Values {
	if r.Method == http.MethodGet {
		return r.URL.Query()
	}
	values, err := url.ParseQuery(string(r.Payload))
	if err != nil {
		return url.Values{}
	}
	return values
}
