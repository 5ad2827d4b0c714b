package kind

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/scaleproof/scaleproof/providers/evidence"
	"github.com/scaleproof/scaleproof/providers/kind/engine"
)

// Collect implements providers.Cluster. Nodes are read through the engine, also
// when the API server is dead or the nodes were stopped.
func (c *cluster) Collect(ctx context.Context, dir string) error {
	found, err := look(ctx, c.name)
	failed := []error{err}
	for _, node := range found.nodes {
		failed = append(failed, collectNode(ctx, node, filepath.Join(dir, "nodes", strings.TrimPrefix(node.Name, "/"))))
	}
	if found.registry != nil {
		failed = append(failed, collectContainer(ctx, *found.registry, filepath.Join(dir, "registry")))
	}
	if c.config == nil {
		failed = append(failed, errors.New("no objects and logs: the cluster has no kubeconfig"))
	} else {
		failed = append(failed, evidence.Collect(ctx, c.config, dir))
	}
	if err := errors.Join(failed...); err != nil {
		return fmt.Errorf("cluster %s: collecting: %w", c.name, err)
	}
	return nil
}

// collectNode writes a node's journal, if it runs, and the logs of its pods.
func collectNode(ctx context.Context, node container, dir string) error {
	failed := []error{collectContainer(ctx, node, dir)}
	if node.State.Running {
		failed = append(failed, toFile(ctx, filepath.Join(dir, "journal.log"), "exec", node.ID, "journalctl", "--no-pager"))
	}
	_, err := engine.Run(ctx, "cp", node.ID+":/var/log/pods", filepath.Join(dir, "pods"))
	if engine.Said(err, "could not find the file") {
		err = nil // the node never got as far as a pod
	}
	return errors.Join(append(failed, err)...)
}

// collectContainer writes what the engine knows of a container.
func collectContainer(ctx context.Context, c container, dir string) error {
	return errors.Join(
		toFile(ctx, filepath.Join(dir, "inspect.json"), "inspect", c.ID),
		intoFile(filepath.Join(dir, "console.log"), func(to io.Writer) error { return engine.Logs(ctx, c.ID, to) }),
	)
}

// toFile writes what a docker command prints, also if it fails half way.
func toFile(ctx context.Context, path string, args ...string) error {
	return intoFile(path, func(to io.Writer) error { return engine.Stream(ctx, nil, to, args...) })
}

func intoFile(path string, fill func(io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(fill(file), file.Close())
}
