package watch

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	apiwatch "k8s.io/apimachinery/pkg/watch"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// played is a watch that says what it is told to, each a while after the one
// before, and then closes.
type played struct {
	events chan apiwatch.Event
	stop   func()
}

// step is what a watch says after a while; nil where it only waits.
type step struct {
	after time.Duration
	says  *apiwatch.Event
}

const forever = 1000 * time.Hour

func newPlayed(ctx context.Context, steps ...step) *played {
	ctx, cancel := context.WithCancel(ctx)
	p := &played{events: make(chan apiwatch.Event), stop: cancel}
	go func() {
		defer close(p.events)
		for _, s := range steps {
			select {
			case <-time.After(s.after):
			case <-ctx.Done():
				return
			}
			if s.says == nil {
				continue
			}
			select {
			case p.events <- *s.says:
			case <-ctx.Done():
				return
			}
		}
	}()
	return p
}

func (p *played) ResultChan() <-chan apiwatch.Event { return p.events }
func (p *played) Stop()                             { p.stop() }

func says(kind apiwatch.EventType, o runtime.Object) *apiwatch.Event {
	return &apiwatch.Event{Type: kind, Object: o}
}

// script plays a collection of pods: what each attempt to watch it gets.
type script struct {
	connects func(attempt int) ([]step, error)
	hang     atomic.Bool // attempts get no answer
	attempts int
	lists    int
}

func (s *script) collection() collection {
	return collection{
		kinds:  []timeline.Kind{timeline.Pod},
		fields: func(o runtime.Object) []timeline.Moment { return podFields(o.(*corev1.Pod)) },
		list: func(context.Context, metav1.ListOptions) (runtime.Object, error) {
			s.lists++
			return &corev1.PodList{ListMeta: metav1.ListMeta{ResourceVersion: "7"}}, nil
		},
		watch: func(ctx context.Context, _ metav1.ListOptions) (apiwatch.Interface, error) {
			s.attempts++
			if s.hang.Load() {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			steps, err := s.connects(s.attempts)
			if err != nil {
				return nil, err
			}
			return newPlayed(ctx, steps...), nil
		},
	}
}

// outage is a gap in seconds since the test began.
type outage struct {
	Noticed, From time.Duration
	Open          bool
}

func outages(tl *timeline.Timeline, began time.Time) []outage {
	var noticed []time.Duration
	for _, m := range tl.Moments() {
		if m.Kind == timeline.Gap && m.Value == 1 {
			noticed = append(noticed, m.At.Sub(began))
		}
	}
	var all []outage
	for i, b := range timeline.Blinds(tl.Moments()) {
		all = append(all, outage{noticed[i], b.From.Sub(began), b.To.IsZero()})
	}
	return all
}

var errRefused = errors.New("connection refused")

// Every watch that these tests play says something at 8 s and ends at 10 s; the
// recorder is stopped after a minute.
const (
	spoke   = 8 * time.Second
	ended   = 10 * time.Second
	stopped = time.Minute
)

func TestFollowAcrossTheEndOfAWatch(t *testing.T) {
	over := outage{Noticed: stopped, From: stopped, Open: true}
	broken := apierrors.NewClientErrorReporter(http.StatusInternalServerError, "GET", "ClientWatchDecoding").
		AsObject(errors.New("http2: client connection lost"))
	expired := apierrors.NewResourceExpired("too old resource version").ErrStatus
	for _, test := range []struct {
		name   string
		last   runtime.Object // what the watch says when it ends
		refuse time.Duration  // for so long, attempts are refused
		hang   time.Duration  // for so long, attempts get no answer
		want   []outage
		lists  int
	}{
		{"resumed at once", nil, 0, 0, []outage{over}, 1},
		{"resumed within the grace", nil, 50 * time.Millisecond, 0, []outage{over}, 1},
		{"refused for long", nil, 3 * time.Second, 0, []outage{{ended + grace, ended, false}, over}, 1},
		{"no answer for long", nil, 0, 3 * time.Second, []outage{{ended + grace, ended, false}, over}, 1},
		{"refused to the end", nil, time.Hour, 0, []outage{{ended + grace, ended, true}}, 1},
		{"connection that died unnoticed after it spoke", broken, 0, 0, []outage{{ended, spoke, false}, over}, 1},
		{"expired version", &expired, 0, 0, []outage{{ended, ended, false}, over}, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				s := &script{}
				first := []step{
					{spoke, says(apiwatch.Bookmark, &corev1.Pod{})},
					{after: ended - spoke},
				}
				if test.last != nil {
					first = append(first, step{says: says(apiwatch.Error, test.last)})
				}
				s.connects = func(n int) ([]step, error) {
					switch {
					case n == 1:
						return first, nil
					case time.Since(began) < ended+test.refuse:
						return nil, errRefused
					}
					return []step{{after: forever}}, nil
				}
				time.AfterFunc(ended-time.Second, func() { s.hang.Store(test.hang > 0) })
				time.AfterFunc(ended+test.hang, func() { s.hang.Store(false) })
				tl := play(t, s)
				if diff := cmp.Diff(test.want, outages(tl, began)); diff != "" {
					t.Errorf("gaps (-want +got):\n%s", diff)
				}
				if s.lists != test.lists {
					t.Errorf("%d lists, want %d", s.lists, test.lists)
				}
			})
		})
	}
}

// play follows the script until the recorder is stopped.
func play(t *testing.T, s *script) *timeline.Timeline {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), stopped)
	defer cancel()
	tl := timeline.New()
	f := newFollower(s.collection(), newLedger(tl), "pods", 5*time.Second)
	c, err := f.begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	f.run(ctx, c)
	return tl
}

func TestEventsOfAReplayCarryTheOutageAsErrorBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		s := &script{}
		s.connects = func(n int) ([]step, error) {
			switch {
			case n == 1:
				return []step{{time.Second, says(apiwatch.Added, podNamed("before"))}, {after: 9 * time.Second}}, nil
			case time.Since(began) < 12*time.Second:
				return nil, errRefused
			}
			return []step{
				{replay / 2, says(apiwatch.Added, podNamed("soon"))},
				{replay * 2, says(apiwatch.Added, podNamed("late"))},
				{after: forever},
			}, nil
		}
		tl := play(t, s)
		bounds := map[string]time.Duration{}
		for _, m := range tl.Moments() {
			if m.Kind == timeline.Pod && m.Field == "ready" {
				bounds[m.Object] = m.Within
			}
		}
		if bounds["before"] != 0 || bounds["late"] != 0 {
			t.Errorf("error bounds %v, want none before the outage nor long after it", bounds)
		}
		if bounds["soon"] < 2*time.Second+replay/2 {
			t.Errorf("error bound right after the outage is %s, want the time since it began", bounds["soon"])
		}
	})
}

func TestAWatchThatEndsAtOnceIsNotOpenedInALoop(t *testing.T) {
	for _, test := range []struct {
		name string
		last runtime.Object
	}{
		{"closed", nil},
		{"expired", &apierrors.NewResourceExpired("too old").ErrStatus},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{connects: func(int) ([]step, error) {
					if test.last == nil {
						return nil, nil
					}
					return []step{{says: says(apiwatch.Error, test.last)}}, nil
				}}
				play(t, s)
				if s.attempts > 100 {
					t.Errorf("%d attempts in %s", s.attempts, stopped)
				}
			})
		})
	}
}

func podNamed(name string) *corev1.Pod { return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name}} }
