// Package eks makes clusters of Amazon EKS in Auto Mode, and leaves nothing
// behind. It needs neither eksctl nor the AWS command line.
//
// # What it makes
//
// One CloudFormation stack with a network and two roles, one control plane with
// the pools general-purpose and system, and one OIDC provider in IAM. Auto Mode
// makes the rest: machines, disks, load balancers, network interfaces, an
// instance profile.
//
// # How it knows what is its own
//
// Before anything is made it is noted in a ledger on this machine; when it is
// made it gets tags and a name that begins with Prefix. What Auto Mode makes
// has Auto Mode's own tag with the cluster's name, which proves nothing: it is
// removed only while a ledger or a tag of ours still tells of that cluster, so
// that these go last, and only if it is no older than the cluster. Down goes by the ledger, by names and by tags, so that a
// lost ledger loses nothing. What nothing of ours tells of is never removed,
// whatever its name; nor, by a ledger, what another machine has made since of the
// same name, until it expires: the time at which it was begun is in its tags.
package eks

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/scaleproof/scaleproof/providers"
	"github.com/scaleproof/scaleproof/providers/eks/cloud"
	"github.com/scaleproof/scaleproof/providers/eks/ledger"
	"github.com/scaleproof/scaleproof/providers/eks/token"
)

// Prefix begins the name of everything that is made.
const Prefix = "scaleproof"

// The tags of everything that is made. Times are RFC 3339, in UTC.
const (
	ClusterTag = "scaleproof.dev/cluster"
	RunTag     = "scaleproof.dev/run"
	CreatedTag = "scaleproof.dev/created-at"
	ExpiresTag = "scaleproof.dev/expires-at"
)

// DefaultCeiling is how long a cluster may be there if nothing else is said.
const DefaultCeiling = 3 * time.Hour

// Options say where clusters are made and for how long.
type Options struct {
	// Region as in eu-west-1. Down also takes it from the ledger.
	Region string
	// Accounts are the ids of those that may be used; none may be if empty.
	Accounts []string
	// Version of Kubernetes, as in 1.36; EKS's default if empty.
	Version string
	// Ceiling is when a cluster expires; DefaultCeiling if zero.
	Ceiling time.Duration
	// Run names the run in the tags; may be empty.
	Run string
	// CacheDir holds ledgers and kubeconfigs.
	CacheDir string
	// Command makes tokens for kubeconfigs; this program if empty.
	Command string
	// Log is told of every step that takes longer than a moment; may be nil.
	Log func(format string, args ...any)

	// Pace is how waits poll; of the cloud package if zero.
	Pace cloud.Pace
	// Config replaces what the SDK finds in the environment; for tests.
	Config *aws.Config
}

// Provider makes EKS clusters.
type Provider struct{ options Options }

var (
	_ providers.Provider = (*Provider)(nil)
	_ providers.Finder   = (*Provider)(nil)
)

// New returns a provider, or an error for options that can never work.
func New(options Options) (*Provider, error) {
	if options.CacheDir == "" {
		return nil, errors.New("no cache directory: set SCALEPROOF_CACHE")
	}
	if options.Ceiling == 0 {
		options.Ceiling = DefaultCeiling
	}
	if options.Ceiling < time.Minute {
		return nil, fmt.Errorf("a ceiling of %v: a cluster alone takes 15 minutes to make", options.Ceiling)
	}
	if options.Command == "" {
		command, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("this program does not know where it is, and kubeconfigs need it: %w", err)
		}
		options.Command = command
	}
	if options.Log == nil {
		options.Log = func(string, ...any) {}
	}
	told := options.Log
	options.Log = func(format string, args ...any) { told("%s", cloud.Redact(fmt.Sprintf(format, args...))) }
	return &Provider{options: options}, nil
}

// Name implements providers.Provider.
func (*Provider) Name() string { return "eks" }

// names are those of clusters, short enough for what is appended to them.
var names = regexp.MustCompile(`^[a-z][a-z0-9-]{0,38}[a-z0-9]$`)

