package capacity

import (
	"slices"
	"strings"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// requested returns the claims that were made for the request, and the type
// that they are asked not to be of. It is false before the spec has asked.
func requested(s *timeline.State) (made []string, avoided string, ok bool) {
	request, ok := s.Only(timeline.Act, asked)
	before := strings.Fields(request.Object)
	for _, claim := range claims(s) {
		if !slices.Contains(before, claim) {
			made = append(made, claim)
		}
	}
	return made, request.Text, ok
}

// requestAnswered holds once all machines that were made are of what was asked
// for, or Karpenter has said that there is none.
var requestAnswered = timeline.Condition{
	Text:  "every node that was made is launched and of the architecture that was asked for, or the pod is told why there is none",
	Kinds: []timeline.Kind{timeline.NodeClaim, timeline.Event},
	Holds: func(s *timeline.State) bool {
		made, avoided, ok := requested(s)
		if !ok {
			return false
		}
		if avoided == impossible {
			return says("node.kubernetes.io/instance-type").Holds(s)
		}
		return len(made) > 0 && !slices.ContainsFunc(made, func(claim string) bool {
			return !is(s, timeline.NodeClaim, claim, "Launched") || word(s, timeline.NodeClaim, claim, "arch") != word(s, timeline.Act, "pod", "arch")
		})
	},
}

var otherThanAsked = timeline.Condition{
	Text:  "a node was made that nobody asked for",
	Kinds: []timeline.Kind{timeline.NodeClaim},
	Holds: func(s *timeline.State) bool {
		made, avoided, ok := requested(s)
		return ok && slices.ContainsFunc(made, func(claim string) bool {
			return avoided == impossible || word(s, timeline.NodeClaim, claim, "type") == avoided
		})
	},
}

// replaced holds once the claim that the spec named is gone, and the app runs
// on another's node.
var replaced = timeline.Condition{
	Text:  "the NodeClaim is gone, and the app runs on another's node",
	Kinds: []timeline.Kind{timeline.NodeClaim, timeline.Node, timeline.Pod},
	Holds: func(s *timeline.State) bool {
		before, ok := s.Only(timeline.Act, old)
		return ok && !slices.Contains(claims(s), before.Object) && len(claims(s)) > 0 && runsOnItsNodes.Holds(s)
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
		return !slices.ContainsFunc(claims(s), func(claim string) bool {
			return claim != before.Object && is(s, timeline.NodeClaim, claim, "Initialized")
		})
	},
}
