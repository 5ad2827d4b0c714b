// Package mutant names the ways to break the stack on purpose. A promise is
// worth its name only if there is a mutant after which it is seen broken.
package mutant

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"k8s.io/client-go/rest"

	"github.com/scaleproof/scaleproof/fixtures"
)

// Every is the name that asks for all mutants, one after the other.
const Every = "all"

// Label is that of the namespaces that a run with a mutant makes, and its value the
// mutant's name.
const Label = "scaleproof.dev/mutant"

// Mutant is one way to break the stack. It is laid over a fixture, or done to
// the cluster.
type Mutant struct {
	Name string
	// Breaks are the ids of the promises that must go red with it, and of no
	// other.
	Breaks []string

	// Fixture and Overlay say what is laid over which app of package fixtures.
	Fixture, Overlay string

	// Query rewrites what the panels of a dashboard ask Prometheus for.
	Query func(string) string

	// Start breaks the cluster before the first spec, and returns once that has
	// taken hold.
	Start func(context.Context, *rest.Config) error
	// BeforeChange breaks what an app lives on, just before a spec edits an app
	// that runs, commits to its repository, or has pods for a new pool of nodes.
	// It may be called again.
	BeforeChange func(ctx context.Context, config *rest.Config, namespace string) error
	// Mend undoes what was done to the cluster, whoever did it and when, and
	// returns once all is well again. It does nothing to what bears no mark.
	// Nil: what was done goes with the app.
	Mend func(context.Context, *rest.Config) error
}

// QueryOf returns what a dashboard asks, as the mutant has it.
func (m Mutant) QueryOf(query string) string {
	if m.Query == nil {
		return query
	}
	return m.Query(query)
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
	all := slices.Concat(live, nodes, telling)
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

// Find returns the mutant of that name; none for "". The error lists what there
// is.
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
	return Mutant{}, fmt.Errorf("no mutant %q: there are %s, and %s for one after the other", name, strings.Join(names, ", "), Every)
}

// Mend undoes whatever any mutant has done to the cluster, also one of a run
// that was killed.
func Mend(ctx context.Context, config *rest.Config) error {
	for _, m := range slices.Concat(live, nodes, telling) {
		if m.Mend == nil {
			continue
		}
		if err := m.Mend(ctx, config); err != nil {
			return fmt.Errorf("mend what mutant %s broke: %w", m.Name, err)
		}
	}
	return nil
}
