package capacity

import (
	"slices"
	"strings"

	"github.com/scaleproof/scaleproof/e2e/timeline"
	"github.com/scaleproof/scaleproof/fixtures/stack"
)

// What a spec notes for the judge.
const (
	asked       = "asked"            // who was there before the request, and the type that it is of
	impossible  = "impossible"       // instead of a type: nobody makes what was asked for
	old         = "old"              // the claim that must be replaced, and who was there
	under       = "machine"          // a machine under a node that must go
	allowed     = "limit"            // the cores that the pool may have
	promisedFor = "consolidateAfter" // the seconds that an empty node was promised to stay
)

// The pools that every cluster has.
var pools = []string{stack.NodePoolGeneral, stack.NodePoolSystem}

// poolWrong holds where a pool is not as it says. A label that a node lacks is none
// that it has otherwise: it may not be registered yet.
var poolWrong = timeline.Condition{
	Text:  "one of the pools is missing or not ready, or has a node that it does not allow",
	Kinds: []timeline.Kind{timeline.NodePool, timeline.Node},
	Holds: func(s *timeline.State) bool {
		return slices.ContainsFunc(pools, func(pool string) bool { return !is(s, timeline.NodePool, pool, "Ready") }) ||
			slices.ContainsFunc(s.All(timeline.Node, "labels"), func(node timeline.Moment) bool {
				pool := word(s, timeline.Node, node.Object, "pool")
				return slices.Contains(pools, pool) && !allows(word(s, timeline.NodePool, pool, "requires"), node.Text)
			})
	},
}

// allows tells whether each label that a pool names has one of the values that it
// names, as in "kubernetes.io/arch=amd64|arm64".
func allows(requires, labels string) bool {
	for label := range strings.SplitSeq(labels, ",") {
		key, value, _ := strings.Cut(label, "=")
		for requirement := range strings.SplitSeq(requires, ",") {
			required, values, _ := strings.Cut(requirement, "=")
			if key == required && !slices.Contains(strings.Split(values, "|"), value) {
				return false
			}
		}
	}
	return true
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
		wanted := asksFor(s)
		return wanted > 0 && runOnNodes(s) >= wanted
	},
}

// asksFor is how many pods the app's Deployments ask for.
func asksFor(s *timeline.State) (wanted float64) {
	for _, kind := range []timeline.Kind{timeline.Replicas, timeline.Deployment} {
		for _, m := range s.All(kind, "spec") {
			wanted += m.Value
		}
	}
	return wanted
}

// runOnNodes is how many pods are ready on nodes of the pool.
func runOnNodes(s *timeline.State) (count float64) {
	for _, pod := range s.All(timeline.Pod, "ready") {
		if runsOnNode(s, pod) {
			count++
		}
	}
	return count
}

// active are the pods that have not failed, by their readiness. One that a kubelet
// refused stays, beside the one that its ReplicaSet made in its place.
func active(s *timeline.State) []timeline.Moment {
	return slices.DeleteFunc(s.All(timeline.Pod, "ready"), func(pod timeline.Moment) bool {
		return word(s, timeline.Pod, pod.Object, "failed") != ""
	})
}

// runsOnNode asks whether a pod, of whose readiness the moment tells, is one of them.
func runsOnNode(s *timeline.State, ready timeline.Moment) bool {
	_, ok := s.Get(timeline.Node, word(s, timeline.Pod, ready.Object, "node"), "Ready")
	return ok && ready.Value == 1
}

// inUse is the claim of the node that the app's first pod runs on. Karpenter may
// have made others meanwhile: that one pod gets one node is no promise of its.
func inUse(s *timeline.State) (string, bool) {
	for _, pod := range s.All(timeline.Pod, "ready") {
		if claim, ok := claimUnder(s, pod.Object); ok && pod.Value == 1 {
			return claim, true
		}
	}
	return "", false
}

// claimUnder is the claim of the node that a pod is on.
func claimUnder(s *timeline.State, pod string) (string, bool) {
	node := word(s, timeline.Pod, pod, "node")
	for _, claim := range claims(s) {
		if node != "" && word(s, timeline.NodeClaim, claim, "node") == node {
			return claim, true
		}
	}
	return "", false
}

// madeSince are the claims that were not there before.
func madeSince(s *timeline.State, before []string) []string {
	return slices.DeleteFunc(claims(s), func(claim string) bool { return slices.Contains(before, claim) })
}

// anyLaunched holds once a claim has its machine.
var anyLaunched = timeline.Condition{
	Text:  "a NodeClaim is launched",
	Kinds: []timeline.Kind{timeline.NodeClaim},
	Holds: func(s *timeline.State) bool {
		return slices.ContainsFunc(claims(s), func(claim string) bool { return is(s, timeline.NodeClaim, claim, "Launched") })
	},
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
