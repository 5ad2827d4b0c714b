package kind

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/scaleproof/scaleproof/providers"
	"github.com/scaleproof/scaleproof/providers/kind/engine"
	"github.com/scaleproof/scaleproof/providers/traits"
)

// cluster is a cluster of a name, whether it is there or not.
type cluster struct {
	name    string
	options Options
	home    home
	config  *rest.Config
	socket  string // the engine's, on its host
	traits  providers.Traits
}

var (
	_ providers.Cluster          = (*cluster)(nil)
	_ providers.HostReachable    = (*cluster)(nil)
	_ providers.KubeconfigHolder = (*cluster)(nil)
)

// Config implements providers.Cluster.
func (c *cluster) Config() *rest.Config {
	if c.config == nil {
		return nil
	}
	return rest.CopyConfig(c.config)
}

// Traits implements providers.Cluster.
func (c *cluster) Traits() providers.Traits { return c.traits }

// HostAddress implements providers.HostReachable.
func (c *cluster) HostAddress(ctx context.Context) (providers.HostAddress, error) {
	return hostAddress(ctx, c.name+"-control-plane")
}

// Kubeconfig implements providers.KubeconfigHolder.
func (c *cluster) Kubeconfig() (path, context string) { return c.home.kubeconfig(), "kind-" + c.name }

// up takes over what is there and good, or makes the cluster. Its lock is held.
func (c *cluster) up(ctx context.Context) error {
	info, err := engine.Ensure(ctx, engine.Options{CacheDir: c.options.CacheDir, Log: c.options.Log})
	if err != nil {
		return err
	}
	host, err := engine.Detect(info)
	if err != nil {
		return err
	}
	c.socket = info.Socket()
	found, err := look(ctx, c.name)
	if err != nil {
		return err
	}
	if err := found.taken(); err != nil {
		return err
	}
	image, err := c.ensureNodeImage(ctx)
	if err != nil {
		return err
	}
	config := c.describe(host)
	plan, err := planOf(config, image, c.options.Contents...)
	if err != nil {
		return err
	}
	if !found.empty() {
		unfit := c.takeOver(ctx, found, plan)
		if unfit == nil {
			return nil
		}
		if ctx.Err() != nil {
			return unfit
		}
		c.options.Log("cluster %s is made again: %v", c.name, unfit)
		if err := c.remove(ctx); err != nil {
			return err
		}
	}
	return c.create(ctx, config, plan)
}

// ensureNodeImage returns the identity of the node image, and pulls one that is
// not built here.
func (c *cluster) ensureNodeImage(ctx context.Context) (string, error) {
	image := c.options.NodeImage
	if image == "" {
		return "", errors.New("no node image was given: run scaleproof images")
	}
	id, err := imageID(ctx, image)
	if err == nil || !engine.Said(err, "no such image") || filepath.Dir(image) == "scaleproof" {
		return id, err
	}
	c.options.Log("pulling %s", image)
	if _, err := engine.Run(ctx, "pull", "--quiet", image); err != nil {
		return "", fmt.Errorf("the node image: %w", err)
	}
	return imageID(ctx, image)
}

// takeOver uses the cluster that is there, or says why it is unfit. It leaves a
// cluster that was asked for in another way, or is not complete, untouched.
func (c *cluster) takeOver(ctx context.Context, found survey, plan string) error {
	stored, err := c.home.readState()
	switch {
	case err == nil && stored.Plan == "" || errors.Is(err, os.ErrNotExist):
		return errors.New("it was never completed")
	case err != nil:
		return err
	case c.options.TokenWebhook != nil:
		return errors.New("the webhook that it asked about tokens is gone")
	case stored.Plan != plan:
		return errors.New("it was asked for with another image or configuration")
	case len(found.lasting()) < c.options.Nodes:
		return fmt.Errorf("%d of %d nodes are left", len(found.lasting()), c.options.Nodes)
	}
	for _, node := range found.lasting() {
		if !node.State.Running {
			return fmt.Errorf("its node %s does not run", node.Name)
		}
	}
	if err := c.writeNodeFiles(); err != nil {
		return err
	}
	if err := c.ensureRegistry(ctx, found.registry); err != nil {
		return err
	}
	if err := c.connect(); err != nil {
		return err
	}
	if err := c.settle(ctx, takeOverLimit); err != nil {
		return err
	}
	c.cost(stored.Took)
	return nil
}

// connect reads the kubeconfig.
func (c *cluster) connect() error {
	config, err := loadConfig(c.home.kubeconfig())
	c.config = config
	return err
}

// settle applies the addons, waits until the cluster is ready, within the limit,
// and looks at its traits.
func (c *cluster) settle(ctx context.Context, limit time.Duration) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("it was given %v", limit))
	defer cancel()
	client, err := kubernetes.NewForConfig(c.config)
	if err != nil {
		return err
	}
	if err := awaitAPI(ctx, client); err != nil {
		return err
	}
	if err := c.applyAddons(ctx); err != nil {
		return err
	}
	if err := c.awaitReady(ctx, client); err != nil {
		return err
	}
	found, err := traits.Read(ctx, c.config)
	if err != nil {
		return err
	}
	found.RealNodes = true
	c.traits = found
	return nil
}

// loadConfig reads a kubeconfig. Its rate is that of one busy suite: the
// client's default of 5 requests a second would hold back what is measured.
func loadConfig(path string) (*rest.Config, error) {
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		return nil, err
	}
	config.QPS, config.Burst = 100, 200
	return config, nil
}

// writeNodeFiles fills the folder that nodes have mounted. It changes files in
// place: nodes see the folder itself, which must stay the same one.
func (c *cluster) writeNodeFiles() error {
	for name, content := range c.nodeFiles() {
		if err := replace(filepath.Join(c.home.node(), name), []byte(content)); err != nil {
			return err
		}
	}
	return nil
}

// Down implements providers.Cluster. Containers that only share the name are
// left alone and named in the error.
func (c *cluster) Down(ctx context.Context) error {
	release, err := c.home.claim()
	if err != nil {
		return fmt.Errorf("cluster %s: %w", c.name, err)
	}
	defer release()
	if err := c.wakeAndRemove(ctx); err != nil {
		return fmt.Errorf("cluster %s: %w", c.name, err)
	}
	return nil
}

// wakeAndRemove removes the cluster from an engine that may have to be started
// first. Without a docker command, and without a note of what was asked of one,
// no engine can have anything of it.
func (c *cluster) wakeAndRemove(ctx context.Context) error {
	err := engine.Wake(ctx, engine.Options{CacheDir: c.options.CacheDir, Log: c.options.Log})
	if _, noted := c.home.readState(); errors.Is(err, exec.ErrNotFound) && errors.Is(noted, os.ErrNotExist) {
		return c.home.remove()
	}
	if err != nil {
		return err
	}
	return c.remove(ctx)
}
