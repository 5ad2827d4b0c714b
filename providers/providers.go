// Package providers defines what the suites need of a cluster and of whatever
// makes it. A provider returns errors and never fails a test itself.
package providers

import (
	"context"
	"errors"
	"time"

	"k8s.io/client-go/rest"
)

// Provider makes clusters, or takes one that is there.
type Provider interface {
	// Name is the word the command line knows the provider by.
	Name() string
	// Up returns the cluster of that name, made or taken over. It is
	// idempotent, also after an Up that was interrupted half way. With an error
	// it may return a cluster too: what there is of it, to Collect from and to
	// take Down.
	Up(ctx context.Context, name string) (Cluster, error)
}

// Cluster is a running Kubernetes API with what its provider knows of it.
type Cluster interface {
	// Config reaches the API server.
	Config() *rest.Config
	// Traits tell what the cluster has and what it costs.
	Traits() Traits
	// Collect writes logs and objects into dir, for a failure. It writes what
	// it can get and returns what it could not, joined.
	Collect(ctx context.Context, dir string) error
	// Down removes everything Up made, also of a half-made cluster. Removing
	// what is already gone is no error.
	Down(ctx context.Context) error
}

// Traits are a cluster's abilities and costs. A suite asks these and never
// the provider's name.
type Traits struct {
	// HPASync is the controller-manager's --horizontal-pod-autoscaler-sync-period.
	HPASync time.Duration `json:"hpaSync"`
	// PodStart is the longest a pod whose image is on its node, or one fast
	// pull away, takes from being created to being ready.
	PodStart time.Duration `json:"podStart"`
	// NodeLaunch is the longest a new node takes from its NodeClaim to Ready;
	// zero where no nodes are provisioned.
	NodeLaunch time.Duration `json:"nodeLaunch,omitempty"`
	// RealNodes tells that a provisioned node runs a real kubelet.
	RealNodes bool `json:"realNodes"`
	// Grafana tells that the stack's Grafana is installed.
	Grafana bool `json:"grafana"`
	// Specs is how many specs can run at a time without being late for each
	// other's sake; zero where that is not known.
	Specs int `json:"specs,omitempty"`
	// Architectures of the nodes that pods may land on, as in kubernetes.io/arch.
	Architectures []string `json:"architectures"`
}

// Finder is a Provider that finds a cluster again without bringing it up. Find
// changes nothing; the cluster may be whole, half-made or gone, and its Config
// is nil when it cannot be reached. It is how "down" gets at what an
// interrupted or killed Up left behind.
type Finder interface {
	Find(ctx context.Context, name string) (Cluster, error)
}

// HostReachable is a Cluster whose pods can reach the machine the suite runs on.
type HostReachable interface {
	HostAddress(ctx context.Context) (HostAddress, error)
}

// HostAddress is an address of the machine the suite runs on, HOST or HOST:PORT.
type HostAddress struct {
	// Reached is what pods connect to.
	Reached string
	// Listen is where it comes in: the same, unless something passes it on.
	Listen string
}

// Machine is what a node runs on: an instance, a container.
type Machine struct {
	// ProviderID is what its Node has as spec.providerID.
	ProviderID string
	// Pool is Karpenter's NodePool that it was made for; empty if it was not.
	Pool string
}

// ErrMachineKept is that the provider's owner ends machines, and lets nobody else.
var ErrMachineKept = errors.New("nobody may take a machine away here")

// MachineKeeper is a Cluster whose provider sees the machines under its nodes,
// also those whose Node or NodeClaim is no more.
type MachineKeeper interface {
	// Machines are all that exist, running or not.
	Machines(ctx context.Context) ([]Machine, error)
	// Terminate takes a machine away at once, as an outage does. One that is
	// gone already is no error. Where nobody may take any away it is ErrMachineKept.
	Terminate(ctx context.Context, providerID string) error
}

// KubeconfigHolder is a Cluster that has a kubeconfig file to show to a person.
type KubeconfigHolder interface {
	// Kubeconfig is the path of the file and the context in it.
	Kubeconfig() (path, context string)
}
