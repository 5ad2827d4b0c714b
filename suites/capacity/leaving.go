package capacity

import (
	"slices"
	"time"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// rounding is how much too early Karpenter may be: it keeps the time of a pod's
// end in whole seconds.
const rounding = time.Second

// hasty holds where Karpenter has decided that the node that the spec named goes,
// or any, before the time that was promised. That it may go, the condition
// Consolidatable, says less: it is true of nodes that are in use, too.
var hasty = timeline.Condition{
	Text:  "a node was to go before consolidateAfter",
	Kinds: []timeline.Kind{timeline.NodeClaim, timeline.Node},
	Holds: func(s *timeline.State) bool {
		after, ok := s.Value(timeline.Act, promisedFor)
		if !ok || s.At.Sub(s.Since) >= time.Duration(after*float64(time.Second))-rounding {
			return false
		}
		named, one := s.Only(timeline.Act, old)
		return slices.ContainsFunc(claims(s), func(claim string) bool { return (!one || claim == named.Object) && leaving(s, claim) })
	},
}

// leaving tells whether Karpenter is taking a claim's node away.
func leaving(s *timeline.State, claim string) bool {
	return is(s, timeline.NodeClaim, claim, "deleting") || is(s, timeline.NodeClaim, claim, "DisruptionReason") ||
		is(s, timeline.Node, word(s, timeline.NodeClaim, claim, "node"), "disrupted")
}

// marked holds once Karpenter knows that it wants to replace a node.
var marked = timeline.Condition{
	Text:  "a NodeClaim is marked as drifted",
	Kinds: []timeline.Kind{timeline.NodeClaim},
	Holds: func(s *timeline.State) bool {
		return slices.ContainsFunc(claims(s), func(claim string) bool { return is(s, timeline.NodeClaim, claim, "Drifted") })
	},
}

// disrupted asks about the node that the spec named.
var disrupted = timeline.Condition{
	Text:  "the node was disrupted",
	Kinds: []timeline.Kind{timeline.NodeClaim, timeline.Node},
	Holds: func(s *timeline.State) bool {
		kept, ok := s.Only(timeline.Act, old)
		return ok && (!slices.Contains(claims(s), kept.Object) || leaving(s, kept.Object))
	},
}
