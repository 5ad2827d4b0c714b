package watch

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

func TestConfirmHasSamplersReadNow(t *testing.T) {
	a := newFakeAPI(t)
	tl, r := record(t, a, "", Target{Namespace: "shop"})
	var value atomic.Int64
	r.Sample(time.Hour, Sampler{Kind: timeline.Metric, Object: "requests", Read: func(context.Context) ([]timeline.Moment, error) {
		return []timeline.Moment{{Kind: timeline.Metric, Object: "requests", Field: "value", Value: float64(value.Load())}}, nil
	}})
	n := await(t, tl, 0, "metric requests value 0")
	value.Store(31) // nobody reads it for an hour
	if err := r.Confirm(t.Context()); err != nil {
		t.Fatal(err)
	}
	if found := only(lines(tl.Moments()[n:]), "metric requests value 31"); len(found) != 1 {
		t.Errorf("after the confirmation: %q", lines(tl.Moments()[n:]))
	}
}

func TestConfirmFailsWhileNobodyAnswers(t *testing.T) {
	a := newFakeAPI(t)
	relay := newRelay(t, a.server.Listener.Addr().String())
	tl, r := record(t, a, relay.url(), Target{Namespace: "shop"})
	n := len(tl.Moments())
	relay.freeze()
	if err := r.Confirm(t.Context()); err == nil {
		t.Error("a server that is silent has confirmed something")
	}
	await(t, tl, n, "gap shop/pods pod 1")
	r.Stop()
	if err := r.Confirm(t.Context()); err == nil {
		t.Error("a recorder that is stopped has confirmed something")
	}
}
