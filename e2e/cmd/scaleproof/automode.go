package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/scaleproof/scaleproof/fixtures"
	"github.com/scaleproof/scaleproof/fixtures/stack"
)

// autoMode is Karpenter as the stack has it for kind, which EKS Auto Mode brings
// itself: with the two pools, and without what scrapes it, since nobody can
// scrape the cloud's.
func autoMode(ctx context.Context, source stack.Source) ([]*unstructured.Unstructured, error) {
	files, err := stack.Render(ctx, source)
	if err != nil {
		return nil, err
	}
	name := "infra/" + stack.Karpenter + ".yaml"
	objects, err := fixtures.Decode(name, files[name])
	if err != nil {
		return nil, err
	}
	var kept []*unstructured.Unstructured
	for _, object := range objects {
		switch object.GetKind() {
		case "PodMonitor":
			continue
		case "NodePool":
			if err := pinArchitecture(object, runtime.GOARCH); err != nil {
				return nil, err
			}
		}
		kept = append(kept, object)
	}
	if len(kept) == 0 {
		return nil, fmt.Errorf("the stack has no %s to rehearse with", stack.Karpenter)
	}
	return kept, nil
}

// pinArchitecture has a pool say which machines it launches, as Auto Mode's say.
func pinArchitecture(pool *unstructured.Unstructured, architecture string) error {
	path := []string{"spec", "template", "spec", "requirements"}
	requirements, found, err := unstructured.NestedSlice(pool.Object, path...)
	if err != nil || !found {
		return errors.Join(err, fmt.Errorf("NodePool %s has no requirements", pool.GetName()))
	}
	requirements = append(requirements, map[string]any{"key": "kubernetes.io/arch", "operator": "In", "values": []any{architecture}})
	return unstructured.SetNestedSlice(pool.Object, requirements, path...)
}
