// Package promise says what a stack promises and judges whether a timeline
// keeps it. Claim and check are one value, so they cannot drift apart, and the
// judge is a pure function: a stored run can be judged again at any time.
package promise

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// Level tells what breaking a promise means, in the words of RFC 2119.
type Level string

// A broken Must fails the run; a broken Should is reported.
const (
	Must   Level = "MUST"
	Should Level = "SHOULD"
)

// Promise is one claim about a stack with the moment that keeps or breaks it.
// There are three shapes, which combine:
//
//   - within: Kept holds no later than Limit after the clock starts;
//   - not before: Kept does not hold earlier than Early;
//   - holds: Never does not hold during For, nor until Kept, nor during After
//     once that held.
type Promise struct {
	// ID is suite.kebab-claim; Ginkgo's labels forbid a slash.
	ID    string
	Level Level
	// Claim is one sentence with no duration and no "should".
	Claim string

	Kept  timeline.Condition
	Limit Limit
	Early Limit

	Never timeline.Condition
	For   Limit // from the clock's start
	After Limit // from when Kept held
}

var idPattern = regexp.MustCompile(`^[a-z]+\.[a-z0-9]+(-[a-z0-9]+)*$`)

// Validate returns what is wrong with the promise as it is written.
func (p Promise) Validate() error {
	var errs []error
	fail := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("promise %q: "+format, append([]any{p.ID}, args...)...))
	}
	if !idPattern.MatchString(p.ID) {
		fail("the id is not suite.kebab-claim")
	}
	if p.Level != Must && p.Level != Should {
		fail("level %q is neither MUST nor SHOULD", p.Level)
	}
	if p.Claim == "" {
		fail("no claim")
	}
	if p.Kept.IsZero() && p.Never.IsZero() {
		fail("nothing keeps it and nothing breaks it")
	}
	if !p.Kept.IsZero() && len(p.Limit) == 0 {
		fail("a moment that keeps it, and no limit")
	}
	if p.Kept.IsZero() && (len(p.Limit) > 0 || len(p.Early) > 0) {
		fail("a limit, and no moment that keeps it")
	}
	if p.Kept.IsZero() && len(p.After) > 0 {
		fail("a window after a moment, and no moment")
	}
	if p.Kept.IsZero() && len(p.For) == 0 {
		fail("nothing says for how long it holds")
	}
	if p.Never.IsZero() && len(p.For)+len(p.After) > 0 {
		fail("a window, and nothing that breaks it")
	}
	return errors.Join(errs...)
}

// Patience is how many times the limit a promise is watched for, so that late
// is measured and not only timed out.
const Patience = 3
