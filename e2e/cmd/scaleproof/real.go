package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/scaleproof/scaleproof/e2e/mutant"
	"github.com/scaleproof/scaleproof/fixtures/images"
	"github.com/scaleproof/scaleproof/providers"
	"github.com/scaleproof/scaleproof/providers/eks"
	"github.com/scaleproof/scaleproof/providers/kind"
	"github.com/scaleproof/scaleproof/providers/kind/doctor"
	"github.com/scaleproof/scaleproof/providers/kind/engine"
	"github.com/scaleproof/scaleproof/reports"
	"github.com/scaleproof/scaleproof/reports/progress"
	"github.com/scaleproof/scaleproof/suites"
)

func realWorld() world {
	return world{
		suites:   suites.All(),
		prepare:  prepare,
		reserve:  reserve,
		occupy:   occupy,
		images:   makeImages,
		provider: newProvider,
		install:  install,
		mend:     mend,
		recall:   recall,
		remains:  remains,
		forget:   forget,
		build:    buildSpecs,
		bill:     makeBill,
		sweep:    sweepEKS,
		token:    eks.Credential,
		probe:    probe,
	}
}

// prepare gets an engine that answers, for kind, and sees that the name of the
// cluster, if there is to be one, is free. Elsewhere it finds out whether a cluster
// could be made, and the stack delivered, before anything is.
func prepare(ctx context.Context, s settings, l log) error {
	if s.provider == "eks" {
		provider, err := newEKS(s, l)
		if err == nil {
			err = provider.Check(ctx, s.cluster)
		}
		if err != nil {
			return err
		}
	}
	if s.remote() {
		return deliverable(ctx, s, l)
	}
	if s.provider != "kind" {
		return nil
	}
	if _, err := engine.Ensure(ctx, engine.Options{Log: l}); err != nil || s.cluster == "" {
		return err
	}
	return kind.Vacant(ctx, s.cluster) // and not after half an hour of compiling
}

// reserve keeps a cluster that this machine makes from its other commands. Clusters
// that others have made know of their users themselves.
func reserve(s settings) (release func(), err error) {
	var provider interface {
		Reserve(name string) (release func(), err error)
	}
	switch s.provider {
	case "kind":
		provider, err = kind.New(kind.Options{})
	case "eks":
		provider, err = newEKS(s, nil)
	default:
		return func() {}, nil
	}
	if err != nil {
		return nil, err
	}
	return provider.Reserve(s.cluster)
}

// makeImages provides all images, for kind; a cluster that exists has its own.
func makeImages(ctx context.Context, root string, s settings, out io.Writer) (imageSet, error) {
	if s.provider != "kind" {
		app, err := publish(ctx, root, s, out)
		return imageSet{app: app}, err
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
	cache, err := engine.CacheDir()
	if err != nil {
		return imageSet{}, err
	}
	made, err := images.Ensure(ctx, images.Options{Root: root, Cache: cache, Source: source, Progress: board, Docker: engine.Stream})
	if err != nil {
		return imageSet{}, err
	}
	set := imageSet{
		node: made.NodeImage, registry: made.RegistryImage, store: made.Store, upstreams: catalogue.Hosts(),
		components: componentsOf(made),
	}
	set.coreDNSTag, err = tagOf(catalogue, "coredns")
	return set, err
}

// componentsOf are the parts of the stack under test, the node first.
func componentsOf(made images.Set) []reports.Component {
	var all []reports.Component
	for _, image := range slices.Concat(made.Node, made.Images) {
		all = append(all, reports.Component{
			Name: image.Component, Version: image.Version, Reference: image.Reference, Digest: image.Digest, Source: image.Source,
		})
	}
	return all
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
			Upstreams: set.upstreams, CoreDNSTag: set.coreDNSTag, Contents: set.contents(), Log: l,
		})
	case "existing":
		return newExisting(s, l), nil
	case "eks":
		return newEKS(s, l)
	default:
		return nil, fmt.Errorf("there is no provider %q, there are: %s", s.provider, strings.Join(providerNames, ", "))
	}
}

// forget removes what lies on this machine for a cluster that is gone.
func forget(s settings) error {
	dir, err := repositories(s)
	if err != nil {
		return err
	}
	return os.RemoveAll(dir)
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
