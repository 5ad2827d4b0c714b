// Package providers defines what the suites need of a cluster and of whatever
// makes it. A provider returns errors and never fails a test itself.
package providers

import (
	"context"
	"time"

	"k8s.io/client-go/rest"
)

// Provider makes clusters, or takes one that is there.
type Provider interface {
	// Name is the word the command line knows the provider by.
	Name() string
	// Up returns the cluster of that name, made or taken over. It is
	// idempotent, also after an Up that was interrupted half way.
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
	// Architectures of the nodes that pods may land on, as in kubernetes.io/arch.
	Architectures []string `json:"architectures"`
}
