package eks

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"

	"github.com/scaleproof/scaleproof/providers/eks/control"
	"github.com/scaleproof/scaleproof/providers/eks/identity"
	"github.com/scaleproof/scaleproof/providers/eks/ledger"
	"github.com/scaleproof/scaleproof/providers/eks/network"
	"github.com/scaleproof/scaleproof/providers/eks/stack"
)

// downCommand is that by which a person removes the cluster.
func (c *cluster) downCommand() string {
	return "`scaleproof down --provider eks --cluster-name " + c.name + "`"
}

// madeBy tells whether this machine's ledger tells of what has the tags.
func madeBy(head *ledger.Head, tags map[string]string) bool {
	return head != nil && tags[CreatedTag] == stamp(head.Created)
}

// admit refuses to use what has no tag of ours, and what another machine made, of
// whose runs this one knows nothing: as long as it may be in use there, and when it
// has expired.
func (c *cluster) admit(head *ledger.Head, tags map[string]string) error {
	_, expires := tagTimes(tags)
	switch {
	case tags[ClusterTag] != c.name:
		return errTaken
	case expires.IsZero() || madeBy(head, tags):
		return nil
	case !expires.After(time.Now()):
		return c.expired(expires)
	case head != nil:
		return c.remade(expires)
	default:
		return fmt.Errorf("another machine's scaleproof made it, and it may be in use until %s: choose another name with CLUSTER_NAME, or remove it with %s",
			expires.UTC().Format(time.RFC3339), c.downCommand())
	}
}

// spare refuses to remove by the ledger what it does not tell of and may be in use:
// somebody else has removed what it tells of, and another machine has made a cluster
// of that name. Without a ledger it is a person's word that counts.
func (c *cluster) spare(head *ledger.Head, plane *types.Cluster, base *stack.Stack) error {
	for _, tags := range tagsOf(plane, base) {
		_, expires := tagTimes(tags)
		if head != nil && !madeBy(head, tags) && tags[ClusterTag] == c.name && expires.After(time.Now()) {
			return c.remade(expires)
		}
	}
	return nil
}

// tagsOf are the tags of what is there of a cluster.
func tagsOf(plane *types.Cluster, base *stack.Stack) (all []map[string]string) {
	if plane != nil {
		all = append(all, plane.Tags)
	}
	if base != nil {
		all = append(all, base.Tags)
	}
	return all
}

// remade is about a cluster that has the name of one that this machine has made.
func (c *cluster) remade(expires time.Time) error {
	return fmt.Errorf("another machine's scaleproof made it, since what this one made is gone, and it may be in use until %s: "+
		"choose another name with CLUSTER_NAME, or else, if nobody uses it, remove %s, and then the cluster with %s",
		expires.UTC().Format(time.RFC3339), ledger.Path(c.options.home(), c.name), c.downCommand())
}

// expired is about a cluster that nobody may use any more: who makes it anew has
// all of its time.
func (c *cluster) expired(at time.Time) error {
	return fmt.Errorf("it has expired at %s: remove it with %s, and make it anew, if it is to be there longer with a greater --ceiling or CEILING",
		at.UTC().Format(time.RFC3339), c.downCommand())
}

// left is how long the cluster may still be there: until it expires if this
// machine made it and has not begun to remove it, else as long as one that is made
// now. It asks nobody.
func (c *cluster) left() (time.Duration, error) {
	notes, err := ledger.Look(c.options.home(), c.name)
	if err != nil || notes.Head() == nil || len(notes.Names(removalKind)) > 0 {
		return c.options.Ceiling, err
	}
	expires := notes.Head().Expires
	if left := time.Until(expires).Round(time.Second); left > 0 {
		return min(left, c.options.Ceiling), nil
	}
	return 0, fmt.Errorf("cluster %s: %w", c.name, c.expired(expires))
}

// ours tells whether a stack has our tag.
func (c *cluster) ours(base *stack.Stack) bool { return base != nil && base.Tags[ClusterTag] == c.name }

// owner is who has made what EC2 has of the cluster.
func (c *cluster) owner() network.Owner {
	return network.Owner{Cluster: c.name, Since: c.since, Log: c.options.Log}
}

// date notes when the cluster was begun: what this machine has written down, or tags
// of ours tell. The services tell when they made what they have, by clocks that may
// be behind this machine's.
func (c *cluster) date(notes *ledger.Ledger, plane *types.Cluster, base *stack.Stack, known []identity.Provider) {
	var times []time.Time
	if head := notes.Head(); head != nil {
		times = append(times, head.Created)
	}
	all := tagsOf(plane, base)
	for _, provider := range known {
		all = append(all, provider.Tags)
	}
	for _, tags := range all {
		if made, _ := tagTimes(tags); tags[ClusterTag] == c.name {
			times = append(times, made)
		}
	}
	if plane != nil && control.Owned(plane, c.mark()) {
		times = append(times, aws.ToTime(plane.CreatedAt))
	}
	if c.ours(base) {
		times = append(times, base.Created)
	}
	for _, at := range times {
		if !at.IsZero() && (c.since.IsZero() || at.Before(c.since)) {
			c.since = at
		}
	}
}

// prove notes whether anything but EKS' own tag leads to the name: what this
// machine has written down, or a tag of ours. Machines and volumes have none,
// and without a proof they are someone else's.
func (c *cluster) prove(notes *ledger.Ledger, plane *types.Cluster, base *stack.Stack, known []identity.Provider) {
	c.proven = c.proven || notes.Head() != nil || len(notes.Entries()) > 0 ||
		plane != nil && control.Owned(plane, c.mark()) || c.ours(base) ||
		slices.ContainsFunc(known, func(p identity.Provider) bool { return p.Tags[ClusterTag] == c.name })
	c.date(notes, plane, base, known)
}

// usesRole tells whether a control plane has the role that our stack makes.
func (c *cluster) usesRole(plane *types.Cluster) bool {
	return strings.HasSuffix(aws.ToString(plane.RoleArn), "/"+c.clusterRole())
}

// untagged is about a cluster that has lost our tag, and would be wrecked by the
// removal of what it stands on.
func (c *cluster) untagged() error {
	return fmt.Errorf("cluster %[1]s stands on this stack without the tag %[2]s=%[1]s: give it back (aws eks tag-resource --tags %[2]s=%[1]s --resource-arn …), then run %[3]s again",
		c.name, ClusterTag, c.downCommand())
}
