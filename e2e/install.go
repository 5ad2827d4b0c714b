package e2e

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/onsi/ginkgo/v2"
	"k8s.io/client-go/rest"

	"github.com/scaleproof/scaleproof/e2e/timeline"
	"github.com/scaleproof/scaleproof/e2e/watch"
	"github.com/scaleproof/scaleproof/fixtures/stack"
)

// installation names the timeline of the run's own installation.
const installation = "install"

// RecordInstall records, for a run's specs to judge, how Flux delivers the
// stack, until it is stopped. Flux's own kinds must be there; those that it
// delivers need not.
func RecordInstall(ctx context.Context, config *rest.Config, runDir string) (stop func() error, err error) {
	clients, err := watch.NewClients(config)
	if err != nil {
		return nil, fmt.Errorf("record the installation: %w", err)
	}
	tl := timeline.New()
	recorder, err := watch.Start(ctx, clients, watch.Target{
		Flux: stack.FluxNamespace, Installing: stack.WorkloadNamespace, ScaleTarget: stack.ExampleDeployment,
	}, tl)
	if err != nil {
		return nil, fmt.Errorf("record the installation: %w", err)
	}
	return func() error {
		recorder.Stop()
		folder := filepath.Join(runDir, timelines)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
		return tl.Save(filepath.Join(folder, installation+".jsonl"))
	}, nil
}

// Installed returns what the run recorded of its own installation, and when
// that began. Where the run installed nothing the spec is skipped.
func (e *Env) Installed() (*Scene, time.Time) {
	ginkgo.GinkgoHelper()
	scene := &Scene{env: e, name: installation, namespace: stack.FluxNamespace}
	tl, err := timeline.Open(filepath.Join(e.config.RunDir, timelines, scene.file()))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		ginkgo.Skip("the run installed nothing")
	case err != nil:
		ginkgo.Fail(err.Error())
	case len(tl.Moments()) == 0:
		ginkgo.Fail("nothing was recorded of the installation")
	case stood(tl.Moments()):
		ginkgo.Skip("the run installed nothing: the stack stood already")
	}
	scene.Timeline = tl
	return scene, tl.Moments()[0].At
}

// stood tells whether the first look at the workload found it there.
func stood(moments []timeline.Moment) bool {
	for _, m := range moments {
		if m.Kind == timeline.Replicas {
			return true
		}
		if m.Kind == timeline.Gap && m.Field == string(timeline.Replicas) {
			return false
		}
	}
	return false
}
