package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"k8s.io/client-go/rest"

	"github.com/scaleproof/scaleproof/e2e"
	"github.com/scaleproof/scaleproof/fixtures/images"
	"github.com/scaleproof/scaleproof/fixtures/stack"
	"github.com/scaleproof/scaleproof/providers"
	"github.com/scaleproof/scaleproof/providers/existing"
)

// newExisting returns the provider of the cluster that the settings name. What
// is to be installed need not be there at first. What was installed is removed
// where the settings say that it may be there: nothing else is ours.
func newExisting(s settings, l log) providers.Provider {
	options := existing.Options{
		Kubeconfig: s.kubeconfig, Context: s.context, Needs: s.clusterNeeds(), HostAddress: s.gitAddress, Own: s.own(),
		PodStart: s.podStart, NodeLaunch: s.nodeLaunch,
	}
	switch {
	case s.install:
		options.Needs = nil
		options.Remove = func(ctx context.Context, config *rest.Config) error { return removeInstalled(ctx, config, s.own(), l) }
	case s.run != "": // specs that were killed have removed nothing
		options.Remove = func(ctx context.Context, config *rest.Config) error { return removeNamespaces(ctx, config, s.own(), l) }
	}
	return existing.New(options)
}

// clusterNeeds are what must be on the cluster for the suites that were chosen: Flux
// only to deliver, and Karpenter only to make nodes.
func (s settings) clusterNeeds() []existing.Need {
	needs := existing.Core()
	if s.chose("delivery") {
		needs = append(needs, existing.Flux()...)
	}
	if s.nodeLaunch > 0 && s.chose("capacity") {
		needs = append(needs, existing.Nodes(stack.NodePoolGeneral)...)
	}
	return needs
}

// chose tells whether a suite is among those to run.
func (s settings) chose(suite string) bool {
	return len(s.suites) == 0 || slices.Contains(s.suites, suite)
}

// occupy has a cluster that others have made for this command alone, also where
// nothing is installed: a mutant breaks what another run judges, whoever begins mends
// what mutants have broken, and a removal takes the namespaces of every run.
func occupy(ctx context.Context, s settings, cluster providers.Cluster, l log) (occupation, error) {
	if s.provider != "existing" {
		return nil, nil
	}
	host, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	command := "a removal"
	if s.run != "" {
		command = "run " + s.run
	}
	holding, err := existing.Hold(ctx, cluster.Config(), fmt.Sprintf("%s on %s (process %d)", command, host, os.Getpid()), l)
	if err != nil {
		return nil, err
	}
	return holding, nil
}

// own selects the namespaces that a run's specs have made. Where there is no run
// it selects those of all runs: none goes on, see occupy.
func (s settings) own() string {
	if s.run == "" {
		return e2e.RunLabel
	}
	return e2e.RunLabel + "=" + s.run
}

// installExisting installs the stack on a cluster that others have made, unless
// they have put a part of it there.
func installExisting(ctx context.Context, config *rest.Config, install func(*rest.Config) error) error {
	if err := stack.Claim(ctx, config); err != nil {
		return err
	}
	if err := install(config); err != nil {
		return err
	}
	return existing.Require(ctx, config, existing.Stack()...)
}

// removeNamespaces takes off a cluster the namespaces that are selected, which
// specs that were killed have left.
func removeNamespaces(ctx context.Context, config *rest.Config, own string, l log) error {
	namespaces, err := stack.RemoveNamespaces(ctx, config, own)
	if err != nil {
		return fmt.Errorf("remove what a killed run left: %w", err)
	}
	if len(namespaces) > 0 {
		l("removed what a killed run left: %s", strings.Join(namespaces, ", "))
	}
	return nil
}

// removeInstalled takes off a cluster what scaleproof has there: the namespaces
// that are selected, of runs that were killed, and the stack if it was installed
// by us.
func removeInstalled(ctx context.Context, config *rest.Config, own string, l log) error {
	root, err := (&console{}).source()
	if err != nil {
		return err
	}
	catalogue, err := images.Open(root)
	if err != nil {
		return err
	}
	if err := removeNamespaces(ctx, config, own, l); err != nil {
		return err
	}
	removed, err := stack.Remove(ctx, config, catalogue)
	if err != nil {
		return err
	}
	if removed {
		l("removed the stack; the cluster stays")
	} else {
		l("scaleproof has no stack on this cluster: it stays as it is")
	}
	return nil
}
