package mutant_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/scaleproof/scaleproof/e2e/mutant"
	"github.com/scaleproof/scaleproof/e2e/promise"
	"github.com/scaleproof/scaleproof/suites"
)

// unbreakable are promises that no mutant breaks, each with its reason.
var unbreakable = map[string]string{
	"observability.karpenter-tells": "a SHOULD: Karpenter's metrics cannot be turned off, nor its clock",
	"observability.grafana":         "its panels break as the dashboard's own promise does, and no run of mutants has a Grafana",
	"capacity.registration-failure": "its spec is the fault itself, and catalogued without a mutant",
}

// TestEveryPromiseHasAMutant: a promise that nothing was ever seen to break may
// be one that cannot fail.
func TestEveryPromiseHasAMutant(t *testing.T) {
	all, err := mutant.All()
	if err != nil {
		t.Fatal(err)
	}
	breakers := map[string]int{}
	for _, m := range all {
		for _, id := range m.Breaks {
			breakers[id]++
		}
	}
	var promises []promise.Promise
	for _, suite := range suites.All() {
		promises = append(promises, suite.Promises...)
	}
	for _, p := range promises {
		switch reason := unbreakable[p.ID]; {
		case breakers[p.ID] == 0 && reason == "":
			t.Errorf("no mutant breaks %s: add one under the mutants of a fixture, or to e2e/mutant/live.go", p.ID)
		case breakers[p.ID] > 0 && reason != "":
			t.Errorf("a mutant breaks %s, of which it is said that none does: %s", p.ID, reason)
		}
		delete(breakers, p.ID)
	}
	for id := range breakers {
		t.Errorf("a mutant breaks %q, which nobody promises", id)
	}
}

func TestMutantsAreWhole(t *testing.T) {
	all, err := mutant.All()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.IsSortedFunc(all, func(a, b mutant.Mutant) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("they are not in order of their names")
	}
	seen := map[string]bool{"": true, mutant.Every: true}
	for _, m := range all {
		if seen[m.Name] {
			t.Errorf("the name %q is taken", m.Name)
		}
		seen[m.Name] = true
		ways := 0
		for _, way := range []bool{m.Overlay != "", m.Query != nil, m.Start != nil, m.BeforeChange != nil} {
			if way {
				ways++
			}
		}
		if ways != 1 {
			t.Errorf("%s breaks the stack in %d ways, and not in one", m.Name, ways)
		}
		if m.Start != nil && m.Mend == nil {
			t.Errorf("nothing mends what %s breaks", m.Name)
		}
		if found, err := mutant.Find(m.Name); err != nil || found.Name != m.Name {
			t.Errorf("asked for %s, found %s: %v", m.Name, found.Name, err)
		}
	}
	if _, err := mutant.Find("zombie"); err == nil || !strings.Contains(err.Error(), all[0].Name) {
		t.Errorf("the error of an unknown mutant does not tell which there are: %v", err)
	}
}
