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
// this one knows nothing, as long as it may be in use there.
func (c *cluster) admit(head *ledger.Head, tags map[string]string) error {
	if head != nil && tags[CreatedTag] == head.Created.Format(time.RFC3339) {
		return nil
	}
	if _, expires := tagTimes(tags); expires.After(time.Now()) {
		return fmt.Errorf("another machine's scaleproof made it, and it may be in use until %s: choose another name with CLUSTER_NAME, or remove it with %s",
			expires.UTC().Format(time.RFC3339), c.downCommand())
	}
	return nil
}
