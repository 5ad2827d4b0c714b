package capacity

import (
	"slices"
	"strings"

	"github.com/scaleproof/scaleproof/e2e"
	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// requested returns the claims that were made for the request, and the type
// that they are asked not to be of. It is false before the spec has asked.
func requested(s *timeline.State) (made []string, avoided string, ok bool) {
	request, ok := s.Only(timeline.Act, asked)
	return madeSince(s, strings.Fields(request.Object)), request.Text, ok
}

// requestAnswered holds once a pod runs on a node that was made for the request,
// or Karpenter has said that there is none. What a NodeClaim says is not enough: the
// node under it may be another.
var requestAnswered = timeline.Condition{
	Text:  "a pod is ready on a node that was made of what was asked for, or the pod is told why there is none",
	Kinds: []timeline.Kind{timeline.NodeClaim, timeline.Node, timeline.Pod, timeline.Event},
	Holds: func(s *timeline.State) bool {
		made, avoided, ok := requested(s)
		if !ok {
			return false
		}
		if avoided == impossible {
			return says("node.kubernetes.io/instance-type").Holds(s)
		}
		return slices.ContainsFunc(s.All(timeline.Pod, "ready"), func(pod timeline.Moment) bool {
			claim, ok := claimUnder(s, pod.Object)
			node := word(s, timeline.NodeClaim, claim, "node")
			return ok && slices.Contains(made, claim) && runsOnNode(s, pod) &&
				word(s, timeline.Node, node, "arch") == word(s, timeline.Act, "pod", "arch")
		})
	},
}

var otherThanAsked = timeline.Condition{
	Text:  "a node was made that nobody asked for",
	Kinds: []timeline.Kind{timeline.NodeClaim, timeline.Node},
	Holds: func(s *timeline.State) bool {
		made, avoided, ok := requested(s)
		other := func(kind timeline.Kind, object string) bool {
			arch := word(s, kind, object, "arch")
			return word(s, kind, object, "type") == avoided || arch != "" && arch != word(s, timeline.Act, "pod", "arch")
		}
		return ok && slices.ContainsFunc(made, func(claim string) bool {
			return avoided == impossible || other(timeline.NodeClaim, claim) || other(timeline.Node, word(s, timeline.NodeClaim, claim, "node"))
		})
	},
}

// note has the timeline say which claim must be replaced, and which were there with
// it: Karpenter may have made more than the app needs, and those replace nothing.
func note(app *e2e.App, claim string) {
	app.Act(claim, old, strings.Join(claims(app.Now()), " "))
}

// replacements are the claims that were made since that was noted.
func replacements(s *timeline.State, noted timeline.Moment) []string {
	return madeSince(s, append(strings.Fields(noted.Text), noted.Object))
}

// replaced holds once the claim that the spec named is gone, and the app runs
// on the node of one that was made since.
var replaced = timeline.Condition{
	Text:  "the NodeClaim is gone, and the app runs on the node of a new one",
	Kinds: []timeline.Kind{timeline.NodeClaim, timeline.Node, timeline.Pod},
	Holds: func(s *timeline.State) bool {
		before, ok1 := s.Only(timeline.Act, old)
		now, ok2 := inUse(s)
		return ok1 && ok2 && !slices.Contains(claims(s), before.Object) && slices.Contains(replacements(s, before), now) && runsOnItsNodes.Holds(s)
	},
}

// goneBeforeTheNew looks at the first moment at which the old one is deleted.
var goneBeforeTheNew = timeline.Condition{
	Text:  "the old node was to go before a new one was there",
	Kinds: []timeline.Kind{timeline.NodeClaim},
	Holds: func(s *timeline.State) bool {
		before, ok := s.Only(timeline.Act, old)
		if !ok {
			return false
		}
		_, there := s.Get(timeline.NodeClaim, before.Object, "deleting")
		if there && !is(s, timeline.NodeClaim, before.Object, "deleting") {
			return false
		}
		return !slices.ContainsFunc(replacements(s, before), func(claim string) bool {
			return is(s, timeline.NodeClaim, claim, "Initialized")
		})
	},
}
