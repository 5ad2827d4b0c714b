package eks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/scaleproof/scaleproof/providers/eks/ledger"
)

// Limits of a sweep's removals: one that is stuck must keep neither the others, nor
// what follows them. What is left is for the next sweep, and EKS and CloudFormation
// go on with it until then.
const (
	SweepLimit   = time.Hour
	removalLimit = 20 * time.Minute
)

// SweepOptions say what of an account's region is too old.
type SweepOptions struct {
	// OlderThan is the least age of what is swept.
	OlderThan time.Duration
	// Delete removes what is found. Without it Sweep only tells.
	Delete bool
	// Now is the time that ages are counted to; the present, of each look, if zero.
	Now time.Time
	// Each is what one removal may take, and All what all of them may; 20 minutes and
	// SweepLimit if zero.
	Each, All time.Duration
}

// Swept is a cluster's name under which something was found.
type Swept struct {
	Name string
	// Parts are what was found, as in "stack scaleproof-demo".
	Parts []string
	// Age is that of the youngest part, zero if it is not known.
	Age time.Duration
	// Spared says why it is left alone; empty if it is not.
	Spared string
	// Err is why it could not be removed.
	Err error
}

// Sweep finds what was made by name and by tag in the account's region, and what
// Auto Mode left of clusters with such names, of which something of ours still
// tells. It spares what is young, what has not expired, and every name under which
// there is something that is not ours or of which nobody knows the age. Since a
// removal takes long, it looks again before each, and tells of each when it ends.
func (p *Provider) Sweep(ctx context.Context, options SweepOptions) ([]Swept, error) {
	account, err := p.options.open(ctx, p.options.Region)
	if err != nil {
		return nil, err
	}
	found, err := p.look(ctx, account, options)
	if err != nil {
		return nil, err
	}
	all := cmp.Or(options.All, SweepLimit)
	ctx, cancel := context.WithTimeoutCause(ctx, all, fmt.Errorf("the sweep has taken %v: sweep again", all))
	defer cancel()
	for i := range found {
		if options.Delete && found[i].Spared == "" {
			// One after the other, so as not to be throttled.
			found[i] = p.remove(ctx, account, found[i], options)
			p.options.Log("%s", found[i].end())
		}
	}
	return found, nil
}

// remove removes what is found under the name, if it still is and still old.
func (p *Provider) remove(ctx context.Context, r *reach, before Swept, options SweepOptions) Swept {
	each := cmp.Or(options.Each, removalLimit)
	ctx, cancel := context.WithTimeoutCause(ctx, each, fmt.Errorf("cluster %s: not removed within %v: sweep again, and see what holds it", before.Name, each))
	defer cancel()
	found := p.again(ctx, r, before, options)
	if found.Spared == "" && found.Err == nil {
		found.Err = (&cluster{name: found.Name, options: p.options, reach: r, swept: true}).Down(ctx)
	}
	if cause := context.Cause(ctx); found.Err != nil && cause != nil && !errors.Is(found.Err, cause) {
		found.Err = fmt.Errorf("%w: %w", cause, found.Err)
	}
	return found
}

// look finds, and decides.
func (p *Provider) look(ctx context.Context, r *reach, options SweepOptions) ([]Swept, error) {
	traces, err := r.traces(ctx)
	if err != nil {
		return nil, r.account.Seal(fmt.Errorf("sweep: %w", err))
	}
	for i, t := range traces {
		traces[i].proof = t.proof || p.noted(r, t.name)
	}
	if options.Now.IsZero() {
		options.Now = time.Now()
	}
	return sweepable(traces, options), nil
}

// again is what is found under the name now.
func (p *Provider) again(ctx context.Context, r *reach, before Swept, options SweepOptions) Swept {
	found, err := p.look(ctx, r, options)
	i := slices.IndexFunc(found, func(f Swept) bool { return f.Name == before.Name })
	switch {
	case err != nil:
		before.Err = err
	case i < 0:
		before.Spared = "it is gone by now"
	default:
		return found[i]
	}
	return before
}

// noted tells whether this machine has made a cluster of that name there.
func (p *Provider) noted(r *reach, name string) bool {
	notes, err := ledger.Look(p.options.home(), name)
	head := notes.Head()
	return err == nil && head != nil && head.Region == r.account.Region && head.Account == r.account.Fingerprint(head.Salt)
}

// sweepable decides, and asks nobody.
func sweepable(traces []trace, options SweepOptions) []Swept {
	byName := map[string][]trace{}
	for _, t := range traces {
		byName[t.name] = append(byName[t.name], t)
	}
	var all []Swept
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		found := Swept{Name: name}
		for _, t := range byName[name] {
			found.Parts = append(found.Parts, t.part)
			age := options.Now.Sub(t.made)
			switch {
			case t.foreign:
				found.Spared = t.part + " has no tag of scaleproof"
			case t.expires.After(options.Now):
				found.Spared = "it may be there until " + t.expires.UTC().Format(time.RFC3339)
			case t.made.IsZero():
				found.Spared = "nothing tells the age of " + t.part
			case age < options.OlderThan:
				found.Spared = fmt.Sprintf("%s is younger than %v", t.part, options.OlderThan)
			}
			if !t.made.IsZero() && (found.Age == 0 || age < found.Age) {
				found.Age = age
			}
		}
		if found.Spared == "" && !slices.ContainsFunc(byName[name], func(t trace) bool { return t.proof }) {
			found.Spared = "only EKS' own tag leads to it"
		}
		slices.Sort(found.Parts)
		all = append(all, found)
	}
	return all
}

// end is a line for people, of a removal that has ended.
func (s Swept) end() string {
	switch {
	case s.Err != nil:
		return fmt.Sprintf("cluster %s is not swept: %v", s.Name, s.Err)
	case s.Spared != "":
		return fmt.Sprintf("cluster %s is left alone: %s", s.Name, s.Spared)
	default:
		return fmt.Sprintf("cluster %s is swept", s.Name)
	}
}

// String is a line for people.
func (s Swept) String() string {
	line := fmt.Sprintf("%s, %v old: %s", s.Name, s.Age.Round(time.Minute), strings.Join(s.Parts, ", "))
	if s.Spared != "" {
		line += "; left alone: " + s.Spared
	}
	return line
}
