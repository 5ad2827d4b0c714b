package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/scaleproof/scaleproof/fixtures/images"
	"github.com/scaleproof/scaleproof/providers/kind/engine"
	"github.com/scaleproof/scaleproof/reports"
	"github.com/scaleproof/scaleproof/reports/progress"
)

// errNoImage is that nothing says where nodes get the one image that is ours.
var errNoImage = errors.New("no place for the apps' image, which is ours and on no public registry: " +
	"set APP_IMAGE to where it is to be pushed and the nodes may pull it, as in REGISTRY/example-app:v1, " +
	"and APP_IMAGE_PRESENT=1 if it is there already")

// checkImage refuses a reference that cannot be pushed to.
func (s *settings) checkImage() error {
	if s.appImage == "" {
		return nil
	}
	reference, err := name.ParseReference(s.appImage)
	if err != nil {
		return fmt.Errorf("APP_IMAGE or --app-image: %w", err)
	}
	if _, fixed := reference.(name.Digest); fixed && !s.appPresent {
		return fmt.Errorf("APP_IMAGE or --app-image %s has a digest, and what is built has its own: leave it out, or set APP_IMAGE_PRESENT=1", s.appImage)
	}
	return nil
}

// publish pushes the apps' image to where the settings want it, and returns what
// manifests name it by; "" where they keep its own name.
func publish(ctx context.Context, root string, s settings, out io.Writer) (string, error) {
	if s.appImage == "" || s.appPresent {
		return s.appImage, nil
	}
	cache, err := engine.CacheDir()
	if err != nil {
		return "", err
	}
	board := progress.New(out)
	defer board.Close()
	return images.Publish(ctx, images.Options{Root: root, Cache: cache, Progress: board, Redact: reports.Redact}, "example-app", s.appImage)
}
