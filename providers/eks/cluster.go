package eks

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/scaleproof/scaleproof/providers"
	"github.com/scaleproof/scaleproof/providers/eks/cloud"
	"github.com/scaleproof/scaleproof/providers/eks/control"
	"github.com/scaleproof/scaleproof/providers/eks/identity"
	"github.com/scaleproof/scaleproof/providers/eks/ledger"
	"github.com/scaleproof/scaleproof/providers/eks/network"
	"github.com/scaleproof/scaleproof/providers/eks/stack"
)

// downLimit is what a removal may take: EKS and CloudFormation may take half an
// hour each, and 15 minutes together are usual.
const downLimit = 75 * time.Minute

// cluster is a cluster of a name, whether it is there or not. It is used by one
// goroutine at a time.
type cluster struct {
	name    string
	options Options
	swept   bool                // only what is in the region of the options
	begun   bool                // an Up refused nothing, and makes or takes over
	proven  bool                // more than EKS' own tag leads to it
	since   time.Time           // the earliest that anything of it can be; zero if nothing tells
	asked   bool                // which OIDC providers are its own
	known   []identity.Provider // which are, since then
	opening sync.Mutex          // held by ec2
	reach   *reach              // nil until AWS was asked something
	config  *rest.Config
	traits  providers.Traits
}

var (
	_ providers.Cluster          = (*cluster)(nil)
	_ providers.KubeconfigHolder = (*cluster)(nil)
	_ providers.Leaver           = (*cluster)(nil)
	_ providers.Metered          = (*cluster)(nil)
	_ providers.Slow             = (*cluster)(nil)
)

// reach is an account and the services in it.
type reach struct {
	account  *cloud.Account
	stacks   *stack.Stacks
	planes   *control.Planes
	network  *network.Network
	identity *identity.Identity
}

// open asks whose account it is, and reaches into it.
func (o Options) open(ctx context.Context, region string) (*reach, error) {
	account, err := cloud.Open(ctx, cloud.Options{Region: region, Accounts: o.Accounts, Pace: o.Pace, Config: o.Config})
	if err != nil {
		return nil, err
	}
	return &reach{account, stack.New(account), control.New(account), network.New(account), identity.New(account)}, nil
}

// claim locks the ledger and reaches into the account in which its entries are.
func (c *cluster) claim(ctx context.Context) (*ledger.Ledger, error) {
	notes, err := ledger.Open(c.options.home(), c.name)
	if err != nil {
		return nil, err
	}
	if err := c.enter(ctx, notes.Head()); err != nil {
		return nil, errors.Join(err, notes.Close())
	}
	return notes, nil
}

// enter reaches into the account, which must be the one of the head.
func (c *cluster) enter(ctx context.Context, head *ledger.Head) error {
	region := c.options.Region
	if head != nil && c.swept && head.Region != region {
		return fmt.Errorf("this machine made one of the same name in %s: remove that first with %s", head.Region, c.downCommand())
	}
	if head != nil {
		if region != "" && region != head.Region {
			c.options.Log("cluster %s is in %s, and not in %s", c.name, head.Region, region)
		}
		region = head.Region
	}
	if c.reach == nil || c.reach.account.Region != region {
		opened, err := c.options.open(ctx, region)
		if err != nil {
			return err
		}
		c.reach = opened
	}
	if head != nil && c.reach.account.Fingerprint(head.Salt) != head.Account {
		return errors.New("it was made in another account than that of these credentials: use those it was made with")
	}
	return nil
}

// begin writes the ledger's head, once.
func (c *cluster) begin(notes *ledger.Ledger) (ledger.Head, error) {
	if head := notes.Head(); head != nil {
		return *head, nil
	}
	now, salt := time.Now().UTC(), rand.Text()
	head := ledger.Head{
		Region: c.reach.account.Region, Salt: salt, Account: c.reach.account.Fingerprint(salt),
		Run: c.options.Run, Created: now, Expires: now.Add(c.options.Ceiling),
	}
	return head, notes.Begin(head)
}

// tags are on everything that is made.
func (c *cluster) tags(head ledger.Head) map[string]string {
	tags := map[string]string{
		ClusterTag: c.name,
		CreatedTag: stamp(head.Created),
		ExpiresTag: head.Expires.Format(time.RFC3339),
	}
	if head.Run != "" {
		tags[RunTag] = head.Run
	}
	return tags
}

// stamp is the time at which a cluster was begun, as its tag has it: so exact that
// no two machines have the same.
func stamp(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }

// mark is what must be on a thing for it to be this cluster's.
func (c *cluster) mark() map[string]string { return map[string]string{ClusterTag: c.name} }

// The roles are global, so the region is part of their names.
func (c *cluster) clusterRole() string { return c.name + "-" + c.reach.account.Region + "-cluster" }
func (c *cluster) nodeRole() string    { return c.name + "-" + c.reach.account.Region + "-node" }

// seal keeps what is private out of an error.
func (c *cluster) seal(err error) error {
	if c.reach == nil {
		return cloud.Seal(err)
	}
	return c.reach.account.Seal(err)
}

// Config implements providers.Cluster.
func (c *cluster) Config() *rest.Config {
	if c.config == nil {
		return nil
	}
	return rest.CopyConfig(c.config)
}

// Traits implements providers.Cluster.
func (c *cluster) Traits() providers.Traits { return c.traits }

// DownLimit implements providers.Slow.
func (*cluster) DownLimit() time.Duration { return downLimit }

// Requests implements providers.Metered.
func (c *cluster) Requests() providers.CloudRequests {
	if c.reach == nil {
		return providers.CloudRequests{}
	}
	count := c.reach.account.Requests()
	return providers.CloudRequests{Own: count.Own, Polls: count.Polls, ByOperation: count.ByOperation}
}

// Kubeconfig implements providers.KubeconfigHolder.
func (c *cluster) Kubeconfig() (path, context string) { return c.kubeconfig(), c.name }

func (c *cluster) kubeconfig() string { return filepath.Join(c.options.home(), c.name+".kubeconfig") }

// stored is the config of a kubeconfig of ours, or nil if there is none.
func stored(path string) (*rest.Config, error) {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: remove it: %w", path, err)
	}
	config.QPS, config.Burst = 100, 200
	return config, nil
}
