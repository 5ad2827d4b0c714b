package kind

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/scaleproof/scaleproof/providers/kind/engine"
)

const (
	// removePause is between two looks at what is left.
	removePause = 200 * time.Millisecond
	// settle is for how long nothing may be seen of a cluster whose nodes stood: its
	// Karpenter may have asked for a node just before it went, and the engine lists
	// a container only when it is made, which takes it a good part of a second where
	// it is busy removing others.
	settle = time.Second
)

// remove removes all that is ours, until nothing is left and nothing is coming.
func (c *cluster) remove(ctx context.Context) error {
	ticker := time.NewTicker(removePause)
	defer ticker.Stop()
	var found survey
	var last time.Time // when any of ours was seen
	for {
		now, err := look(ctx, c.name)
		if err != nil {
			return found.stays(err)
		}
		found = now
		if err := removeContainers(ctx, found.ids()...); err != nil {
			return found.stays(err)
		}
		if len(found.nodes) > 0 {
			last = time.Now()
		}
		if found.empty() && time.Since(last) > settle {
			coming, err := c.coming(ctx, found)
			if err != nil {
				return err
			}
			if !coming {
				return errors.Join(found.taken(), c.removeNetwork(ctx), c.home.remove())
			}
		}
		select {
		case <-ctx.Done():
			return found.stays(context.Cause(ctx))
		case <-ticker.C:
		}
	}
}

// stays adds to an error the names of what was there last.
func (s survey) stays(err error) error {
	if s.empty() {
		return err
	}
	return fmt.Errorf("removing %s: %w", namesOf(s.ours()), err)
}

func (c *cluster) removeNetwork(ctx context.Context) error {
	if c.options.KeepNetwork {
		return nil
	}
	return removeNetwork(ctx, c.home)
}

// coming tells whether the engine is still creating a container of a half-made
// cluster. It goes on with that when the command that asked was killed, and
// lists the container only afterwards; but it holds the name from the start. So
// who can have the name knows that nobody comes.
func (c *cluster) coming(ctx context.Context, found survey) (bool, error) {
	stored, err := c.home.readState()
	if errors.Is(err, fs.ErrNotExist) || err == nil && stored.Plan != "" {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	for _, name := range stored.Containers {
		if slices.ContainsFunc(found.foreign, func(f container) bool { return strings.TrimPrefix(f.Name, "/") == name }) {
			continue
		}
		id, err := engine.Run(ctx, "create", "--pull", "never", "--name", name, "--label", ClusterLabel+"="+c.name, stored.Image)
		switch {
		case engine.Said(err, "is already in use by container"):
			return true, nil
		case engine.Said(err, "no such image"):
			return false, nil // then none can be made of it either
		case err != nil:
			return false, err
		}
		if err := removeContainers(ctx, id); err != nil {
			return false, err
		}
	}
	return false, nil
}
