package e2e_test

import (
	"context"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/scaleproof/scaleproof/e2e"
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
	Expect(env.Mend(ctx)).To(Succeed())
	Expect(env.Sweep(ctx)).To(Succeed())
}, NodeTimeout(2*time.Minute))

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
	return env.Connect(config)
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
