package hpa

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var seed = Spec{Min: 1, Max: 10, Target: 2}

func TestPath(t *testing.T) {
	policy := func(p ...Policy) Spec { s := seed; s.ScaleUp = p; return s }
	for _, test := range []struct {
		name    string
		spec    Spec
		current int
		value   float64
		want    []int
	}{
		{"the seed's 31 requests", seed, 1, 31, []int{1, 4, 8, 10}},
		{"one request fits one pod", seed, 1, 1, []int{1}},
		{"the exact edge moves nothing", seed, 1, 2, []int{1}},
		{"tolerance holds at 1.1", seed, 1, 2.2, []int{1}},
		{"beyond the tolerance moves", seed, 1, 2.3, []int{1, 2}},
		{"nothing falls below the minimum", seed, 1, 0, []int{1}},
		{"falls in one step", seed, 8, 3, []int{8, 2}},
		{"from zero there is no ratio", Spec{Min: 0, Max: 10, Target: 10}, 0, 9.5, []int{0, 1}},
		{"one pod a period", policy(Policy{Pods: 1, Period: time.Minute}), 1, 8, []int{1, 2, 3, 4}},
		{"the more generous policy rules", policy(Policy{Pods: 1}, Policy{Percent: 100}), 2, 31, []int{2, 4, 8, 10}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, test.spec.Path(test.current, test.value)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestExplain(t *testing.T) {
	for _, test := range []struct {
		current int
		value   float64
		want    string
	}{
		{1, 31, "31 / 2 = 16, limited to max(2 x 1, 4)"},
		{8, 31, "31 / 2 = 16, at most 10"},
		{4, 5, "5 / 2 = 3"},
		{4, 8.5, "8.5 / 2 = 5, within tolerance"},
		{1, 0, "0 / 2 = 0, at least 1"},
	} {
		if got := seed.Explain(test.current, test.value); got != test.want {
			t.Errorf("Explain(%d, %g) = %q, want %q", test.current, test.value, got, test.want)
		}
	}
}

func TestLimited(t *testing.T) {
	for _, test := range []struct {
		current int
		value   float64
		want    string
	}{{1, 0, TooFew}, {1, 2, WithinRange}, {2, 7, WithinRange}, {1, 31, StepTooLarge}, {8, 31, TooMany}, {10, 31, TooMany}} {
		if got := seed.Limited(test.current, test.value); got != test.want {
			t.Errorf("Limited(%d, %g) = %s, want %s", test.current, test.value, got, test.want)
		}
	}
}

func specs(t *rapid.T) (Spec, int, float64) {
	low := rapid.IntRange(1, 20).Draw(t, "min")
	s := Spec{
		Min:    low,
		Max:    rapid.IntRange(low, 200).Draw(t, "max"),
		Target: rapid.Float64Range(0.5, 100).Draw(t, "target"),
	}
	return s, rapid.IntRange(s.Min, s.Max).Draw(t, "current"), rapid.Float64Range(0, 20000).Draw(t, "value")
}

// Whatever the value, a path stays within bounds, goes one way, ends, and no
// step up is longer than the controller allows.
func TestPathIsBoundedAndMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, current, value := specs(t)
		path := s.Path(current, value)
		for i, n := range path[1:] {
			before := path[i]
			if n < s.Min || n > s.Max {
				t.Fatalf("path %v leaves %d..%d", path, s.Min, s.Max)
			}
			if n > before && n > max(stepFactor*before, stepMinimum) {
				t.Fatalf("path %v: step %d -> %d is too long", path, before, n)
			}
			if i > 0 && (n > before) != (path[1] > path[0]) {
				t.Fatalf("path %v turns", path)
			}
		}
	})
}

// Where a path ends, every replica carries no more than its target, but for
// the tolerance, or the maximum is reached.
func TestPathEndsWhereTheMetricIsCarried(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, current, value := specs(t)
		path := s.Path(current, value)
		last := path[len(path)-1]
		if carried := value / float64(last); last < s.Max && carried > s.Target*(1+DefaultTolerance)+1e-9 {
			t.Fatalf("path %v of %g ends with %g a pod, target %g", path, value, carried, s.Target)
		}
	})
}

// More load never asks for fewer replicas, beyond the tolerance band.
func TestWantedGrowsWithTheValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, current, value := specs(t)
		low, high := s.Wanted(current, value), s.Wanted(current, value*1.5)
		if slack := int(math.Ceil(float64(current) * DefaultTolerance)); high+slack < low {
			t.Fatalf("%g asks for %d, and 1.5 times that for %d", value, low, high)
		}
	})
}
