package eks

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"sigs.k8s.io/yaml"

	"github.com/scaleproof/scaleproof/providers/eks/cloud"
	"github.com/scaleproof/scaleproof/providers/eks/control"
	"github.com/scaleproof/scaleproof/providers/evidence"
)

// Collect implements providers.Cluster: the objects and the logs, all of which
// are ours, and what AWS says of the control plane and of the stack.
func (c *cluster) Collect(ctx context.Context, dir string) error {
	failed := []error{c.collectCloud(ctx, filepath.Join(dir, "aws"))}
	if c.config == nil {
		failed = append(failed, errors.New("no objects and logs: the cluster has no API yet"))
	} else {
		failed = append(failed, evidence.Collect(ctx, c.config, dir))
	}
	return c.seal(errors.Join(append(failed, c.redact(dir))...))
}

// redact takes what is private out of every file below a folder: an image's name,
// and so a Pod, may tell the account's id.
func (c *cluster) redact(dir string) error {
	hide := cloud.Redact
	if c.reach != nil {
		hide = c.reach.account.Redact
	}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if clean := hide(string(text)); clean != string(text) {
			return os.WriteFile(path, []byte(clean), 0o644)
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil // nothing was written
	}
	return err
}

// collectCloud writes what AWS says.
func (c *cluster) collectCloud(ctx context.Context, dir string) error {
	if c.reach == nil {
		return errors.New("nothing of AWS: it was not reached")
	}
	plane, err := c.reach.planes.Find(ctx, c.name)
	failed := []error{err}
	if plane != nil {
		failed = append(failed, c.write(filepath.Join(dir, "cluster.yaml"), map[string]any{
			"name": plane.Name, "status": plane.Status, "version": plane.Version, "platform": plane.PlatformVersion,
			"health": fmt.Sprint(control.Issues(plane)), "compute": plane.ComputeConfig, "network": plane.KubernetesNetworkConfig,
		}))
	}
	base, err := c.reach.stacks.Find(ctx, c.name)
	failed = append(failed, err)
	if base != nil {
		failed = append(failed, c.write(filepath.Join(dir, "stack.yaml"), map[string]any{
			"name": base.Name, "status": base.Status, "said": c.reach.stacks.Explain(ctx, base).Error(),
		}))
	}
	return errors.Join(failed...)
}

func (c *cluster) write(path string, value any) error {
	text, err := yaml.Marshal(value)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}
