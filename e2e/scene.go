package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2"

	"github.com/scaleproof/scaleproof/e2e/timeline"
	"github.com/scaleproof/scaleproof/e2e/watch"
)

// samplePeriod is how often is read what cannot be watched, and so the error
// bound of such a moment. It is under the shortest scrape interval and poll
// that a promise is made of, and no shorter: each read of an external metric
// makes KEDA query Prometheus, and many apps are read at once.
const samplePeriod = time.Second

// Scene is a part of the cluster that is being recorded: all that a spec
// proves is read from its timeline.
type Scene struct {
	Timeline *timeline.Timeline

	env       *Env
	name      string
	namespace string
	pools     []string
	recorder  *watch.Recorder
}

// record starts recording a scene until the spec ends. What is recorded goes to
// its file at once, so that a run that is killed keeps what it saw.
func (e *Env) record(ctx context.Context, name string, target watch.Target) *Scene {
	ginkgo.GinkgoHelper()
	recording, stop := context.WithCancel(context.WithoutCancel(ctx))
	scene := &Scene{Timeline: timeline.New(), env: e, name: name, namespace: target.Namespace, pools: target.Pools}
	file, err := os.Create(filepath.Join(e.config.RunDir, timelines, scene.file()))
	if err != nil {
		stop()
		ginkgo.Fail(fmt.Sprintf("record %s: %v", name, err))
	}
	stored := make(chan error, 1)
	go func() { stored <- scene.Timeline.Follow(recording, file) }()
	ginkgo.DeferCleanup(func() error {
		if scene.recorder != nil {
			scene.recorder.Stop()
		}
		stop()
		return errors.Join(<-stored, file.Close())
	})
	if scene.recorder, err = watch.Start(recording, e.watched, target, scene.Timeline); err != nil {
		ginkgo.Fail(fmt.Sprintf("record %s: %v", name, err))
	}
	return scene
}

// Act records what the spec did, and returns when.
func (s *Scene) Act(object, field, text string) time.Time {
	return s.Timeline.Record(timeline.Moment{Kind: timeline.Act, Object: object, Field: field, Text: text})
}

// file is the name of the scene's timeline.
func (s *Scene) file() string {
	return strings.NewReplacer("/", "-", " ", "-").Replace(s.name) + ".jsonl"
}

// Now is the state after the last moment.
func (s *Scene) Now() *timeline.State {
	state := timeline.NewState()
	for _, m := range s.Timeline.Moments() {
		state.Apply(m)
	}
	return state
}
