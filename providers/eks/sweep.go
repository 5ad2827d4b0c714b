package eks

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/scaleproof/scaleproof/providers/eks/ledger"
	"github.com/scaleproof/scaleproof/providers/eks/network"
)

// SweepOptions say what of an account's region is too old.
type SweepOptions struct {
	// OlderThan is the least age of what is swept.
	OlderThan time.Duration
	// Delete removes what is found. Without it Sweep only tells.
	Delete bool
	// Now is the time that ages are counted to; the present, of each look, if zero.
	Now time.Time
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

// trace is a part that leads to a cluster's name.
type trace struct {
	name, part string
	made       time.Time // zero if nobody knows
	expires    time.Time // zero if nobody said
	foreign    bool      // it has the name and not the tag
	proof      bool      // it has our tag, or this machine has written its name down
}

// Sweep finds what was made by name and by tag in the account's region, and what
// Auto Mode left of clusters with such names, of which something of ours still
// tells. It spares what is young, what has
// not expired, and every name under which there is something that is not ours or
// of which nobody knows the age. Since a removal takes long, it looks again before
// each.
func (p *Provider) Sweep(ctx context.Context, options SweepOptions) ([]Swept, error) {
	account, err := p.options.open(ctx, p.options.Region)
	if err != nil {
		return nil, err
	}
	found, err := p.look(ctx, account, options)
	if err != nil {
		return nil, err
	}
	for i := range found {
		if !options.Delete || found[i].Spared != "" {
			continue
		}
		// One after the other, so as not to be throttled.
		if found[i] = p.again(ctx, account, found[i], options); found[i].Spared == "" && found[i].Err == nil {
			found[i].Err = (&cluster{name: found[i].Name, options: p.options, reach: account, swept: true}).Down(ctx)
		}
	}
	return found, nil
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

// tagTimes are those of our tags, as far as they can be read.
func tagTimes(tags map[string]string) (made, expires time.Time) {
	made, _ = time.Parse(time.RFC3339, tags[CreatedTag])
	expires, _ = time.Parse(time.RFC3339, tags[ExpiresTag])
	return made, expires
}

// traces are all parts in the region whose name or tag could be ours.
func (r *reach) traces(ctx context.Context) ([]trace, error) {
	var all []trace
	var failed []error
	for _, look := range []func(context.Context) ([]trace, error){r.stackTraces, r.planeTraces, r.providerTraces, r.machineTraces} {
		found, err := look(ctx)
		all, failed = append(all, found...), append(failed, err)
	}
	return all, errors.Join(failed...)
}

func (r *reach) stackTraces(ctx context.Context) ([]trace, error) {
	stacks, err := r.stacks.List(ctx)
	var all []trace
	for _, s := range stacks {
		if !OwnName(s.Name) {
			continue
		}
		made, expires := tagTimes(s.Tags)
		if made.Before(s.Created) {
			made = s.Created
		}
		all = append(all, trace{s.Name, "stack " + s.Name, made, expires, s.Tags[ClusterTag] != s.Name, s.Tags[ClusterTag] == s.Name})
	}
	return all, err
}

func (r *reach) planeTraces(ctx context.Context) ([]trace, error) {
	clusters, err := r.planes.List(ctx)
	failed := []error{err}
	var all []trace
	for _, name := range clusters {
		if !OwnName(name) {
			continue
		}
		plane, err := r.planes.Find(ctx, name)
		if failed = append(failed, err); plane == nil {
			continue
		}
		made, expires := tagTimes(plane.Tags)
		if plane.CreatedAt != nil && made.Before(*plane.CreatedAt) {
			made = *plane.CreatedAt
		}
		all = append(all, trace{name, "cluster " + name, made, expires, plane.Tags[ClusterTag] != name, plane.Tags[ClusterTag] == name})
	}
	return all, errors.Join(failed...)
}

func (r *reach) providerTraces(ctx context.Context) ([]trace, error) {
	providers, err := r.identity.Providers(ctx)
	var all []trace
	for _, p := range providers {
		if name := p.Tags[ClusterTag]; OwnName(name) {
			made, expires := tagTimes(p.Tags)
			all = append(all, trace{name, "oidc-provider " + p.Issuer, made, expires, false, true})
		}
	}
	return all, err
}

// machineTraces are what Auto Mode left. It has no tag of ours, but one with the
// name of its cluster, and EC2 knows when it was made.
func (r *reach) machineTraces(ctx context.Context) ([]trace, error) {
	instances, err := r.network.Instances(ctx, Prefix+"*")
	failed := []error{err}
	volumes, err := r.network.Volumes(ctx, Prefix+"*")
	failed = append(failed, err)
	var all []trace
	for kind, found := range map[string][]network.Made{"instance": instances, "volume": volumes} {
		for _, m := range found {
			if OwnName(m.Cluster) {
				all = append(all, trace{m.Cluster, kind + " " + m.ID, m.At, time.Time{}, false, false})
			}
		}
	}
	return all, errors.Join(failed...)
}

// String is a line for people.
func (s Swept) String() string {
	line := fmt.Sprintf("%s, %v old: %s", s.Name, s.Age.Round(time.Minute), strings.Join(s.Parts, ", "))
	if s.Spared != "" {
		line += "; left alone: " + s.Spared
	}
	return line
}
