package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/onsi/ginkgo/v2"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/e2e-framework/klient"

	"github.com/scaleproof/scaleproof/e2e/mutant"
	"github.com/scaleproof/scaleproof/e2e/watch"
	"github.com/scaleproof/scaleproof/providers"
	"github.com/scaleproof/scaleproof/reports"
)

// timelines is the folder of a run that holds what was recorded.
const timelines = "timelines"

// Env is the running stack, as the specs of one process see it.
type Env struct {
	config  Config
	rest    *rest.Config
	client  klient.Client
	watched watch.Clients
	mutant  mutant.Mutant
	keeper  providers.MachineKeeper // nil: nobody tells which machines there are
}

// Connect reaches the cluster. It is called once in each process, before its
// first spec.
func (e *Env) Connect(config Config) error {
	loading := &clientcmd.ClientConfigLoadingRules{ExplicitPath: config.Kubeconfig}
	overrides := &clientcmd.ConfigOverrides{CurrentContext: config.Context}
	restConfig, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(loading, overrides).ClientConfig()
	if err != nil {
		return fmt.Errorf("kubeconfig %s: %w", config.Kubeconfig, err)
	}
	// The suite's own throttle would delay what it measures; the API server
	// has priority and fairness for the rest.
	restConfig.QPS = -1
	if e.mutant, err = mutant.Find(config.Mutant); err != nil {
		return err
	}
	if e.client, err = klient.New(restConfig); err != nil {
		return fmt.Errorf("connect to the cluster: %w", err)
	}
	if e.watched, err = watch.NewClients(restConfig); err != nil {
		return fmt.Errorf("connect to the cluster: %w", err)
	}
	e.config, e.rest = config, restConfig
	return os.MkdirAll(filepath.Join(config.RunDir, timelines), 0o755)
}

// File is the path of a file in the run's folder.
func (e *Env) File(name string) string { return filepath.Join(e.config.RunDir, name) }

// Traits tell what the cluster has and what it costs.
func (e *Env) Traits() providers.Traits { return e.config.Traits }

// Observe records what is not of one app, such as the aggregation layer, from
// now until the spec ends.
func (e *Env) Observe(ctx context.Context, name string, target watch.Target) *Scene {
	ginkgo.GinkgoHelper()
	return e.record(ctx, name, target)
}

// Break does to the cluster what the run's mutant does to it before the first
// spec, if it does anything, once for all processes.
func (e *Env) Break(ctx context.Context) error {
	if e.mutant.Start == nil {
		return nil
	}
	return e.mutant.Start(ctx, e.rest)
}

// Mend undoes all that the run's mutant did to the cluster.
func (e *Env) Mend(ctx context.Context) error {
	if e.mutant.Mend == nil {
		return nil
	}
	return e.mutant.Mend(ctx, e.rest)
}

// ReportRequests adds to the report what this process asked of the API server.
func (e *Env) ReportRequests() {
	counted := watch.CountedRequests()
	kinds := counted.ByPurpose
	for resource, n := range counted.Gets {
		kinds["get "+resource] = n
	}
	ginkgo.AddReportEntry(reports.RequestsEntry, ginkgo.ReportEntryVisibilityNever,
		reports.Requests{Total: counted.Total, ByKind: kinds})
}
