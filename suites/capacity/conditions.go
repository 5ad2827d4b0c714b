package capacity

import (
	"slices"
	"strings"
	"time"

	"github.com/scaleproof/scaleproof/e2e/timeline"
	"github.com/scaleproof/scaleproof/fixtures/stack"
)

// What a spec notes for the judge.
const (
	asked       = "asked"            // who was there before the request, and the type that it is of
	impossible  = "impossible"       // instead of a type: nobody makes what was asked for
	old         = "old"              // the claim that must be replaced
	allowed     = "limit"            // the cores that the pool may have
	promisedFor = "consolidateAfter" // the seconds that an empty node was promised to stay
)

// The pools that every cluster has.
var pools = []string{stack.NodePoolGeneral, stack.NodePoolSystem}

var poolMissing = timeline.Condition{
	Text:  "one of the pools is missing or not ready",
	Kinds: []timeline.Kind{timeline.NodePool},
	Holds: func(s *timeline.State) bool {
		return slices.ContainsFunc(pools, func(pool string) bool { return !is(s, timeline.NodePool, pool, "Ready") })
	},
}

// is tells whether a truth is known to be true.
func is(s *timeline.State, kind timeline.Kind, object, field string) bool {
	m, ok := s.Get(kind, object, field)
	return ok && m.Value == 1
}

// word is a field's text; empty where there is none.
func word(s *timeline.State, kind timeline.Kind, object, field string) string {
	m, _ := s.Get(kind, object, field)
	return m.Text
}

// claims are the names of the pool's NodeClaims, oldest first.
func claims(s *timeline.State) []string {
	var names []string
	for _, m := range s.All(timeline.NodeClaim, "deleting") {
		names = append(names, m.Object)
	}
	return names
}

// runsOnItsNodes asks of every pod that there must be. The nodes of the
// timeline are those of the app's own pool, which are Karpenter's.
var runsOnItsNodes = timeline.Condition{
	Text:  "as many pods as are asked for are ready, each on a node of the pool",
	Kinds: []timeline.Kind{timeline.Pod, timeline.Node},
	Holds: func(s *timeline.State) bool {
		wanted, running := 0.0, 0.0
		for _, kind := range []timeline.Kind{timeline.Replicas, timeline.Deployment} {
			for _, m := range s.All(kind, "spec") {
				wanted += m.Value
			}
		}
		for _, m := range s.All(timeline.Pod, "ready") {
			if _, ok := s.Get(timeline.Node, word(s, timeline.Pod, m.Object, "node"), "Ready"); ok && m.Value == 1 {
				running++
			}
		}
		return wanted > 0 && running >= wanted
	},
}

// inUse is the claim of the node that the app's first pod runs on. Karpenter may
// have made others meanwhile: that one pod gets one node is no promise of its.
func inUse(s *timeline.State) (string, bool) {
	for _, pod := range s.All(timeline.Pod, "ready") {
		node := word(s, timeline.Pod, pod.Object, "node")
		for _, claim := range claims(s) {
			if pod.Value == 1 && node != "" && word(s, timeline.NodeClaim, claim, "node") == node {
				return claim, true
			}
		}
	}
	return "", false
}

// hasItsClaim is what specs start from that then ask about the app's node.
var hasItsClaim = timeline.Condition{
	Text:  "the app runs on the node of a NodeClaim that has a type and an architecture",
	Kinds: []timeline.Kind{timeline.Pod, timeline.Node, timeline.NodeClaim},
	Holds: func(s *timeline.State) bool {
		claim, ok := inUse(s)
		return ok && runsOnItsNodes.Holds(s) && word(s, timeline.NodeClaim, claim, "type") != "" && word(s, timeline.NodeClaim, claim, "arch") != ""
	},
}

// nodesAreAsClaimed compares each claim with its node.
var nodesAreAsClaimed = timeline.Condition{
	Text:  "every NodeClaim is ready, and its node has its labels, type, architecture and provider id",
	Kinds: []timeline.Kind{timeline.NodeClaim, timeline.Node},
	Holds: func(s *timeline.State) bool {
		all := claims(s)
		return len(all) > 0 && !slices.ContainsFunc(all, func(claim string) bool { return !asClaimed(s, claim) })
	},
}

