package awsdouble

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/wire"
)

// What can befall a call.
const (
	// Throttled refuses the call in the service's own words for too many.
	Throttled = "throttled"
	// Denied refuses it for want of permission.
	Denied = "denied"
	// Broken answers the service's internal error, and does nothing.
	Broken = "broken"
	// Unavailable answers that the service is, and does nothing.
	Unavailable = "unavailable"
	// Refused closes the connection and does nothing.
	Refused = "refused"
	// Lost does what is asked and closes the connection without an answer.
	Lost = "lost"
	// Slow only waits for the fault's Delay.
	Slow = "slow"
)

// Fault is what befalls some calls.
type Fault struct {
	// Kind is one of Throttled, Denied, Broken, Unavailable, Refused, Lost, Slow.
	Kind string
	// Service and Operation choose the calls, as "eks" and "CreateCluster";
	// empty is every one.
	Service, Operation string
	// After is how many of the chosen calls are spared first.
	After int
	// Times is how many calls it befalls then; all if zero.
	Times int
	// Delay is waited before the call is done or refused.
	Delay time.Duration
}

// fault is one that was injected, with what it has seen.
type fault struct {
	Fault
	seen int
}

// Inject lets a fault befall calls from now on, until the returned function is
// called. Of several that a call would meet, the first injected counts; only
// delays add up.
func (s *Server) Inject(f Fault) (remove func()) {
	kinds := []string{Throttled, Denied, Broken, Unavailable, Refused, Lost, Slow}
	if !slices.Contains(kinds, f.Kind) {
		panic(fmt.Sprintf("awsdouble: no fault %q, but %s", f.Kind, strings.Join(kinds, ", ")))
	}
	injected := &fault{Fault: f}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, injected)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.faults = slices.DeleteFunc(s.faults, func(other *fault) bool { return other == injected })
	}
}

// strikes counts a call, and tells whether the fault befalls it.
func (f *fault) strikes(service, operation string) bool {
	if f.Service != "" && f.Service != service || f.Operation != "" && f.Operation != operation {
		return false
	}
	f.seen++
	return f.seen > f.After && (f.Times == 0 || f.seen <= f.After+f.Times)
}

// befall is what befalls a call, with the service's error for it if it is
// answered by one.
func (s *Server) befall(ctx context.Context, service *wire.Service, name string, caller wire.Caller) (Fault, *wire.Error) {
	var first Fault
	var delay time.Duration
	s.mu.Lock()
	for _, f := range s.faults {
		if !f.strikes(service.Scope, name) {
			continue
		}
		delay += f.Delay
		if first.Kind == "" || first.Kind == Slow {
			first = f.Fault
		}
	}
	s.mu.Unlock()
	if delay > 0 {
		select {
		case <-time.After(delay):
		case <-ctx.Done():
		}
	}
	switch first.Kind {
	case Throttled:
		return first, &service.Throttled
	case Broken:
		return first, &service.Broken
	case Unavailable:
		return first, &service.Unavailable
	case Denied:
		denied := service.Denied
		denied.Message += fmt.Sprintf("User: %s is not authorized to perform: %s:%s because no identity-based policy allows the %s:%s action",
			caller.ARN, service.Scope, name, service.Scope, name)
		return first, &denied
	}
	return first, nil
}

// Call is a request as it was answered. It holds nothing secret: no
// credentials, and nothing of the request's members.
type Call struct {
	// At is when it was answered.
	At time.Time `json:"at"`
	// Service, Operation and Region say what was asked. They are empty where
	// the request did not say, and for REST also where nothing is at the path.
	Service   string `json:"service"`
	Operation string `json:"operation"`
	Region    string `json:"region,omitempty"`
	// Status is that of HTTP; zero if the connection was closed before anything
	// was done. Code is the error's.
	Status int    `json:"status"`
	Code   string `json:"code,omitempty"`
	// Fault is the kind of what befell it.
	Fault string `json:"fault,omitempty"`
}

// String is for a failing test.
func (c Call) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s:%s %d %s %s", c.Service, c.Operation, c.Status, c.Code, c.Fault))
}

func (s *Server) note(call Call) {
	call.At = s.options.Now().UTC()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, call)
}

// Log are all calls, in the order in which they were answered.
func (s *Server) Log() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Forget empties the log.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = nil
}
