package promise

import (
	"strings"
	"testing"
	"time"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// launch is a pod that waits for a node whose kubelet is slow, and then refuses it
// for a taint that is there no more. Another takes its place.
func launch() []timeline.Moment {
	says := func(seconds float64, kind timeline.Kind, object, field string, v float64, text string) timeline.Moment {
		return at(seconds, timeline.Moment{Kind: kind, Object: object, Field: field, Value: v, Text: text})
	}
	const pod, again, claim, node = "web-7d9f5", "web-k2x9p", "shop-x7k2f", "kind-shop-x7k2f"
	return []timeline.Moment{
		says(-60, timeline.NodePool, "shop", "Ready", 1, "Ready"),
		says(0, timeline.Pod, pod, "ready", 0, ""), says(0, timeline.Pod, pod, "phase", 0, "Pending"),
		says(0.1, timeline.Pod, pod, "waiting", 0, "Unschedulable"),
		says(0.1, timeline.Event, "Pod/"+pod, "default-scheduler FailedScheduling", 0, "0/1 nodes are available: "+strings.Repeat("no room, ", 20)),
		says(1.4, timeline.NodeClaim, claim, "requests", 0.2, ""), says(1.4, timeline.NodeClaim, claim, "deleting", 0, ""),
		says(1.5, timeline.Event, "Pod/"+pod, "karpenter Nominated", 0, "Pod should schedule on: nodeclaim/"+claim),
		says(3.0, timeline.NodeClaim, claim, "Launched", 1, "Launched"), says(3.0, timeline.NodeClaim, claim, "Registered", 0, "NodeNotFound"),
		says(3.0, timeline.NodeClaim, claim, "type", 0, "c1.nano"),
		says(6.2, timeline.Node, node, "Ready", 0, "KubeletNotReady"), says(6.2, timeline.Node, node, "pool", 0, "shop"),
		says(7.3, timeline.NodeClaim, claim, "Registered", 1, "Registered"),
		says(31.0, timeline.Node, node, "Ready", 1, "KubeletReady"),
		says(32.1, timeline.NodeClaim, claim, "Initialized", 1, "Initialized"), says(32.1, timeline.NodeClaim, claim, "Ready", 1, "Ready"),
		says(32.4, timeline.Pod, pod, "node", 0, node), says(32.4, timeline.Pod, pod, "scheduled", 1, ""),
		at(32.4, timeline.Moment{Kind: timeline.Pod, Object: pod, Field: "waiting", Gone: true}),
		says(32.8, timeline.Pod, pod, "phase", 0, "Failed"), says(32.8, timeline.Pod, pod, "failed", 0, "TaintToleration"),
		says(33.0, timeline.Pod, again, "ready", 0, ""), says(33.0, timeline.Pod, again, "node", 0, node),
		says(34.0, timeline.Pod, again, "ready", 1, ""),
		says(34.0, timeline.Deployment, "web", "ready", 1, ""),
	}
}

// The seconds of a node go to who had them: Karpenter until it asks for one and
// where it looks at it, the provider until it has joined, the kubelet until it
// is ready.
func TestStoryOfANode(t *testing.T) {
	p := Promise{
		ID: "capacity.provisions", Level: Must, Claim: "pods that fit nowhere get a node, and run on it",
		Kept: timeline.AtLeast(timeline.Deployment, "ready", 1), Limit: Sum(BatchMax, NodeLaunch, PodStart),
	}
	costs := Costs{BatchMax.Name: 10 * time.Second, NodeLaunch.Name: 9 * time.Second, PodStart.Name: 6 * time.Second}
	moments := timeline.Of(launch()...).Moments()
	v, err := p.Judge(moments, start, start.Add(40*time.Second), costs)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/node.txt", v.Story(moments))
}
