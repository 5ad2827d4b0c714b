package reports

import "github.com/scaleproof/scaleproof/e2e/promise"

// Outcome is what a run says of the stack.
type Outcome string

// The outcomes. A promise that was seen to break outweighs what could not be
// seen: the stack is known not to keep its word.
const (
	Kept       Outcome = "kept"       // every MUST that was asked was kept
	Broken     Outcome = "broken"     // a MUST was late, never kept, early or broken
	Incomplete Outcome = "incomplete" // something could not be judged
)

// The outcomes of a run with a mutant, beside Incomplete: what came of it.
const (
	Killed   Outcome = "killed"   // what it breaks went red, and nothing else did
	Survived Outcome = "survived" // a promise that it breaks was kept
	Overkill Outcome = "overkill" // a promise that it does not name went red too
)

// ExitCode is what the command line says to the shell: 0 kept, or killed; 1
// broken, or a mutant that was not killed; 2 could not run or judge.
func (o Outcome) ExitCode() int {
	switch o {
	case Kept, Killed:
		return 0
	case Broken, Survived, Overkill:
		return 1
	default:
		return 2
	}
}

// Decide says what the run's results, phases and problems come to. A run that
// judged nothing is incomplete.
func (r Run) Decide() Outcome {
	switch {
	case len(r.Mutants) > 0:
		return r.decideMutants()
	case len(r.Breaks) > 0:
		return r.decideMutant()
	}
	worst := standingSkipped
	for _, result := range r.Results {
		worst = max(worst, result.standing())
	}
	failed := len(r.Problems) > 0
	for _, phase := range r.Phases {
		failed = failed || phase.Error != ""
	}
	switch {
	case worst == standingBroken:
		return Broken
	case failed || worst == standingUnjudged || worst == standingSkipped:
		return Incomplete
	default:
		return Kept
	}
}

// standing orders results by how much they count.
type standing int

const (
	standingSkipped standing = iota
	standingKept
	standingKilled   // red, as the run's mutant must make it
	standingNoted    // a SHOULD that is not kept
	standingUnjudged // a spec's error, a blind or undecided MUST
	standingSurvived // kept, where the run's mutant must break it
	standingBroken   // a broken MUST
)

func (r Result) standing() standing {
	switch {
	case r.Skipped != "":
		return standingSkipped
	case r.Error != "":
		return standingUnjudged
	case r.Fails() && !r.Saw():
		return standingUnjudged
	case r.Fails():
		return standingBroken
	case r.Outcome != promise.Kept:
		return standingNoted
	default:
		return standingKept
	}
}
