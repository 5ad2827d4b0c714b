package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/scaleproof/scaleproof/fixtures/images"
	"github.com/scaleproof/scaleproof/fixtures/stack"
	"github.com/scaleproof/scaleproof/providers/eks"
	"github.com/scaleproof/scaleproof/providers/eks/rehearsal"
	"github.com/scaleproof/scaleproof/providers/kind"
	"github.com/scaleproof/scaleproof/providers/kind/engine"
	"github.com/scaleproof/scaleproof/reports/progress"
)

const (
	// rehearsalRegion is where the double's cluster is.
	rehearsalRegion = "eu-west-1"
	// orphanPause is how long a process that was killed may take to be gone.
	orphanPause = 200 * time.Millisecond
)

func newRehearse(c *console) *cobra.Command {
	var s settings
	var down bool
	command := &cobra.Command{
		Use:   "rehearse",
		Short: "do all that `run --provider eks` does on this machine, without an account",
		Long: `rehearse starts a double of AWS in which nothing exists, and runs the unmodified
command against it: scaleproof run --provider eks --accept-cost. Behind the
cluster that the double makes is one of kind. Its API server asks the real
aws-iam-authenticator who a token is of, and it has the node pools of EKS Auto
Mode from the start, by Karpenter.

It passes if the command does, and if then nothing is left in the account nor of
the cluster, the provider made few enough requests, and nothing that was written
tells of credentials, tokens or the account. A rehearsal that was killed may
leave its cluster, which --down removes.`,
		Example: `  scaleproof rehearse
  scaleproof rehearse --suite metrics,scaleout
  scaleproof rehearse --down`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if down {
				return interrupted(cmd.Context(), c.removeRehearsal(cmd.Context(), s))
			}
			return interrupted(cmd.Context(), c.rehearse(cmd.Context(), s))
		},
	}
	flags := command.Flags()
	s.imageFlags(flags)
	flags.StringVar(&s.cluster, "cluster-name", "rehearsal", "name of the cluster")
	flags.StringSliceVar(&s.suites, "suite", nil, "only these suites, with commas between")
	flags.StringVar(&s.focus, "focus", "", "only specs that prove a promise whose id matches this regular expression")
	s.procsFlag(flags)
	flags.BoolVar(&down, "down", false, "only remove what a rehearsal that was killed has left")
	s.outFlag(flags)
	return command
}

// rehearsalSetup is what a rehearsal needs before it can begin.
type rehearsalSetup struct {
	cluster       string // its name in AWS
	root, dir     string // the source tree, and what is temporary
	kind          kind.Options
	authenticator string
	karpenter     []*unstructured.Unstructured
	appImage      string
}

// rehearse makes the account, has the command run in it, and looks at what it left.
func (c *console) rehearse(ctx context.Context, s settings) error {
	began, temporary := time.Now(), os.TempDir()
	name, err := eks.ClusterName(s.cluster)
	if err != nil {
		return err
	}
	root, err := c.source()
	if err != nil {
		return err
	}
	if err := c.enter(); err != nil {
		return err
	}
	s.cluster = name
	if err := c.hold(settings{provider: "kind", cluster: name}); err != nil {
		return err
	}
	if s.procs, err = rehearsalProcs(s.procs); err != nil {
		return err
	}
	set, err := c.prepareRehearsal(ctx, root, s)
	if err != nil {
		return err
	}
	set.cluster = name
	command := "scaleproof rehearse --down --cluster-name " + s.cluster
	removes.Store(&command)
	if set.dir, err = os.MkdirTemp("", "rehearsal-"); err != nil {
		return err
	}
	account, err := rehearsal.Start(ctx, rehearsal.Options{
		Cluster: name, Region: rehearsalRegion, Kind: set.kind, Authenticator: set.authenticator, Karpenter: set.karpenter,
		Apply: stack.Apply, Delete: stack.Delete, Dir: set.dir, Log: func(format string, args ...any) { c.logf("rehearsal: "+format, args...) },
	})
	if err != nil {
		return err
	}
	found := rehearsed{began: began}
	if err = c.runRehearsed(ctx, account, set, s, temporary, &found); err != nil {
		found.failed = append(found.failed, err.Error()) // what could not be looked at was not passed
	}
	found.close(ctx, account)
	if err := errors.Join(err, found.print(c.stdout)); err != nil {
		return err
	}
	return found.verdict()
}

// rehearsalProcs is how many specs run at a time: as many as was asked for, or
// else as this machine carries. EKS' traits do not tell, as its nodes are many.
func rehearsalProcs(asked int) (int, error) {
	if asked > 0 {
		return asked, nil
	}
	cache, err := engine.CacheDir()
	if err != nil {
		return 0, err
	}
	return kind.Carries(cache)
}

// set makes the images, the authenticator and what Auto Mode brings.
func (c *console) prepareRehearsal(ctx context.Context, root string, s settings) (*rehearsalSetup, error) {
	s.provider = "kind"
	if err := c.prepare(ctx, s, c.logf); err != nil {
		return nil, err
	}
	made, err := c.images(ctx, root, s, c.stderr)
	if err != nil {
		return nil, err
	}
	set := &rehearsalSetup{root: root, kind: kind.Options{
		NodeImage: made.node, RegistryImage: made.registry, Store: made.store, Upstreams: made.upstreams,
		CoreDNSTag: made.coreDNSTag, Log: func(format string, args ...any) { c.logf("kind: "+format, args...) },
	}}
	if set.authenticator, err = c.authenticator(ctx, root); err != nil {
		return nil, err
	}
	catalogue, err := images.Open(root)
	if err != nil {
		return nil, err
	}
	if set.karpenter, err = autoMode(ctx, catalogue); err != nil {
		return nil, err
	}
	set.appImage, err = catalogue.Reference("example-app")
	return set, err
}

// removeRehearsal removes what there is of a rehearsal that was killed.
func (c *console) removeRehearsal(ctx context.Context, s settings) error {
	name, err := eks.ClusterName(s.cluster)
	if err != nil {
		return err
	}
	if err := c.hold(settings{provider: "kind", cluster: name}); err != nil {
		return err
	}
	if err := endAllOrphans(ctx); err != nil {
		return err
	}
	provider, err := kind.New(kind.Options{Log: c.logf})
	if err != nil {
		return err
	}
	cluster, err := provider.Find(ctx, name)
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeoutCause(ctx, downLimit, fmt.Errorf("the rehearsal's cluster was not removed within %v", downLimit))
	defer cancel()
	if err := cluster.Down(limited); err != nil {
		return err
	}
	c.logf("nothing of the rehearsal %s is left", name)
	return nil
}

// endAllOrphans ends what a killed rehearsal started, and then what that did: the
// command that it ran had started others.
func endAllOrphans(ctx context.Context) error {
	ticker := time.NewTicker(orphanPause)
	defer ticker.Stop()
	for {
		if n, err := endOrphans(); n == 0 || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C: // until they are gone, their own are no orphans
		}
	}
}

// authenticator builds aws-iam-authenticator, unless that was done, and returns
// its file.
func (c *console) authenticator(ctx context.Context, root string) (string, error) {
	cache, err := engine.CacheDir()
	if err != nil {
		return "", err
	}
	board := progress.New(c.stderr)
	defer board.Close()
	made, err := images.Ensure(ctx, images.Options{Root: root, Cache: cache, Progress: board, Docker: engine.Stream, Only: []string{images.Authenticator}})
	if err != nil {
		return "", err
	}
	file := made.Programs[images.Authenticator]
	if file == "" {
		return "", fmt.Errorf("%s was not built", images.Authenticator)
	}
	return file, nil
}
