// Package hpa is a pure model of the HorizontalPodAutoscaler's replica path for
// one metric of target type AverageValue, the type that KEDA writes. It says
// what the real controller must do; the suites compare.
//
// The rules are those of Kubernetes' pkg/controller/podautoscaler, release
// 1.36: replica_calculator.go (GetExternalPerPodMetricReplicas) for the
// ceiling and the tolerance, horizontal.go (convertDesiredReplicasWithRules,
// calculateScaleUpLimit and convertDesiredReplicasWithBehaviorRate) for bounds
// and policies.
package hpa

import (
	"fmt"
	"math"
	"time"
)

// DefaultTolerance is the controller-manager's
// --horizontal-pod-autoscaler-tolerance: a ratio that is off by no more than
// this moves nothing.
const DefaultTolerance = 0.1

// The controller's own limit to one step up where an HPA has no behavior: the
// factor and the minimum of scaleUpLimitFactor and scaleUpLimitMinimum.
const (
	stepFactor  = 2
	stepMinimum = 4
)

// Spec is what of an HPA decides its path.
type Spec struct {
	Min, Max int
	// Target is the AverageValue: how much of the metric one replica carries.
	Target float64
	// Tolerance as a ratio; zero means DefaultTolerance.
	Tolerance float64
	// ScaleUp are the policies of behavior.scaleUp, of which the one that
	// allows most is taken; nil means that the HPA has no behavior.
	ScaleUp []Policy
}

// Policy limits a step: by a number of pods, or by a share of them in percent,
// in each period.
type Policy struct {
	Pods    int
	Percent int
	Period  time.Duration
}

// Wanted returns the replicas that the metric alone asks for: the ceiling of
// value over target, or current where the ratio is within the tolerance. At
// zero there is no ratio, and nothing is tolerated.
func (s Spec) Wanted(current int, value float64) int {
	wanted := int(math.Ceil(value / s.Target))
	if current == 0 {
		return wanted
	}
	tolerance := s.Tolerance
	if tolerance == 0 {
		tolerance = DefaultTolerance
	}
	ratio := value / (s.Target * float64(current))
	if ratio >= 1-tolerance && ratio <= 1+tolerance {
		return current
	}
	return wanted
}

// StepLimit returns the most replicas that one step from current may reach,
// bounds aside. added is what policies with a running period have used up.
func (s Spec) StepLimit(current, added int) int {
	if s.ScaleUp == nil {
		return max(stepFactor*current, stepMinimum)
	}
	limit := 0
	for _, p := range s.ScaleUp {
		start := current - added
		reach := start + p.Pods
		if p.Percent > 0 {
			reach = int(math.Ceil(float64(start) * (1 + float64(p.Percent)/100)))
		}
		limit = max(limit, reach)
	}
	return max(limit, current)
}

// Step returns the replicas that one sync asks for. Falling is not limited
// here: it waits for the stabilization window, which has no part in a path up.
func (s Spec) Step(current int, value float64) int {
	wanted := s.Wanted(current, value)
	if wanted > current {
		wanted = min(wanted, s.StepLimit(current, 0))
	}
	return min(max(wanted, s.Min), s.Max)
}

// rounding is what an HPA's status may be off by for each replica: it keeps the
// average in thousandths and rounds it up (GetExternalPerPodMetricReplicas).
const rounding = 0.001

// Shows reports whether a status with that average for each of its current
// replicas tells of that value.
func Shows(average, current, value float64) bool {
	return math.Abs(average*current-value) <= rounding*current
}

// The reasons of the HPA's condition ScalingLimited.
const (
	WithinRange  = "DesiredWithinRange"
	TooFew       = "TooFewReplicas"
	TooMany      = "TooManyReplicas"
	StepTooLarge = "ScaleUpLimit"
)

// Limited returns the reason that the condition ScalingLimited must show after
// a sync with that value.
func (s Spec) Limited(current int, value float64) string {
	wanted, limit := s.Wanted(current, value), s.StepLimit(current, 0)
	switch {
	case wanted < s.Min:
		return TooFew
	case wanted > current && wanted > limit && limit < s.Max:
		return StepTooLarge
	case wanted > s.Max:
		return TooMany
	}
	return WithinRange
}

// Path returns the replicas that an HPA goes through for a value that stays,
// from current on, one step per sync (or per policy period), current included.
func (s Spec) Path(current int, value float64) []int {
	path := []int{current}
	for {
		next := s.Step(current, value)
		if next == current || (len(path) > 1 && next < current) {
			return path
		}
		path, current = append(path, next), next
	}
}

// Explain tells in a line why the HPA asks for so many replicas, as a failure
// prints it.
func (s Spec) Explain(current int, value float64) string {
	wanted := s.Wanted(current, value)
	text := fmt.Sprintf("%g / %g = %d", value, s.Target, int(math.Ceil(value/s.Target)))
	switch limit := s.StepLimit(current, 0); {
	case wanted == current && int(math.Ceil(value/s.Target)) != current:
		return text + ", within tolerance"
	case wanted > current && limit < min(wanted, s.Max) && s.ScaleUp == nil:
		return text + fmt.Sprintf(", limited to max(%d x %d, %d)", stepFactor, current, stepMinimum)
	case wanted > current && limit < min(wanted, s.Max):
		return text + fmt.Sprintf(", limited to %d by policy", limit)
	case wanted > s.Max:
		return text + fmt.Sprintf(", at most %d", s.Max)
	case wanted < s.Min:
		return text + fmt.Sprintf(", at least %d", s.Min)
	}
	return text
}
