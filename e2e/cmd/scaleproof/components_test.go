package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/fixtures/images"
	"github.com/scaleproof/scaleproof/reports"
)

func TestComponentsOf(t *testing.T) {
	made := images.Set{
		Node:   []images.Image{{Component: "node", Version: "v1.36.4", Reference: "kindest/node:v1.36.4", Digest: "sha256:00", Source: "pulled"}},
		Images: []images.Image{{Component: "keda", Version: "v2.21.0", Reference: "ghcr.io/kedacore/keda:2.21.0", Digest: "sha256:01", Source: "built"}},
	}
	want := []reports.Component{
		{Name: "node", Version: "v1.36.4", Reference: "kindest/node:v1.36.4", Digest: "sha256:00", Source: "pulled"},
		{Name: "keda", Version: "v2.21.0", Reference: "ghcr.io/kedacore/keda:2.21.0", Digest: "sha256:01", Source: "built"},
	}
	if diff := cmp.Diff(want, componentsOf(made)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
