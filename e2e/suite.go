// Package e2e is what a spec may touch: an environment to act in and a way to
// prove promises. A spec only acts and says when the clock starts; it types no
// timeout, no sleep, no provider's name and no YAML.
package e2e

import (
	"errors"
	"fmt"
	"strings"

	"github.com/onsi/ginkgo/v2"

	"github.com/scaleproof/scaleproof/e2e/promise"
)

// Suite is a behaviour of the stack: its promises and the specs that prove them.
type Suite struct {
	// Name is a lower-case word, the first part of its promises' ids.
	Name string
	// About is a line for people who choose suites.
	About    string
	Promises []promise.Promise
	// Specs registers the suite's specs with Ginkgo. The environment may be
	// used only inside a spec.
	Specs func(env *Env)
}

// Validate returns what is wrong with the suite as it is written.
func (s Suite) Validate() error {
	var errs []error
	seen := map[string]bool{}
	for _, p := range s.Promises {
		if err := p.Validate(); err != nil {
			errs = append(errs, err)
		}
		if !strings.HasPrefix(p.ID, s.Name+".") {
			errs = append(errs, fmt.Errorf("promise %q is not of suite %s", p.ID, s.Name))
		}
		if seen[p.ID] {
			errs = append(errs, fmt.Errorf("promise %q stands twice in suite %s", p.ID, s.Name))
		}
		seen[p.ID] = true
	}
	return errors.Join(errs...)
}

// Register makes a container of the suite's specs, labelled with its name.
func (s Suite) Register(env *Env) {
	ginkgo.Describe(s.Name, ginkgo.Label(s.Name), func() { s.Specs(env) })
}

// Priorities say which specs begin before others: a run takes no less than its
// longest spec, and more if that begins late.
const (
	// First is for a spec that keeps nodes from coming and going: whoever has
	// some made waits for it.
	First = ginkgo.SpecPriority(3)
	// Long is for a spec that waits for several syncs of the HPA.
	Long = ginkgo.SpecPriority(2)
	// LongOnNodes is for a long spec that has nodes made. It would only wait, and
	// hold up a process, if it began before the first are over.
	LongOnNodes = ginkgo.SpecPriority(1)
)

// Proves labels a spec with the promises it proves, so that a run can be
// narrowed to them and a spec that fails early is known to owe them.
func Proves(promises ...promise.Promise) ginkgo.Labels {
	labels := make(ginkgo.Labels, len(promises))
	for i, p := range promises {
		labels[i] = p.ID
	}
	return labels
}
