package cloud

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSettle(t *testing.T) {
	absent := strings.Fields(strings.Repeat("absent ", Unheard+2))
	for name, c := range map[string]struct {
		fresh bool
		// states is what each question finds; the last is found from then on.
		states []string
		want   string
		told   []string
		asked  int
		err    string
	}{
		"each state is told once":         {states: []string{"CREATING", "CREATING", "ACTIVE"}, want: "ACTIVE", told: []string{"x is CREATING", "x is ACTIVE"}, asked: 3},
		"gone is settled":                 {states: []string{"DELETING", "absent"}, told: []string{"x is DELETING"}, asked: 2},
		"absent is gone if it is old":     {states: absent, asked: 1},
		"what is fresh may be unheard of": {fresh: true, states: []string{"absent", "absent", "ACTIVE"}, want: "ACTIVE", told: []string{"x is ACTIVE"}, asked: 3},
		"but not for ever":                {fresh: true, states: absent, asked: Unheard + 1},
		"known once, absent is gone":      {fresh: true, states: []string{"CREATING", "absent"}, told: []string{"x is CREATING"}, asked: 2},
		"an error ends it":                {states: []string{"CREATING", "refused"}, told: []string{"x is CREATING"}, asked: 2, err: "refused"},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			var told []string
			found, err := Settle(t.Context(), fast, c.fresh, Thing[string]{
				Name: "x",
				Find: func(context.Context) (*string, error) {
					state := c.states[min(asked, len(c.states)-1)]
					asked++
					switch state {
					case "absent":
						return nil, nil
					case "refused":
						return nil, errors.New(state)
					}
					return &state, nil
				},
				State: func(state *string) (string, bool) { return *state, !strings.HasSuffix(*state, "ING") },
			}, func(format string, args ...any) { told = append(told, fmt.Sprintf(format, args...)) })
			if c.err == "" && err != nil || c.err != "" && (err == nil || err.Error() != c.err) {
				t.Fatalf("got %v", err)
			}
			got := ""
			if found != nil {
				got = *found
			}
			if got != c.want || asked != c.asked {
				t.Errorf("found %q after %d questions, want %q after %d", got, asked, c.want, c.asked)
			}
			if diff := cmp.Diff(c.told, told); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
		})
	}
}

// TestPaceOfUntil counts how often is asked within a minute: soon at first, not
// rarely at last, and seldom where the service says that it is too often.
func TestPaceOfUntil(t *testing.T) {
	for name, c := range map[string]struct {
		refused     bool
		least, most int
	}{
		"a service at work":     {least: 8, most: 10}, // at 0, 2, 5, 9.5, 16, 26, 36, 46 and 56 s, a tenth more or less
		"one that is throttled": {refused: true, least: 3, most: 4},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				asked := 0
				err := DefaultPace.Until(ctx, func(context.Context) (bool, error) {
					asked++
					return false, passing(c.refused)
				})
				if err == nil || asked < c.least || asked > c.most {
					t.Errorf("asked %d times, want %d to %d: %v", asked, c.least, c.most, err)
				}
			})
		})
	}
}