// ClusterName is the name in AWS of a cluster that a person names: it begins
// with Prefix.
func ClusterName(name string) (string, error) {
	if !OwnName(name) {
		name = Prefix + "-" + name
	}
	if !names.MatchString(name) || strings.Contains(name, "--") {
		return "", fmt.Errorf("cluster name %q: use lower-case letters, digits and single dashes, at most 40 with the %s- before it", name, Prefix)
	}
	return name, nil
}

// OwnName tells whether a cluster's name could be one of ours.
func OwnName(name string) bool { return name == Prefix || strings.HasPrefix(name, Prefix+"-") }

// open checks the name and returns a handle that has looked at nothing yet.
func (p *Provider) open(name string) (*cluster, error) {
	full, err := ClusterName(name)
	if err != nil {
		return nil, err
	}
	return &cluster{name: full, options: p.options}, nil
}

// Find implements providers.Finder. It asks nobody: what there is of the
// cluster, Down finds out.
func (p *Provider) Find(_ context.Context, name string) (providers.Cluster, error) {
	c, err := p.open(name)
	if err != nil {
		return nil, err
	}
	c.config, err = stored(c.kubeconfig())
	return c, err
}

// Up implements providers.Provider. A cluster that this machine made is taken
// over; what is half-made is made whole, or made again; a cluster that is not
// ours, or that another machine may be using, is an error. Where that or anything
// else is refused before something was begun, there is no handle: what Up would not
// touch must not be taken down.
func (p *Provider) Up(ctx context.Context, name string) (providers.Cluster, error) {
	c, err := p.open(name)
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	begin := time.Now()
	if err := c.up(ctx); err != nil {
		err = c.seal(fmt.Errorf("cluster %s: %w", c.name, err))
		if !c.begun {
			return nil, err
		}
		return c, err
	}
	p.options.Log("cluster %s is ready after %.0fs", c.name, time.Since(begin).Seconds())
	return c, nil
}

// Check is an error unless Up could begin on a cluster of that name: there is a
// region, the credentials are of an account that is allowed, and of the one in which
// this machine has made it before. It asks only whose the credentials are, and makes
// nothing, so that it can come before what takes long.
func (p *Provider) Check(ctx context.Context, name string) error {
	c, err := p.open(name)
	if err != nil {
		return err
	}
	notes, err := ledger.Look(c.options.home(), c.name)
	if err != nil {
		return err
	}
	if err := c.enter(ctx, notes.Head()); err != nil {
		return c.seal(fmt.Errorf("cluster %s: %w", c.name, err))
	}
	if partition := c.reach.account.Partition; partition != "aws" {
		return fmt.Errorf("region %s is in AWS' partition %s, for which neither policy.json nor the stack's roles are written: choose another region",
			c.reach.account.Region, partition)
	}
	return nil
}

// Reserve keeps a cluster, whether it is there or not, for this process: until
// release, or until the process ends in whatever way, every other Reserve of its name
// on this machine is an error. Up and Down ask for none.
func (p *Provider) Reserve(name string) (release func(), err error) {
	full, err := ClusterName(name)
	if err != nil {
		return nil, err
	}
	if release, err = ledger.Reserve(p.options.home(), full); err != nil {
		return nil, fmt.Errorf("cluster %s: %w", full, err)
	}
	return release, nil
}

// home is the folder of ledgers and kubeconfigs.
func (o Options) home() string { return filepath.Join(o.CacheDir, "eks") }

// Credential makes what a kubeconfig's plugin prints: a token for the cluster of
// that name. It asks nobody.
func Credential(ctx context.Context, name, region string) ([]byte, error) {
	full, err := ClusterName(name)
	if err != nil {
		return nil, err
	}
	if region == "" {
		return nil, errors.New("no region: set AWS_DEFAULT_REGION, as in eu-west-1")
	}
	configuration, err := config.LoadDefaultConfig(ctx, config.WithRegion(region))
	if err != nil {
		return nil, cloud.Seal(err)
	}
	signed, err := token.Sign(ctx, configuration, full)
	if err != nil {
		return nil, cloud.Seal(err)
	}
	return signed.Credential()
}
