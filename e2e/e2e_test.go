package e2e_test

import (
	"context"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/scaleproof/scaleproof/e2e"
	"github.com/scaleproof/scaleproof/providers"
	"github.com/scaleproof/scaleproof/providers/eks"
	"github.com/scaleproof/scaleproof/providers/kind"
	"github.com/scaleproof/scaleproof/providers/kind/engine"
	"github.com/scaleproof/scaleproof/reports"
	"github.com/scaleproof/scaleproof/suites"
)

// env is what the specs of this process act in. It is connected before the
// first of them.
var env = new(e2e.Env)

var _ = func() bool {
	for _, suite := range suites.All() {
		suite.Register(env)
	}
	return true
}()

var _ = SynchronizedBeforeSuite(func(ctx context.Context) {
	Expect(connect(env)).To(Succeed())
	Expect(env.Break(ctx)).To(Succeed())
}, func() {
	Expect(connect(env)).To(Succeed())
}, NodeTimeout(time.Minute))

var _ = SynchronizedAfterSuite(func() {
	env.ReportRequests()
}, func(ctx context.Context) {
	Expect(env.Mend(ctx)).To(Succeed()) // before the sweep: KEDA's operator lets its objects go, and the APIs their namespaces
	Expect(env.Sweep(ctx)).To(Succeed())
}, NodeTimeout(3*time.Minute))

// Every spec is written down as it ends, so that a run that is killed keeps
// what it found.
var _ = ReportAfterEach(func(report SpecReport) {
	if spec, ok := reports.SpecOf(report); ok {
		Expect(spec.Append(env.File(reports.SpecsFile))).To(Succeed())
	}
})

func connect(env *e2e.Env) error {
	config, err := e2e.LoadConfig()
	if err != nil {
		return err
	}
	if err := env.Connect(config); err != nil {
		return err
	}
	return keep(env, config)
}

// finders are the providers that find a cluster of theirs again.
var finders = map[string]func(e2e.Cloud) (providers.Finder, error){
	"kind": func(e2e.Cloud) (providers.Finder, error) { return kind.New(kind.Options{}) },
	"eks": func(c e2e.Cloud) (providers.Finder, error) {
		cache, err := engine.CacheDir()
		if err != nil {
			return nil, err
		}
		return eks.New(eks.Options{Region: c.Region, Accounts: c.Accounts, CacheDir: cache})
	},
}

// keep lets the specs see the machines under the cluster's nodes, where its
// provider does.
func keep(env *e2e.Env, config e2e.Config) error {
	open, ok := finders[config.Provider]
	if !ok {
		return nil
	}
	finder, err := open(config.Cloud)
	if err != nil {
		return err
	}
	cluster, err := finder.Find(context.Background(), config.Cluster)
	if err != nil {
		return err
	}
	if keeper, ok := cluster.(providers.MachineKeeper); ok {
		env.UseMachines(keeper)
	}
	return nil
}

// TestE2E runs the suites on the cluster that the configuration names. Without
// one it is not asked for: `go test ./...` needs no cluster.
func TestE2E(t *testing.T) {
	if !e2e.Configured() {
		t.Skip("no cluster: run the suites by `make e2e-kind`")
	}
	RegisterFailHandler(Fail)
	RunSpecs(t, "scaleproof")
}
