// Package mutant names the ways to break the stack on purpose. A promise is
// worth its name only if there is a mutant after which it is seen broken.
package mutant

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/e2e-framework/klient"

	"github.com/scaleproof/scaleproof/fixtures"
)

// Mutant is one way to break the stack. It is either laid over a fixture or
// done to the cluster.
type Mutant struct {
	Name string
	// Breaks are the ids of the promises that must go red with it.
	Breaks []string

	// Fixture and Overlay say what is laid over which app of package fixtures.
	Fixture, Overlay string
	// Act breaks the cluster itself and returns how to mend it.
	Act func(context.Context, klient.Client) (mend func(context.Context) error, err error)
}

// OverlayOf returns the overlay that the mutant lays over an app; "" for none.
func (m Mutant) OverlayOf(fixture string) string {
	if m.Fixture != fixture {
		return ""
	}
	return m.Overlay
}

// All returns every mutant, by name.
func All() ([]Mutant, error) {
	all := slices.Clone(live)
	for _, app := range fixtures.Apps() {
		overlays, err := fixtures.Mutants(app)
		if err != nil {
			return nil, err
		}
		for _, o := range overlays {
			all = append(all, Mutant{Name: strings.ReplaceAll(o.App, "/", "-") + "-" + o.Name, Breaks: o.Breaks, Fixture: o.App, Overlay: o.Name})
		}
	}
	slices.SortFunc(all, func(a, b Mutant) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// Find returns the mutant of that name; none for "".
func Find(name string) (Mutant, error) {
	if name == "" {
		return Mutant{}, nil
	}
	all, err := All()
	if err != nil {
		return Mutant{}, err
	}
	names := make([]string, len(all))
	for i, m := range all {
		if m.Name == name {
			return m, nil
		}
		names[i] = m.Name
	}
	return Mutant{}, fmt.Errorf("no mutant %q: there are %s", name, strings.Join(names, ", "))
}
