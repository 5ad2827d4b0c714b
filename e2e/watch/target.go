package watch

import (
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// scaleTargets knows which deployments are scaled, from the ScaledObjects that
// name them. What it does not know is written as kind deployment; when a
// ScaledObject comes later, its deployment changes kind in the timeline.
type scaleTargets struct {
	scaledObject string // take just this one's word; empty: everyone's
	fixed        string // named by the caller: a target whoever scales it

	deployments *ledger // rewritten when a ScaledObject names another target

	mu   sync.Mutex
	refs map[string]string // ScaledObject -> deployment
}

func newScaleTargets(t Target, deployments *ledger) *scaleTargets {
	s := &scaleTargets{scaledObject: t.ScaledObject, fixed: t.ScaleTarget, deployments: deployments, refs: map[string]string{}}
	deployments.kind = s.kind
	return s
}

// note reads a ScaledObject, and who it scales.
func (s *scaleTargets) note(o *unstructured.Unstructured) []timeline.Moment {
	if name := o.GetName(); s.scaledObject == "" || s.scaledObject == name {
		s.set(name, deploymentOf(o))
	}
	return scaledObjectFields(o)
}

// forget is told of a ScaledObject that was deleted: its deployment is one that
// nothing scales again.
func (s *scaleTargets) forget(scaledObject string) { s.set(scaledObject, "") }

func (s *scaleTargets) set(scaledObject, deployment string) {
	s.mu.Lock()
	before := s.refs[scaledObject]
	s.refs[scaledObject] = deployment
	s.mu.Unlock()
	if before != deployment {
		s.deployments.rekind()
	}
}

// kind returns what a deployment is written as.
func (s *scaleTargets) kind(deployment string) timeline.Kind {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fixed == deployment {
		return timeline.Replicas
	}
	for _, ref := range s.refs {
		if ref == deployment {
			return timeline.Replicas
		}
	}
	return timeline.Deployment
}

// deploymentOf returns the deployment that a ScaledObject scales; empty where
// it scales something else.
func deploymentOf(o *unstructured.Unstructured) string {
	if kind := text(o, "spec", "scaleTargetRef", "kind"); kind != "" && kind != "Deployment" {
		return ""
	}
	return text(o, "spec", "scaleTargetRef", "name")
}
