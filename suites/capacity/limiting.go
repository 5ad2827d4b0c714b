package capacity

import (
	"slices"
	"strings"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

var limitPassed = timeline.Condition{
	Text:  "the pool's nodes have more cores than its limit",
	Kinds: []timeline.Kind{timeline.NodeClaim},
	Holds: func(s *timeline.State) bool {
		limit, ok := s.Value(timeline.Act, allowed)
		total := 0.0
		for _, m := range s.All(timeline.NodeClaim, "cpu") {
			total += m.Value
		}
		return ok && total > limit
	},
}

// tooMuch is how Karpenter says that a pool's limit is why it makes no node.
const tooMuch = "exceed limits"

// limitTold holds once pods run on nodes of the pool, and Karpenter has given each
// of the others a reason why it does not, and the limit as the reason to as many as
// these are. By then all nodes that were made for them are known.
//
// That it were the same pods is no promise: which pods get the room is the
// scheduler's choice and not Karpenter's. It may be one that was told of the limit,
// and the one whose node that was stay without. Karpenter gives a pod one reason in
// five minutes (provisioning/scheduling, PodFailedToScheduleEvent), and has told
// that one already that its node was not ready.
var limitTold = timeline.Condition{
	Text:  "pods run on nodes of the pool, Karpenter has told all others why they do not, and as many as these: " + tooMuch,
	Kinds: []timeline.Kind{timeline.Pod, timeline.Node, timeline.Event},
	Holds: func(s *timeline.State) bool {
		pods := active(s)
		wanted, run, told := asksFor(s), runOnNodes(s), toldOf(s, tooMuch)
		unheard := func(pod timeline.Moment) bool {
			return !runsOnNode(s, pod) && word(s, timeline.Event, "Pod/"+pod.Object, failedToSchedule) == ""
		}
		return wanted > 0 && float64(len(pods)) >= wanted && run > 0 && told > 0 && run+told >= wanted &&
			!slices.ContainsFunc(pods, unheard)
	},
}

// failedToSchedule is how Karpenter tells a pod why it has no node.
const failedToSchedule = "karpenter FailedScheduling"

// toldOf is how many pods Karpenter has given a text as the reason why they have no
// node.
func toldOf(s *timeline.State, text string) (count float64) {
	for _, event := range s.All(timeline.Event, failedToSchedule) {
		if strings.Contains(event.Text, text) {
			count++
		}
	}
	return count
}

// says holds once Karpenter gives a text as the reason why a pod has no node.
func says(text string) timeline.Condition {
	return timeline.Condition{
		Text:  "Karpenter says of a pod: " + text,
		Kinds: []timeline.Kind{timeline.Event},
		Holds: func(s *timeline.State) bool { return toldOf(s, text) > 0 },
	}
}
