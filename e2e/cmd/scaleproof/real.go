package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/client-go/rest"

	"github.com/scaleproof/scaleproof/e2e"
	"github.com/scaleproof/scaleproof/e2e/mutant"
	"github.com/scaleproof/scaleproof/fixtures/git"
	"github.com/scaleproof/scaleproof/fixtures/images"
	"github.com/scaleproof/scaleproof/fixtures/stack"
	"github.com/scaleproof/scaleproof/providers"
	"github.com/scaleproof/scaleproof/providers/eks"
	"github.com/scaleproof/scaleproof/providers/kind"
	"github.com/scaleproof/scaleproof/providers/kind/doctor"
	"github.com/scaleproof/scaleproof/providers/kind/engine"
	"github.com/scaleproof/scaleproof/reports"
	"github.com/scaleproof/scaleproof/reports/progress"
	"github.com/scaleproof/scaleproof/suites"
)

// installLimit is how long the stack may take to be ready; a minute and a half
// is usual.
const installLimit = 10 * time.Minute

// stackRepository is the name of the repository that the stack is delivered from.
const stackRepository = "stack"

func realWorld() world {
	return world{
		suites:   suites.All(),
		prepare:  prepare,
		images:   makeImages,
		provider: newProvider,
		install:  install,
		mend:     mend,
		forget:   forget,
		build:    buildSpecs,
		bill:     makeBill,
		sweep:    sweepEKS,
		token:    eks.Credential,
		probe:    probe,
	}
}

// prepare gets an engine that answers, for kind.
func prepare(ctx context.Context, s settings, l log) error {
	if s.provider != "kind" {
		return nil
	}
	_, err := engine.Ensure(ctx, engine.Options{Log: l})
	return err
}

// makeImages provides all images, for kind; a cluster that exists has its own.
func makeImages(ctx context.Context, root string, s settings, out io.Writer) (imageSet, error) {
	if s.provider != "kind" {
		return imageSet{}, nil
	}
	catalogue, err := images.Open(root)
	if err != nil {
		return imageSet{}, err
	}
	source, err := images.ParseSource(s.images)
	if err != nil {
		return imageSet{}, err
	}
	board := progress.New(out)
	defer board.Close()
	made, err := images.Ensure(ctx, images.Options{Root: root, Source: source, Progress: board, Docker: engine.Stream})
	if err != nil {
		return imageSet{}, err
	}
	set := imageSet{node: made.NodeImage, registry: made.RegistryImage, store: made.Store, upstreams: catalogue.Hosts()}
	for _, image := range made.Images {
		version, err := catalogue.Version(image.Component)
		if err != nil {
			return imageSet{}, err
		}
		set.components = append(set.components, reports.Component{
			Name: image.Component, Version: version, Reference: image.Reference, Digest: image.Digest, Source: image.Source,
		})
	}
	set.coreDNSTag, err = tagOf(catalogue, "coredns")
	return set, err
}

func tagOf(catalogue *images.Catalogue, image string) (string, error) {
	reference, err := catalogue.Reference(image)
	if err != nil {
		return "", err
	}
	return reference[strings.LastIndexByte(reference, ':')+1:], nil
}

// newProvider returns the provider that the settings name.
func newProvider(s settings, set imageSet, l log) (providers.Provider, error) {
	switch s.provider {
	case "kind":
		return kind.New(kind.Options{
			Nodes: s.nodes, NodeImage: set.node, RegistryImage: set.registry, Store: set.store,
			Upstreams: set.upstreams, CoreDNSTag: set.coreDNSTag, Log: l,
		})
	case "existing":
		return newExisting(s, l), nil
	case "eks":
		return newEKS(s, l)
	default:
		return nil, fmt.Errorf("there is no provider %q, there are: %s", s.provider, strings.Join(providerNames, ", "))
	}
}

// install delivers the stack through a git server of ours, to clusters that can
// reach it. A cluster that others have made keeps what it has, unless it was
// asked for.
func install(ctx context.Context, root, dir string, s settings, _ imageSet, cluster providers.Cluster, l log) (installation, error) {
	reachable, ok := cluster.(providers.HostReachable)
	if !ok {
		l("the stack stays as it is, and nothing is delivered: that needs --git-address")
		return installation{}, nil
	}
	server, err := serveGit(ctx, s, reachable)
	if err != nil {
		return installation{}, err
	}
	installed := installation{git: e2e.Git{URL: server.URL, Root: server.Directory}, stop: server.Close}
	if s.provider == "existing" && !s.install {
		l("the stack stays as it is")
		return installed, nil
	}
	repository, err := server.Repository(ctx, stackRepository)
	if err != nil {
		return installed, err
	}
	catalogue, err := images.Open(root)
	if err != nil {
		return installed, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, installLimit, fmt.Errorf("the stack was not ready within %s", installLimit))
	defer cancel()
	delivered := func() error {
		return deliver(ctx, cluster.Config(), dir, stack.Options{
			Source: catalogue, Repository: repository, Charts: s.stack == charts, Without: without(s), Progress: func(step stack.Step) {
				if step.Done {
					l("  %-12s %.1fs", step.Phase, step.Took.Seconds())
				}
			},
		})
	}
	if s.provider == "existing" {
		return installed, installExisting(ctx, cluster.Config(), delivered)
	}
	return installed, delivered()
}

// without are the parts of the stack that a cluster has no use for: Karpenter's
// nodes, as the stack has them, are containers beside kind's.
func without(s settings) []string {
	if s.provider == "kind" {
		return nil
	}
	return []string{stack.Karpenter}
}

// serveGit serves the repositories of a cluster where it reaches them.
func serveGit(ctx context.Context, s settings, reachable providers.HostReachable) (*git.Server, error) {
	address, err := reachable.HostAddress(ctx)
	if err != nil {
		return nil, err
	}
	if _, _, err := net.SplitHostPort(address); err != nil {
		address = net.JoinHostPort(address, "0") // any free port
	}
	dir, err := repositories(s)
	if err != nil {
		return nil, err
	}
	server, err := git.Serve(ctx, dir, address)
	if err != nil && s.gitAddress != "" {
		return nil, fmt.Errorf("--git-address %s: it has to be an address of this machine, and its port free: %w", s.gitAddress, err)
	}
	return server, err
}

// repositories is the folder of a cluster's git repositories.
func repositories(s settings) (string, error) {
	cache, err := engine.CacheDir()
	return filepath.Join(cache, "git", s.provider, s.cluster), err
}

// forget removes what lies on this machine for a cluster that is gone.
func forget(s settings) error {
	dir, err := repositories(s)
	if err != nil {
		return err
	}
	return os.RemoveAll(dir)
}

// deliver installs the stack, and records for the specs how that goes.
func deliver(ctx context.Context, config *rest.Config, dir string, options stack.Options) (err error) {
	stop := func() error { return nil }
	options.Begin = func(ctx context.Context) error {
		recording, err := e2e.RecordInstall(ctx, config, dir)
		if err == nil {
			stop = recording
		}
		return err
	}
	err = stack.Install(ctx, config, options)
	return errors.Join(err, stop())
}

// mend undoes what mutants have done to a cluster.
func mend(ctx context.Context, cluster providers.Cluster) error {
	return mutant.Mend(ctx, cluster.Config())
}

// probe checks the machine.
func probe(ctx context.Context) ([]doctor.Check, error) {
	cache, err := engine.CacheDir()
	if err != nil {
		return nil, err
	}
	return doctor.Evaluate(doctor.Probe(ctx, cache)), nil
}
