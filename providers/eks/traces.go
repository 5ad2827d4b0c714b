package eks

import (
	"context"
	"errors"
	"time"

	"github.com/scaleproof/scaleproof/providers/eks/network"
)

// trace is a part that leads to a cluster's name.
type trace struct {
	name, part string
	made       time.Time // zero if nobody knows
	expires    time.Time // zero if nobody said
	foreign    bool      // it has the name and not the tag
	proof      bool      // it has our tag, or this machine has written its name down
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
