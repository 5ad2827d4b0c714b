package eks

import (
	"fmt"
	"time"

	"github.com/scaleproof/scaleproof/providers/eks/ledger"
)

// downCommand is that by which a person removes the cluster.
func (c *cluster) downCommand() string {
	return "`scaleproof down --provider eks --cluster-name " + c.name + "`"
}

// admit refuses what has our tag and was made by another machine, of whose runs
// this one knows nothing: as long as it may be in use there, and when it has
// expired.
func (c *cluster) admit(head *ledger.Head, tags map[string]string) error {
	if head != nil && tags[CreatedTag] == head.Created.Format(time.RFC3339) {
		return nil
	}
	switch _, expires := tagTimes(tags); {
	case expires.IsZero():
		return nil
	case !expires.After(time.Now()):
		return c.expired(expires)
	default:
		return fmt.Errorf("another machine's scaleproof made it, and it may be in use until %s: choose another name with CLUSTER_NAME, or remove it with %s",
			expires.UTC().Format(time.RFC3339), c.downCommand())
	}
}

// expired is about a cluster that nobody may use any more: who makes it anew has
// all of its time.
func (c *cluster) expired(at time.Time) error {
	return fmt.Errorf("it has expired at %s: remove it with %s, and make it anew, if it is to be there longer with a greater --ceiling or CEILING",
		at.UTC().Format(time.RFC3339), c.downCommand())
}

// left is how long the cluster may still be there: until it expires if this
// machine made it, else as long as one that is made now. It asks nobody.
func (c *cluster) left() (time.Duration, error) {
	notes, err := ledger.Look(c.options.home(), c.name)
	if err != nil || notes.Head() == nil {
		return c.options.Ceiling, err
	}
	expires := notes.Head().Expires
	if left := time.Until(expires).Round(time.Second); left > 0 {
		return min(left, c.options.Ceiling), nil
	}
	return 0, fmt.Errorf("cluster %s: %w", c.name, c.expired(expires))
}
