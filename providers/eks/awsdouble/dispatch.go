package awsdouble

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/signature"
	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/wire"
)

// maxBody is more than any service takes.
const maxBody = 4 << 20

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodConnect {
		s.connect(w, r)
		return
	}
	payload, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "the body cannot be read: "+err.Error(), http.StatusBadRequest)
		return
	}
	request := &wire.Request{Request: r, Payload: payload}
	claim, err := signature.Read(r)
	if err != nil {
		s.note(Call{Status: http.StatusForbidden, Code: "MissingAuthenticationToken"})
		http.Error(w, "MissingAuthenticationToken: "+err.Error(), http.StatusForbidden)
		return
	}
	i := slices.IndexFunc(s.services, func(service *wire.Service) bool { return service.Scope == claim.Service })
	if i < 0 {
		s.note(Call{Service: claim.Service, Status: http.StatusNotImplemented, Code: "NotImplemented"})
		http.Error(w, fmt.Sprintf("the double does not serve the service %q", claim.Service), http.StatusNotImplemented)
		return
	}
	s.answer(r.Context(), w, request, s.services[i], claim)
}

// answer answers a request for a service that is served, and notes the call.
func (s *Server) answer(ctx context.Context, w http.ResponseWriter, r *wire.Request, service *wire.Service, claim *signature.Claim) {
	name, known := service.Name(r)
	call := Call{Service: service.Scope, Operation: name, Region: claim.Region}
	var answer *wire.Answer
	var caller wire.Caller
	var befalls Fault
	p, refusal := s.principal(r, service, claim)
	if refusal == nil {
		caller = wire.Caller{Account: p.Account, Region: claim.Region, ARN: p.ARN(), UserID: "AIDA" + strings.ToUpper(p.User)}
		befalls, refusal = s.befall(ctx, service, name, caller)
		call.Fault = befalls.Kind
	}
	if befalls.Kind == Refused {
		s.note(call)
		panic(http.ErrAbortHandler) // closes the connection
	}
	if refusal == nil {
		answer, refusal = s.do(r, service, name, known, caller)
	}
	call.Status = http.StatusOK
	if refusal != nil {
		answer, call.Status, call.Code = service.Refuse(r, refusal), refusal.Status, refusal.Code
	}
	s.note(call)
	if befalls.Kind == Lost {
		panic(http.ErrAbortHandler)
	}
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Status)
	_, _ = io.Copy(w, bytes.NewReader(answer.Payload)) // a client that has gone is no concern of ours
}

// principal is who signed the request, or the service's error.
func (s *Server) principal(r *wire.Request, service *wire.Service, claim *signature.Claim) (Principal, *wire.Error) {
	i := slices.IndexFunc(s.options.Principals, func(p Principal) bool { return p.Key == claim.Key && p.Token == claim.Token })
	if i < 0 {
		return Principal{}, &service.UnknownKey
	}
	p := s.options.Principals[i]
	switch err := claim.Verify(r.Request, r.Payload, p.Secret, s.options.Now()); {
	case errors.Is(err, signature.ErrExpired):
		return p, &service.Expired
	case errors.Is(err, signature.ErrMissing):
		return p, &service.Unauthenticated
	case err != nil:
		return p, &service.BadSignature
	}
	return p, nil
}

// do does what the request asks for.
func (s *Server) do(r *wire.Request, service *wire.Service, name string, known bool, caller wire.Caller) (*wire.Answer, *wire.Error) {
	operation, served := service.Find(name)
	switch {
	case !served && (slices.Contains(service.All(), name) || name == ""):
		return nil, wire.NotServed("%s:%s (%s %s)", service.Scope, name, r.Method, r.URL.Path)
	case !served || !known:
		return nil, &service.Unknown
	}
	in := operation.NewInput()
	if err := service.Decode(r, name, in); err != nil {
		return nil, wire.Errorf(http.StatusBadRequest, "SerializationException", "%v", err)
	}
	answer, err := s.run(r, service, operation, caller, in)
	if err == nil {
		return answer, nil
	}
	var refusal *wire.Error
	if errors.As(err, &refusal) {
		return nil, refusal
	}
	return nil, wire.Errorf(http.StatusInternalServerError, "DoubleFailure", "the double itself failed: %v", err)
}

// run runs an operation. Its answer is written under the lock, since outputs
// point into the cloud. What panics is a fault of the double, and must neither
// keep the lock nor look like a closed connection, which clients would retry.
func (s *Server) run(r *wire.Request, service *wire.Service, operation wire.Operation, caller wire.Caller, in any) (answer *wire.Answer, err error) {
	s.cloud.Lock()
	defer s.cloud.Unlock()
	defer func() {
		if cause := recover(); cause != nil {
			answer, err = nil, fmt.Errorf("%s: %v\n%s", operation.Name, cause, debug.Stack())
		}
	}()
	out, err := operation.Do(caller, in)
	if err != nil {
		return nil, err
	}
	return service.Encode(r, operation.Name, out)
}
