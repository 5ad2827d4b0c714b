// Package kind makes clusters whose nodes are containers of a Docker engine.
//
// # Whose cluster it is
//
// A cluster is ours if its containers say so themselves. Node containers cannot
// be given labels through kind's library, but they can be given mounts: each
// has one at /etc/scaleproof, which also carries what the node needs of us. The
// registry, and nodes that others add to the cluster later, carry the label
// scaleproof.dev/cluster. Both marks come into being with the container, in one
// step of the engine, and lie nowhere else: so they hold after a kill -9 at any
// moment and when the cache directory is lost. A state file only tells that a
// cluster is complete, and how it was asked for. What bears no mark is never
// removed, whatever its name.
package kind

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/scaleproof/scaleproof/providers"
	"github.com/scaleproof/scaleproof/providers/kind/engine"
)

// Options say what clusters are made of. The zero value has no images and
// cannot make one.
type Options struct {
	// Nodes in the cluster, all of which run pods; 1 if zero.
	Nodes int
	// NodeImage is a kind node image, in the engine or to be pulled.
	NodeImage string
	// RegistryImage serves Store to the nodes; it must be in the engine. If
	// empty there is no registry, and then only one node is possible.
	RegistryImage string
	// Store is the OCI image layout that the registry serves.
	Store string
	// Upstreams are the registry hosts whose images the store has;
	// DefaultUpstreams if nil.
	Upstreams []string
	// CoreDNSTag is the tag of registry.k8s.io/coredns/coredns in NodeImage;
	// kubeadm's own choice if empty.
	CoreDNSTag string
	// Contents are the digests of the images in Store. Nodes ask for them by tags,
	// which stay the same when an image is another: a cluster that has run others
	// is made again.
	Contents []string
	// TokenWebhook has the API server ask a webhook on this machine who a token
	// is of; nil for none. It is called once the nodes' network is there, with
	// this machine's address in that, and returns the kubeconfig by which the API
	// server reaches the webhook. A cluster with one is never taken over.
	TokenWebhook func(ctx context.Context, host string) (kubeconfig []byte, err error)
	// KeepNetwork has Down leave the nodes' network, in which this machine has an
	// address that someone else uses too.
	KeepNetwork bool
	// CacheDir holds kubeconfigs and state; engine.CacheDir() if empty.
	CacheDir string
	// Log is told of every step that takes longer than a moment; may be nil.
	Log func(format string, args ...any)
}

// DefaultUpstreams are the hosts of every image that the stack and the nodes
// refer to.
func DefaultUpstreams() []string {
	return []string{"docker.io", "ghcr.io", "quay.io", "registry.k8s.io", "scaleproof.dev"}
}

// Provider makes kind clusters. It is safe for use by several goroutines on
// clusters of different names.
type Provider struct{ options Options }

var (
	_ providers.Provider = (*Provider)(nil)
	_ providers.Finder   = (*Provider)(nil)
)

// New returns a provider, or an error for options that can never work.
func New(options Options) (*Provider, error) {
	if options.Nodes == 0 {
		options.Nodes = 1
	}
	if options.Upstreams == nil {
		options.Upstreams = DefaultUpstreams()
	}
	if options.Log == nil {
		options.Log = func(string, ...any) {}
	}
	if options.CacheDir == "" {
		dir, err := engine.CacheDir()
		if err != nil {
			return nil, err
		}
		options.CacheDir = dir
	}
	switch {
	case options.Nodes < 0:
		return nil, fmt.Errorf("%d nodes: ask for at least one", options.Nodes)
	case options.RegistryImage == "" && options.Nodes > 1:
		return nil, errors.New("several nodes need the registry, which has the image that connects them: give a registry image")
	case options.RegistryImage != "" && options.Store == "":
		return nil, errors.New("a registry needs a store to serve: make the images first")
	}
	return &Provider{options: options}, nil
}

// Name implements providers.Provider.
func (*Provider) Name() string { return "kind" }

// open checks the name and returns a handle that has looked at nothing yet.
func (p *Provider) open(name string) (*cluster, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	return &cluster{name: name, options: p.options, home: newHome(p.options.CacheDir, name)}, nil
}

// Find implements providers.Finder. Where the engine does not answer, the
// cluster cannot be reached, and neither can what is left of it.
func (p *Provider) Find(_ context.Context, name string) (providers.Cluster, error) {
	c, err := p.open(name)
	if err != nil {
		return nil, err
	}
	if config, err := loadConfig(c.home.kubeconfig()); err == nil {
		c.config = config
	}
	return c, nil
}

// Up implements providers.Provider. A healthy cluster of ours that was asked
// for in the same way is taken over; any other of ours is made again; one that
// is not ours is an error. An Up whose context ends leaves no nodes behind. While
// another command makes or removes the cluster there is nothing to take Down.
func (p *Provider) Up(ctx context.Context, name string) (providers.Cluster, error) {
	c, err := p.open(name)
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	release, err := c.home.claim()
	if err != nil {
		return nil, fmt.Errorf("cluster %s: %w", name, err)
	}
	defer release()
	if err := c.up(ctx); err != nil {
		return c, fmt.Errorf("cluster %s: %w", name, err)
	}
	p.options.Log("cluster %s is ready after %.1fs", name, time.Since(begin).Seconds())
	return c, nil
}

// Reserve keeps a cluster, whether it is there or not, for this process: until
// release, or until the process ends in whatever way, every other Reserve of its
// name is an error. Up and Down ask for none.
func (p *Provider) Reserve(name string) (release func(), err error) {
	c, err := p.open(name)
	if err != nil {
		return nil, err
	}
	if release, err = c.home.claimUse(); err != nil {
		return nil, fmt.Errorf("cluster %s: %w", name, err)
	}
	return release, nil
}
