package delivery

import (
	"slices"
	"strings"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// Flux's objects in the fixture.
const (
	source   = "delivered"
	infra    = "infra"
	workload = "workload"
)

// broken is the fixture that the API server refuses.
const broken = "delivered/broken"

// scaled is the ScaledObject that workload brings.
const scaled = "gauge"

// What a spec notes for the judge of that object's threshold.
const (
	inGit  = "threshold"
	byHand = "threshold by hand"
)

var workloadIsReady = timeline.Condition{
	Text:  "Kustomization workload is ready",
	Kinds: []timeline.Kind{timeline.Kustomization},
	Holds: func(s *timeline.State) bool {
		status, ok := s.Get(timeline.Kustomization, workload, "Ready")
		_, applied := s.Get(timeline.Kustomization, workload, "revision")
		return ok && applied && status.Value == 1
	},
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
		triggers, ok := s.Only(timeline.ScaledObject, "triggers")
		return ok && hasThreshold(s, triggers, inGit)
	},
}

// hasThreshold compares the threshold of triggers with one that a spec noted.
func hasThreshold(s *timeline.State, triggers timeline.Moment, noted string) bool {
	want, ok := s.Only(timeline.Act, noted)
	return ok && strings.Contains(triggers.Text+" ", " threshold="+timeline.Number(want.Value)+" ")
}

// editIsUndone asks that the edit was seen too: before it, all is as git says.
var editIsUndone = timeline.Condition{
	Text:  "the ScaledObject has the committed threshold again, after it had another",
	Kinds: committedIsApplied.Kinds,
	Holds: func(s *timeline.State) bool {
		edited := func(m *timeline.Moment) bool { return hasThreshold(s, *m, byHand) }
		return committedIsApplied.Holds(s) && slices.ContainsFunc(s.History(timeline.ScaledObject, "triggers"), edited)
	},
}

// brokenIsReported looks at the attempt at what was committed last: Flux may be
// busy with what was there before.
var brokenIsReported = timeline.Condition{
	Text:  "Kustomization workload says that it failed to apply the commit",
	Kinds: []timeline.Kind{timeline.Kustomization},
	Holds: func(s *timeline.State) bool {
		committed, ok1 := s.Get(timeline.Act, broken, "commit")
		attempted, ok2 := s.Get(timeline.Kustomization, workload, "attempted")
		status, ok3 := s.Get(timeline.Kustomization, workload, "Ready")
		return ok1 && ok2 && ok3 && attempted.Text == committed.Text && status.Value == 0 && strings.HasSuffix(status.Text, "Failed")
	},
}

// lastGoodIsLost compares with what was committed before the broken commit, which
// has another threshold.
var lastGoodIsLost = timeline.Condition{
	Text:  "the ScaledObject is gone, or has another threshold than the last good commit",
	Kinds: []timeline.Kind{timeline.ScaledObject},
	Holds: func(s *timeline.State) bool { return !committedIsApplied.Holds(s) },
}

// leftIsGone asks that what left git was there when it did.
var leftIsGone = timeline.Condition{
	Text:  "the ScaledObject that left git was ready, and is gone",
	Kinds: []timeline.Kind{timeline.ScaledObject},
	Holds: func(s *timeline.State) bool {
		_, there := s.Get(timeline.ScaledObject, scaled, "Ready")
		return !there && s.Was(timeline.ScaledObject, scaled, "Ready", 1)
	},
}

var reconciledTwice = timeline.Condition{
	Text:  "the Kustomization that was asked twice to reconcile has done so",
	Kinds: []timeline.Kind{timeline.Kustomization},
	Holds: func(s *timeline.State) bool { // a spec asks when the last one was handled
		handled := map[string]bool{}
		for _, m := range s.History(timeline.Kustomization, "handled") {
			handled[m.Text] = true
		}
		return len(handled) >= 2
	},
}

// replicasTouched compares the scale target with what the HPA had chosen when
// the spec began to reconcile.
func replicasTouched(s *timeline.State) bool {
	chosen, ok1 := s.Value(timeline.Act, "replicas")
	told, ok2 := s.Value(timeline.Replicas, "spec")
	return ok1 && ok2 && told != chosen
}
