package watch

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// clusterEvents is where Kubernetes keeps the events of objects that have no
// namespace.
const clusterEvents = "default"

// told are the reasons of events that say why a pod has no node, which it will
// get, and why a node stays or goes.
var told = []string{
	"FailedScheduling", "Nominated", "NoCompatibleInstanceTypes",
	"InsufficientCapacityError", "NodeClassNotReady", "FailedConsistencyCheck", "UnregisteredTaintMissing",
	"DisruptionBlocked", "DisruptionTerminating", "DisruptionLaunching", "Unconsolidatable",
	"Evicted", "FailedDraining", "NodeNotReady", "Preempted",
}

// eventFields reads an Event of scheduling: who says what about an object.
func eventFields(e *corev1.Event) []timeline.Moment {
	if !slices.Contains(told, e.Reason) {
		return nil
	}
	who := e.ReportingController
	if who == "" {
		who = e.Source.Component
	}
	w := writer{kind: timeline.Event, object: e.InvolvedObject.Kind + "/" + e.InvolvedObject.Name}
	w.word(who+" "+e.Reason, strings.TrimSpace(e.Message))
	return w.moments
}

// poolEventFields reads the events of pools and of the claims that are made for
// them, whose names begin with the pool's.
func poolEventFields(pools []string) func(*corev1.Event) []timeline.Moment {
	return func(e *corev1.Event) []timeline.Moment {
		for _, pool := range pools {
			about := e.InvolvedObject
			if about.Kind == "NodePool" && about.Name == pool || about.Kind == "NodeClaim" && strings.HasPrefix(about.Name, pool+"-") {
				return eventFields(e)
			}
		}
		return nil
	}
}
