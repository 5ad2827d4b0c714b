package kind

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/scaleproof/scaleproof/providers/kind/engine"
)

const (
	// registryPort is what the registry listens on inside the network.
	registryPort = "5000"
	// storePath is where the registry has the store mounted.
	storePath = "/store"
	// registryPlanLabel tells how the registry was asked for.
	registryPlanLabel = "scaleproof.dev/plan"
)

// ensureRegistry runs the registry beside the nodes. One of ours that serves
// another store, or is of another image, is replaced.
func (c *cluster) ensureRegistry(ctx context.Context, found *container) error {
	image := c.options.RegistryImage
	if image == "" {
		return nil
	}
	if _, err := os.Stat(filepath.Join(c.options.Store, "index.json")); err != nil {
		return fmt.Errorf("the store of images is not there: run scaleproof images: %w", err)
	}
	id, err := imageID(ctx, image)
	if err != nil {
		return fmt.Errorf("the registry's image: %w", err)
	}
	plan := digest(id, c.options.Store, registryHost(c.name))
	if found != nil && found.State.Running && found.Config.Labels[registryPlanLabel] == plan {
		return nil
	}
	if found != nil {
		if err := removeContainers(ctx, found.ID); err != nil {
			return err
		}
	}
	_, err = engine.Run(ctx, "run", "--detach", "--name", registryName(c.name), "--hostname", registryName(c.name),
		"--network", networkName, "--network-alias", registryHost(c.name), "--restart", "on-failure:1",
		// Only reading is asked for, of files that were not labelled for it.
		"--security-opt", "label=disable",
		"--label", ClusterLabel+"="+c.name, "--label", registryPlanLabel+"="+plan,
		"--volume", c.options.Store+":"+storePath+":ro", image)
	return err
}

// imageID is the identity of an image that the engine has.
func imageID(ctx context.Context, image string) (string, error) {
	id, err := engine.Run(ctx, "image", "inspect", "--format", "{{.Id}}", image)
	if engine.Said(err, "no such image") {
		return "", fmt.Errorf("%s is not in the engine: run scaleproof images: %w", image, err)
	}
	return id, err
}

// removeContainers removes containers with their anonymous volumes. One that is
// gone is no error.
func removeContainers(ctx context.Context, ids ...string) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := engine.Run(ctx, append([]string{"rm", "--force", "--volumes"}, ids...)...)
	if engine.Said(err, "no such container") || engine.Said(err, "already in progress") {
		return nil
	}
	return err
}
