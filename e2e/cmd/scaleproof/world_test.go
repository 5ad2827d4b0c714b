package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"github.com/scaleproof/scaleproof/e2e"
	"github.com/scaleproof/scaleproof/e2e/promise"
	"github.com/scaleproof/scaleproof/e2e/timeline"
	"github.com/scaleproof/scaleproof/providers"
	"github.com/scaleproof/scaleproof/providers/kind/doctor"
	"github.com/scaleproof/scaleproof/reports"
)

// fake is a world in which everything goes well, unless fail says otherwise. It
// notes what was done in it.
type fake struct {
	done   []string
	fail   map[string]error         // by what would be done
	during func(step string)        // told of each step as it begins
	seen   func(specJob) specReport // what the specs find
	job    specJob
	bill   *providers.Bill // nil costs nothing
	// elsewhere is what is left in someone's git repository.
	elsewhere []string
	released  int // how often a cluster was
	occupied  *occupied
}

// occupied is a cluster that is kept from other machines.
type occupied struct{ lost, released bool }

// Lost implements occupation.
func (o *occupied) Lost() bool { return o.lost }

// Release implements occupation.
func (o *occupied) Release(context.Context) error {
	o.released = true
	return nil
}

// step does nothing but note itself. It ends with the context, like all that
// takes long.
func (f *fake) step(ctx context.Context, name string) error {
	f.done = append(f.done, name)
	if f.during != nil {
		f.during(name)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return f.fail[name]
}

func (f *fake) world() world {
	return world{
		suites: testSuites(),
		prepare: func(ctx context.Context, _ settings, _ log) error {
			return f.step(ctx, "prepare")
		},
		reserve: func(settings) (func(), error) {
			return func() { f.released++ }, f.fail["reserve"]
		},
		occupy: func(context.Context, settings, providers.Cluster, log) (occupation, error) {
			if f.occupied == nil {
				return nil, f.fail["occupy"]
			}
			return f.occupied, nil
		},
		images: func(ctx context.Context, _ string, _ settings, _ io.Writer) (imageSet, error) {
			return imageSet{app: "registry.test/app:v1", components: []reports.Component{{Name: "keda", Version: "v2.21.0"}}}, f.step(ctx, "images")
		},
		provider: func(settings, imageSet, log) (providers.Provider, error) { return f, f.fail["provider"] },
		install: func(ctx context.Context, _, _ string, _ settings, _ imageSet, _ providers.Cluster, _ log) (installation, error) {
			stop := func() error { return f.step(context.Background(), "stop") }
			return installation{git: e2e.Git{URL: "http://git.test"}, stop: stop}, f.step(ctx, "install")
		},
		mend: func(ctx context.Context, _ providers.Cluster) error {
			if _, limited := ctx.Deadline(); !limited {
				return errors.New("mending may take for ever")
			}
			if f.job.config.Mutant == "" {
				return f.step(ctx, "mend-first") // before the specs
			}
			return f.step(ctx, "mend")
		},
		recall:  func(context.Context, settings, log) error { return f.fail["recall"] },
		remains: func(context.Context, settings) ([]string, error) { return f.elsewhere, f.fail["remains"] },
		forget:  func(settings) error { return f.fail["forget"] },
		build:   func(ctx context.Context, _ string) (specRunner, error) { return f, f.step(ctx, "build") },
		bill:    func(settings) (*providers.Bill, error) { return f.bill, nil },
		probe: func(context.Context) ([]doctor.Check, error) {
			return []doctor.Check{{Name: "disk", Status: doctor.Failed, Finding: "3 GB are free", Fix: "free 20 GB"}}, nil
		},
	}
}

// Name implements providers.Provider.
func (*fake) Name() string { return "fake" }

// Up implements providers.Provider.
func (f *fake) Up(ctx context.Context, _ string) (providers.Cluster, error) {
	err := f.step(ctx, "up")
	return f, err
}

// Find implements providers.Finder.
func (f *fake) Find(ctx context.Context, _ string) (providers.Cluster, error) {
	return f, f.step(ctx, "find")
}

// Config implements providers.Cluster.
func (*fake) Config() *rest.Config { return nil }

// Traits implements providers.Cluster.
func (*fake) Traits() providers.Traits { return providers.Traits{HPASync: 15 * time.Second} }

// Collect implements providers.Cluster.
func (f *fake) Collect(ctx context.Context, _ string) error { return f.step(ctx, "collect") }

// Down implements providers.Cluster.
func (f *fake) Down(ctx context.Context) error { return f.step(ctx, "down") }

// Kubeconfig implements providers.KubeconfigHolder.
func (*fake) Kubeconfig() (string, string) { return "/dev/null", "fake" }

// run implements specRunner.
func (f *fake) run(ctx context.Context, job specJob) (specReport, error) {
	f.job = job
	report := specReport{results: []reports.Result{verdict(promise.Kept)}, requests: reports.Requests{Total: 7}}
	if f.seen != nil {
		report = f.seen(job)
	}
	err := f.step(ctx, "specs")
	return report, err
}

var kept = timeline.Equals(timeline.Metric, "value", 0)

func testSuites() []e2e.Suite {
	return []e2e.Suite{
		{Name: "metrics", About: "requests become numbers", Promises: []promise.Promise{
			{ID: "metrics.starts-at-zero", Level: promise.Must, Claim: "it starts at zero", Kept: kept, Limit: promise.Sum(promise.Scrape)},
			{ID: "metrics.counts", Level: promise.Must, Claim: "it counts", Kept: kept, Limit: promise.Sum(promise.Scrape)},
		}},
		{Name: "scaleout", About: "numbers become replicas", Promises: []promise.Promise{
			{ID: "scaleout.path", Level: promise.Should, Claim: "step by step", Kept: kept, Limit: promise.Sum(promise.HPASync)},
		}},
	}
}

// verdict is a result of metrics.starts-at-zero.
func verdict(outcome promise.Outcome) reports.Result {
	r := reports.Result{Suite: "metrics", Spec: "metrics starts at zero"}
	r.Verdict = promise.Verdict{
		Promise: "metrics.starts-at-zero", Level: promise.Must, Claim: "it starts at zero", Outcome: outcome, Took: time.Second,
		Limit: promise.Parts{{Name: "scrape", Count: 1, Each: 5 * time.Second}},
	}
	return r
}

// output is what a command said.
type output struct {
	code           int
	stdout, stderr string
}

// do runs the command line in a world. The variables that set flags are empty
// unless a test sets them.
func do(t *testing.T, ctx context.Context, w world, args ...string) output {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := execute(ctx, args, w, &stdout, &stderr)
	return output{code, stdout.String(), stderr.String()}
}

// TestMain forgets the variables of whoever runs the tests.
func TestMain(m *testing.M) {
	for _, name := range variables {
		if err := os.Unsetenv(name); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

var errTest = errors.New("it did not work")

// stored is the run that a command left, by way of the link.
func stored(t *testing.T, out string) *reports.Run {
	t.Helper()
	run, err := reports.Load(filepath.Join(out, "latest"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{reports.JUnitFile, reports.SummaryFile} {
		if text, err := os.ReadFile(filepath.Join(out, "latest", name)); err != nil || len(text) == 0 {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	return run
}

func phases(run *reports.Run) string {
	names := make([]string, len(run.Phases))
	for i, phase := range run.Phases {
		names[i] = phase.Name
		if phase.Error != "" {
			names[i] += "!"
		}
	}
	return strings.Join(names, " ")
}
