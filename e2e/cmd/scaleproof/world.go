package main

import (
	"context"
	"io"

	"github.com/scaleproof/scaleproof/e2e"
	"github.com/scaleproof/scaleproof/providers"
	"github.com/scaleproof/scaleproof/providers/eks"
	"github.com/scaleproof/scaleproof/providers/kind/doctor"
	"github.com/scaleproof/scaleproof/reports"
)

// world is everything outside of this command that it puts in order. Tests put
// another one in its place.
type world struct {
	// suites are all that can be run.
	suites []e2e.Suite
	// prepare makes what images and clusters need of the machine ready: for
	// kind, an engine that answers.
	prepare func(context.Context, settings, log) error
	// reserve keeps the cluster that the settings name for this command, so that no
	// other one on this machine changes or removes it under this one.
	reserve func(settings) (release func(), err error)
	// occupy keeps a cluster that others have made for this command, so that no other
	// one, of any machine, changes it; nil where none could.
	occupy func(context.Context, settings, providers.Cluster, log) (occupation, error)
	// images makes the images and says where they are.
	images func(ctx context.Context, root string, s settings, progress io.Writer) (imageSet, error)
	// provider is the one that the settings name.
	provider func(settings, imageSet, log) (providers.Provider, error)
	// install brings the stack of the source tree root onto a cluster, records
	// that in the run's folder dir, and leaves its git server running until
	// stop is called.
	install func(ctx context.Context, root, dir string, s settings, set imageSet, cluster providers.Cluster, l log) (installation, error)
	// mend undoes what mutants have done to a cluster, also in a run that was
	// killed.
	mend func(ctx context.Context, cluster providers.Cluster) error
	// recall removes from someone's git repository what was put there for a
	// cluster, and remains names what is still there.
	recall  func(context.Context, settings, log) error
	remains func(context.Context, settings) ([]string, error)
	// forget removes what lies on this machine for a cluster that is gone.
	forget func(settings) error
	// build compiles the suite and returns what runs it.
	build func(ctx context.Context, root string) (specRunner, error)
	// bill says what a cluster would cost; nil if nothing.
	bill func(settings) (*providers.Bill, error)
	// sweep finds and removes what is old in a cloud.
	sweep func(context.Context, settings, eks.SweepOptions, log) ([]eks.Swept, error)
	// token opens the API of a cluster in a region of a cloud.
	token func(ctx context.Context, cluster, region string) ([]byte, error)
	// probe looks at the machine.
	probe func(context.Context) ([]doctor.Check, error)
}

// occupation is a cluster that this command has for itself.
type occupation interface {
	// Lost tells that another command may have it.
	Lost() bool
	// Release gives it to others.
	Release(context.Context) error
}

// log tells a person what takes long.
type log func(format string, args ...any)

// imageSet is where images are, and what they were made of.
type imageSet struct {
	node, registry string // references in the engine
	store          string // the folder that the registry serves
	upstreams      []string
	coreDNSTag     string
	components     []reports.Component
	app            string // where nodes get the apps' image, if not under its own name
}

// contents are the digests of the images.
func (s imageSet) contents() []string {
	var digests []string
	for _, component := range s.components {
		digests = append(digests, component.Digest)
	}
	return digests
}

// installation is the stack on a cluster.
type installation struct {
	git  e2e.Git
	stop func() error
}

// specRunner runs the specs that a label filter leaves.
type specRunner interface {
	run(ctx context.Context, job specJob) (specReport, error)
}

// specJob is what to run.
type specJob struct {
	config e2e.Config
	filter string
	procs  int
	// private is a folder that only its owner may read, and that goes.
	private string
	// ended is told of every spec as it ends.
	ended func(reports.Spec)
}

// specReport is what came of it. It is whole also where run fails: what was
// found until then.
type specReport struct {
	results  []reports.Result
	requests reports.Requests
	problems []string
}
