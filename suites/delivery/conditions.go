package delivery

import (
	"strings"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// Flux's objects in the fixture.
const (
	source   = "delivered"
	infra    = "infra"
	workload = "workload"
)

// ready holds once a Kustomization has applied something and is ready.
func ready(name string) timeline.Condition {
	return timeline.Condition{
		Text:  "Kustomization " + name + " is ready",
		Kinds: []timeline.Kind{timeline.Kustomization},
		Holds: func(s *timeline.State) bool {
			status, ok := s.Get(timeline.Kustomization, name, "Ready")
			_, applied := s.Get(timeline.Kustomization, name, "revision")
			return ok && applied && status.Value == 1
		},
	}
}

// handled holds once Flux says that it reconciled because of a request.
func handled(name, token string) timeline.Condition {
	return timeline.Says(timeline.Kustomization, name, "handled", token)
}

// workloadBeforeInfra looks at the workload's scale target: infra has none.
// Infra may well be reconciled again later; once ready is enough.
var workloadBeforeInfra = timeline.Condition{
	Text:  "something of workload is there before infra is ready",
	Kinds: []timeline.Kind{timeline.Kustomization, timeline.Replicas},
	Holds: func(s *timeline.State) bool {
		return len(s.All(timeline.Replicas, "spec")) > 0 && !s.Was(timeline.Kustomization, infra, "Ready", 1)
	},
}

// committedIsApplied compares the threshold in force with the one that was
// committed last.
var committedIsApplied = timeline.Condition{
	Text:  "the ScaledObject has the committed threshold",
	Kinds: []timeline.Kind{timeline.ScaledObject},
	Holds: func(s *timeline.State) bool {
		want, ok1 := s.Only(timeline.Act, "threshold")
		triggers, ok2 := s.Only(timeline.ScaledObject, "triggers")
		return ok1 && ok2 && strings.Contains(triggers.Text+" ", " threshold="+timeline.Number(want.Value)+" ")
	},
}

// replicasTouched compares the scale target with what the HPA had chosen when
// the spec began to reconcile.
func replicasTouched(s *timeline.State) bool {
	chosen, ok1 := s.Value(timeline.Act, "replicas")
	told, ok2 := s.Value(timeline.Replicas, "spec")
	return ok1 && ok2 && told != chosen
}
