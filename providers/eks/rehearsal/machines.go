package rehearsal

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
	"github.com/scaleproof/scaleproof/providers/kind/engine"
)

// Labels of the containers that Karpenter's provider for kind makes.
const (
	kindLabel = "io.x-k8s.kind.cluster"
	poolLabel = "karpenter.sh/nodepool"
	typeLabel = "node.kubernetes.io/instance-type"
	archLabel = "kubernetes.io/arch"
)

const (
	// endLimit is how long the engine may take to remove a container.
	endLimit = 30 * time.Second
	// lookEvery is how old what is known of the machines may be where the engine
	// tells of no event: those who ask for them do so once a second, and hold all of
	// the cloud while they do.
	lookEvery = time.Second
)

// fleet is what was last seen of the machines.
type fleet struct {
	mu  sync.Mutex
	all []cloud.Machine
	err error
}

// now answers at once.
func (f *fleet) now() ([]cloud.Machine, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.all, f.err
}

func (f *fleet) saw(all []cloud.Machine, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all, f.err = all, err
}

// watchMachines looks for the machines whenever one comes or goes, and from time to
// time, until the context ends. From then on nobody knows of them.
func (p *plant) watchMachines(ctx context.Context) *fleet {
	seen := &fleet{}
	seen.saw(p.machines(ctx))
	changed := p.machineEvents(ctx)
	go func() {
		ticker := time.NewTicker(lookEvery)
		defer ticker.Stop()
		for ctx.Err() == nil {
			select {
			case <-changed:
			case <-ticker.C:
			case <-ctx.Done():
			}
			seen.saw(p.machines(ctx))
		}
		seen.saw(nil, context.Cause(ctx))
	}()
	return seen
}

// bell is rung by whatever is written.
type bell chan struct{}

// Write implements io.Writer.
func (b bell) Write(text []byte) (int, error) {
	select {
	case b <- struct{}{}:
	default: // it rings already
	}
	return len(text), nil
}

// machineEvents rings when a machine comes or goes, for as long as the engine tells.
func (p *plant) machineEvents(ctx context.Context) <-chan struct{} {
	rings := make(bell, 1)
	go func() {
		// An engine that tells nothing is looked at from time to time.
		_ = engine.Stream(ctx, nil, rings, "events", "--filter", "label="+kindLabel+"="+p.options.Cluster, "--filter", "label="+poolLabel,
			"--filter", "event=create", "--filter", "event=destroy")
	}()
	return rings
}

// machines are the containers of nodes that Karpenter has made, as EC2 would
// tell of them. In Auto Mode a node has the name of its instance; so here an
// instance has the name of its node.
func (p *plant) machines(ctx context.Context) ([]cloud.Machine, error) {
	format := []string{"{{.Names}}"}
	for _, label := range []string{poolLabel, typeLabel, archLabel} {
		format = append(format, `{{.Label "`+label+`"}}`)
	}
	text, err := engine.Run(ctx, "ps", "--all", "--filter", "label="+kindLabel+"="+p.options.Cluster, "--filter", "label="+poolLabel,
		"--format", strings.Join(format, " "))
	if err != nil {
		return nil, err
	}
	all := parseMachines(text)
	for i := range all {
		all[i].End = func() { p.endMachine(ctx, all[i].ID) }
	}
	return all, nil
}

// endMachine removes the container of a node, as when its instance is terminated.
func (p *plant) endMachine(ctx context.Context, name string) {
	go func() {
		ctx, cancel := context.WithTimeout(ctx, endLimit)
		defer cancel()
		if _, err := engine.Run(ctx, "rm", "--force", "--volumes", name); err != nil && !engine.Said(err, "no such container") {
			p.options.Log("the instance %s: %v", name, err)
		}
	}()
}

// parseMachines reads a line for each container.
func parseMachines(text string) []cloud.Machine {
	var all []cloud.Machine
	for line := range strings.Lines(text) {
		if fields := strings.Fields(line); len(fields) == 4 {
			arch := map[string]string{"amd64": "x86_64"}[fields[3]]
			if arch == "" {
				arch = fields[3]
			}
			all = append(all, cloud.Machine{ID: fields[0], Pool: fields[1], Type: fields[2], Arch: arch})
		}
	}
	return all
}
