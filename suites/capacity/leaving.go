package capacity

import (
	"path"
	"slices"
	"time"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// rounding is how much too early Karpenter may be: it keeps the time of a pod's
// last event in whole seconds. What it waits for may begin earlier still: of the
// events within ten seconds of one it keeps none (nodeclaim/podevents,
// dedupeTimeout), such as the end of a pod that has just started. That never shows,
// and needs no room here, for as long as it looks at a node again fifteen seconds
// after it first wanted it to go (disruption, commandValidationDelay).
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

var nodesGone = timeline.All(timeline.None(timeline.NodeClaim, "deleting"), timeline.None(timeline.Node, "Ready"))

// machineUnder is what the provider calls the machine under a claim's node, once it
// shows it. The two ids have their last part in common, the machine's name: in a
// rehearsed cloud the rest is the cloud's in the one, and the engine's in the other.
func machineUnder(s *timeline.State, claim string) (string, bool) {
	provider := word(s, timeline.NodeClaim, claim, "provider")
	for _, machine := range s.All(timeline.Machine, "exists") {
		if provider != "" && path.Base(machine.Object) == path.Base(provider) {
			return machine.Object, true
		}
	}
	return "", false
}

// machinesShown is what specs wait for that ask whether machines go: that a provider
// shows none is no news of one that never has.
var machinesShown = timeline.Condition{
	Text:  "the provider shows the machine under each NodeClaim",
	Kinds: []timeline.Kind{timeline.NodeClaim, timeline.Machine},
	Holds: func(s *timeline.State) bool {
		all := claims(s)
		return len(all) > 0 && !slices.ContainsFunc(all, func(claim string) bool { _, ok := machineUnder(s, claim); return !ok })
	},
}

// namedGone asks of each machine that the spec named, whether the provider has shown
// it and has ceased to. It takes no silence for an answer, and so needs no kind: a
// provider that shows no machines has none named.
var namedGone = timeline.Condition{
	Text: "every machine that was under a node has gone",
	Holds: func(s *timeline.State) bool {
		return !slices.ContainsFunc(s.All(timeline.Act, under), func(named timeline.Moment) bool {
			last, _ := s.Get(timeline.Machine, named.Object, "exists")
			return !last.Gone
		})
	},
}

// machinesGone is namedGone of one machine at least, and that the provider shows no
// other.
var machinesGone = timeline.All(namedGone, timeline.None(timeline.Machine, "exists"), timeline.Condition{
	Text:  "there was one",
	Holds: func(s *timeline.State) bool { return len(s.All(timeline.Act, under)) > 0 },
})