func asClaimed(s *timeline.State, claim string) bool {
	node := word(s, timeline.NodeClaim, claim, "node")
	if !is(s, timeline.NodeClaim, claim, "Ready") || !is(s, timeline.Node, node, "Ready") {
		return false
	}
	for _, field := range []string{"type", "arch", "provider", "pool"} {
		said := word(s, timeline.NodeClaim, claim, field)
		if said == "" || word(s, timeline.Node, node, field) != said {
			return false
		}
	}
	labels := strings.Split(word(s, timeline.Node, node, "labels"), ",")
	for label := range strings.SplitSeq(word(s, timeline.NodeClaim, claim, "labels"), ",") {
		if !slices.Contains(labels, label) {
			return false
		}
	}
	return true
}

// life is the order in which a claim's conditions come true.
var life = []string{"Launched", "Registered", "Initialized", "Ready"}

var outOfOrder = timeline.Condition{
	Text:  "a NodeClaim has a condition before the one that must come first",
	Kinds: []timeline.Kind{timeline.NodeClaim},
	Holds: func(s *timeline.State) bool {
		for _, claim := range claims(s) {
			for i := 1; i < len(life); i++ {
				if is(s, timeline.NodeClaim, claim, life[i]) && !is(s, timeline.NodeClaim, claim, life[i-1]) {
					return true
				}
			}
		}
		return false
	},
}

// countsWhatWasSent asks Prometheus itself.
var countsWhatWasSent = timeline.Condition{
	Text:  "Prometheus has counted all requests that were sent",
	Kinds: []timeline.Kind{timeline.Prometheus},
	Holds: func(s *timeline.State) bool {
		sent, ok1 := s.Value(timeline.Load, "done")
		counted, ok2 := s.Value(timeline.Prometheus, "value")
		return ok1 && ok2 && sent > 0 && counted == sent
	},
}

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

// allLaunched holds where every claim has its machine, or there is none: what a
// claim is of is known from then on.
var allLaunched = timeline.Condition{
	Text:  "every NodeClaim is launched",
	Kinds: []timeline.Kind{timeline.NodeClaim},
	Holds: func(s *timeline.State) bool {
		return !slices.ContainsFunc(claims(s), func(claim string) bool { return !is(s, timeline.NodeClaim, claim, "Launched") })
	},
}

// limitTold holds once Karpenter says that the limit is why it makes no node.
var limitTold = says("exceed limits")

// says holds once Karpenter gives a text as the reason why a pod has no node.
func says(text string) timeline.Condition {
	return timeline.Condition{
		Text:  "Karpenter says of a pod: " + text,
		Kinds: []timeline.Kind{timeline.Event},
		Holds: func(s *timeline.State) bool {
			return slices.ContainsFunc(s.All(timeline.Event, "karpenter FailedScheduling"), func(m timeline.Moment) bool {
				return strings.Contains(m.Text, text)
			})
		},
	}
}

var nodesGone = timeline.All(timeline.None(timeline.NodeClaim, "deleting"), timeline.None(timeline.Node, "Ready"))

var machinesGone = timeline.All(nodesGone, timeline.None(timeline.Machine, "exists"))

// rounding is how much too early Karpenter may be: it keeps the time of a pod's
// end in whole seconds.
const rounding = time.Second

// hasty holds where Karpenter has decided that a node goes before the time that
// was promised. That it may go, the condition Consolidatable, says less: it is
// true of nodes that are in use, too.
var hasty = timeline.Condition{
	Text:  "a node was to go before consolidateAfter",
	Kinds: []timeline.Kind{timeline.NodeClaim, timeline.Node},
	Holds: func(s *timeline.State) bool {
		after, ok := s.Value(timeline.Act, promisedFor)
		if !ok || s.At.Sub(s.Since) >= time.Duration(after*float64(time.Second))-rounding {
			return false
		}
		return slices.ContainsFunc(claims(s), func(claim string) bool { return leaving(s, claim) })
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
