package watch

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// A machine is there until its provider lists it no more, which is not while
// the provider cannot be asked.
func TestMachinesAreThoseThatTheProviderLists(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := []func() ([]string, error){
			func() ([]string, error) { return []string{"cloud://a", "cloud://b"}, nil },
			func() ([]string, error) { return nil, errors.New("the engine is away") },
			func() ([]string, error) { return []string{"cloud://b"}, nil },
			func() ([]string, error) { return nil, nil },
		}
		asked := 0
		list := func(context.Context) ([]string, error) {
			answer := answers[min(asked, len(answers)-1)]
			asked++
			return answer()
		}
		tl := timeline.New()
		ctx, cancel := context.WithTimeout(t.Context(), 3500*time.Millisecond)
		defer cancel()
		Sample(ctx, tl, time.Second, Machines("shop", list))
		want := []string{
			"machine cloud://a exists 1", "machine cloud://b exists 1", `gap shop/machines machine 0 "seen again"`,
			`gap shop/machines machine 1 "list the machines of pool shop: the engine is away"`,
			"machine cloud://a exists gone", `gap shop/machines machine 0 "seen again"`,
			"machine cloud://b exists gone", `gap shop/machines machine 1 "the recorder was stopped"`,
		}
		if diff := cmp.Diff(want, lines(tl.Moments())); diff != "" {
			t.Errorf("moments (-want +got):\n%s", diff)
		}
	})
}
