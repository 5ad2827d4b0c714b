package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"time"

	"k8s.io/client-go/rest"

	"github.com/scaleproof/scaleproof/e2e"
	"github.com/scaleproof/scaleproof/fixtures/git"
	"github.com/scaleproof/scaleproof/fixtures/images"
	"github.com/scaleproof/scaleproof/fixtures/stack"
	"github.com/scaleproof/scaleproof/providers"
	"github.com/scaleproof/scaleproof/providers/eks"
	"github.com/scaleproof/scaleproof/providers/kind/engine"
)

// installLimit is how long the stack may take to be ready; a minute and a half
// is usual.
const installLimit = 10 * time.Minute

// stackRepository is the name of the repository that the stack is delivered from.
const stackRepository = "stack"

// install delivers the stack from someone's own repository where that is named,
// and else through a git server of ours, to clusters that can reach it. A
// cluster that others have made keeps what it has, unless it was asked for.
func install(ctx context.Context, root, dir string, s settings, set imageSet, cluster providers.Cluster, l log) (installation, error) {
	if s.remote() {
		return installRemotely(ctx, root, dir, s, set, cluster, l)
	}
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
	return installed, deliver(ctx, root, dir, s, cluster, stack.Options{Repository: repository, AppImage: set.app}, l)
}

// installRemotely delivers the stack from a branch of someone's repository.
func installRemotely(ctx context.Context, root, dir string, s settings, set imageSet, cluster providers.Cluster, l log) (installation, error) {
	place, err := s.place(l)
	if err != nil {
		return installation{}, err
	}
	delivery, err := place.Open(ctx)
	if err != nil {
		return installation{}, err
	}
	installed := installation{git: e2e.Git{Remote: &e2e.RemoteGit{
		PushURL: delivery.Remote.URL(), Username: delivery.Username(), TokenVariable: s.git.tokenVariable(),
		URL: delivery.URL(), Private: delivery.Secret() != nil, Base: delivery.Base(), Local: place.Local(),
	}}}
	return installed, deliver(ctx, root, dir, s, cluster, stack.Options{
		Repository: delivery, Branch: delivery.Branch(), Secret: delivery.Secret(), AppImage: set.app,
	}, l)
}

// deliver installs the stack, and records for the specs how that goes.
func deliver(ctx context.Context, root, dir string, s settings, cluster providers.Cluster, options stack.Options, l log) error {
	catalogue, err := images.Open(root)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, installLimit, fmt.Errorf("the stack was not ready within %s", installLimit))
	defer cancel()
	stop := func() error { return nil }
	options.Source, options.Charts, options.Without = catalogue, s.stack == charts, without(s)
	options.Begin = func(ctx context.Context) error {
		recording, err := e2e.RecordInstall(ctx, cluster.Config(), dir)
		if err == nil {
			stop = recording
		}
		return err
	}
	options.Progress = func(step stack.Step) {
		if step.Done {
			l("  %-12s %.1fs", step.Phase, step.Took.Seconds())
		}
	}
	delivered := func(config *rest.Config) error {
		err := stack.Install(ctx, config, options)
		return errors.Join(err, stop())
	}
	if s.provider == "existing" {
		return installExisting(ctx, cluster.Config(), delivered)
	}
	return delivered(cluster.Config())
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
	listen := address.Listen
	if _, _, err := net.SplitHostPort(listen); err != nil {
		listen = net.JoinHostPort(listen, "0") // any free port
	}
	dir, err := repositories(s)
	if err != nil {
		return nil, err
	}
	server, err := git.Serve(ctx, dir, listen)
	if err != nil && s.gitAddress != "" {
		return nil, fmt.Errorf("--git-address %s: it has to be an address of this machine, and its port free: %w", s.gitAddress, err)
	}
	if err == nil && address.Reached != address.Listen {
		server.ReachedAt(address.Reached)
	}
	return server, err
}

// repositories is the folder of a cluster's git repositories, and of our copies of
// someone's. On a cluster that others have made, each run has one of its own: no run
// has such a cluster for itself.
func repositories(s settings) (string, error) {
	cache, err := engine.CacheDir()
	if err != nil {
		return "", err
	}
	name := s.cluster
	switch s.provider {
	case "eks": // has one name however it is written
		name, err = eks.ClusterName(name)
	case "existing":
		name, err = s.placeName()
		name = filepath.Join(name, s.run)
	}
	return filepath.Join(cache, "git", s.provider, name), err
}
