package kind

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"sigs.k8s.io/kind/pkg/apis/config/v1alpha4"
	kindcluster "sigs.k8s.io/kind/pkg/cluster"
	"sigs.k8s.io/kind/pkg/exec"

	"github.com/scaleproof/scaleproof/providers/kind/doctor"
)

// abandonLimit is how long kind's library gets to notice that its nodes are
// gone. It notices with the command it is running, within seconds.
const abandonLimit = 30 * time.Second

// create makes a cluster where there is none. When the context ends, what was
// made is removed. On any other failure it stays, for Collect to read, until
// the next Up or Down.
func (c *cluster) create(ctx context.Context, config *v1alpha4.Cluster, plan string) error {
	made := state{Containers: containerNames(c.name, c.options), Image: c.options.NodeImage}
	if err := c.home.writeState(made); err != nil {
		return err
	}
	begin := time.Now()
	err := c.build(ctx, config)
	switch {
	case err == nil:
		made.Plan, made.Took = plan, time.Since(begin)
		c.cost(made.Took)
		return errors.Join(c.home.writeState(made), c.home.writeMachine(machine{Specs: c.traits.Specs}))
	case ctx.Err() == nil:
		return err
	}
	// The context that ended gives the clean-up only its values.
	cleaning, cancel := context.WithTimeout(context.WithoutCancel(ctx), abandonLimit)
	defer cancel()
	return errors.Join(err, c.remove(cleaning))
}

// containerNames are those that kind gives to the nodes, and the registry's.
func containerNames(cluster string, options Options) []string {
	names := []string{cluster + "-control-plane"}
	for worker := 1; worker < options.Nodes; worker++ {
		name := cluster + "-worker"
		if worker > 1 {
			name += strconv.Itoa(worker)
		}
		names = append(names, name)
	}
	if options.RegistryImage != "" {
		names = append(names, registryName(cluster))
	}
	return names
}

// build makes the parts and waits until they work together.
func (c *cluster) build(ctx context.Context, config *v1alpha4.Cluster) error {
	if err := c.writeNodeFiles(); err != nil {
		return err
	}
	if err := raiseInotify(doctor.InotifyInstances, c.options.Log); err != nil {
		return err
	}
	if err := c.occupyNetwork(ctx); err != nil {
		return err
	}
	if err := c.writeTokenWebhook(ctx); err != nil {
		return err
	}
	if err := c.createNodes(ctx, config); err != nil {
		return err
	}
	if err := c.connect(); err != nil {
		return err
	}
	return c.settle(ctx, createLimit)
}

// occupyNetwork makes the network and puts the registry on it, before another
// cluster's Down can find it unused and remove it: kind would make one that bears
// no label, and nobody would remove that.
func (c *cluster) occupyNetwork(ctx context.Context) error {
	release, err := c.home.claimNetwork(ctx)
	if err != nil {
		return err
	}
	defer release()
	if err := ensureNetwork(ctx); err != nil {
		return err
	}
	return c.ensureRegistry(ctx, nil)
}

// createNodes runs kind's library, which takes no context: when ours ends, the
// nodes are taken from under it until it gives up.
func (c *cluster) createNodes(ctx context.Context, config *v1alpha4.Cluster) error {
	c.options.Log("creating %d node(s) from %s", c.options.Nodes, c.options.NodeImage)
	var failed error
	done := make(chan struct{})
	go func() {
		defer close(done)
		library := kindcluster.NewProvider(kindcluster.ProviderWithDocker(), kindcluster.ProviderWithLogger(progress{c.options.Log}))
		failed = library.Create(c.name,
			kindcluster.CreateWithV1Alpha4Config(config),
			kindcluster.CreateWithKubeconfigPath(c.home.kubeconfig()),
			kindcluster.CreateWithRetain(true))
	}()
	select {
	case <-done:
		return explain(failed)
	case <-ctx.Done():
		return errors.Join(context.Cause(ctx), c.abandon(ctx, done))
	}
}

// abandon removes nodes, also those that kind has yet to make, until kind
// returns.
func (c *cluster) abandon(ctx context.Context, done <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abandonLimit)
	defer cancel()
	ticker := time.NewTicker(300 * time.Millisecond)
	defer ticker.Stop()
	for {
		found, err := look(ctx, c.name)
		if err == nil {
			err = removeContainers(ctx, found.ids()...)
		}
		select {
		case <-done:
			return nil
		case <-ctx.Done():
			return errors.Join(err, fmt.Errorf("nodes may be left: run scaleproof down --cluster-name %s", c.name))
		case <-ticker.C:
		}
	}
}

// explain adds to an error of kind's what the failed command said last.
func explain(err error) error {
	failed := exec.RunErrorForError(err)
	if failed == nil {
		return err
	}
	lines := strings.Split(strings.TrimSpace(string(failed.Output)), "\n")
	const most = 20
	return fmt.Errorf("%w:\n%s", err, strings.Join(lines[max(0, len(lines)-most):], "\n"))
}
