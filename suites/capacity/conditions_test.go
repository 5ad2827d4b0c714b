package capacity

import (
	"testing"
	"time"

	"github.com/scaleproof/scaleproof/e2e/promise"
	"github.com/scaleproof/scaleproof/e2e/timeline"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// costs are as on a cluster of ours.
var costs = promise.Costs{
	promise.BatchMax.Name: 10 * time.Second, promise.NodeLaunch.Name: 9 * time.Second, promise.PodStart.Name: 6 * time.Second,
	promise.ConsolidateAfter.Name: 5 * time.Second, promise.DisruptionPoll.Name: 10 * time.Second,
	promise.DisruptionCheck.Name: 15 * time.Second, promise.NodeDrain.Name: 20 * time.Second,
	promise.Scrape.Name: 5 * time.Second, promise.ScrapeDiscovery.Name: 10 * time.Second,
	promise.RegistrationTimeout.Name: 15 * time.Minute,
}

// at is what a recorder saw so many seconds after the clock started.
func at(seconds float64, kind timeline.Kind, object, field string, value float64, text string) timeline.Moment {
	when := start.Add(time.Duration(seconds * float64(time.Second)))
	return timeline.Moment{At: when, Kind: kind, Object: object, Field: field, Value: value, Text: text}
}

// gone is an object, or a field of it, that is no more.
func gone(seconds float64, kind timeline.Kind, object string, fields ...string) (moments []timeline.Moment) {
	for _, field := range fields {
		m := at(seconds, kind, object, field, 0, "")
		m.Gone = true
		moments = append(moments, m)
	}
	return moments
}

// launched is a claim with its node, from its first second to its last.
func launched(from, to float64, name, kind string, cpu float64) []timeline.Moment {
	node, labels := "kind-"+name, "karpenter.sh/nodepool=shop,node.kubernetes.io/instance-type="+kind
	return []timeline.Moment{
		at(from, timeline.NodeClaim, name, "requests", 0.2, ""), at(from, timeline.NodeClaim, name, "deleting", 0, ""),
		at(from, timeline.NodeClaim, name, "pool", 0, "shop"), at(from, timeline.NodeClaim, name, "type", 0, kind),
		at(from, timeline.NodeClaim, name, "arch", 0, "amd64"), at(from, timeline.NodeClaim, name, "labels", 0, labels),
		at(from, timeline.NodeClaim, name, "Launched", 1, ""), at(from, timeline.NodeClaim, name, "cpu", cpu, ""),
		at(from, timeline.NodeClaim, name, "provider", 0, "cloud://"+node), at(from, timeline.NodeClaim, name, "Registered", 0, ""),
		at(to-1, timeline.Node, node, "Ready", 1, "KubeletReady"), at(to-1, timeline.Node, node, "pool", 0, "shop"),
		at(to-1, timeline.Node, node, "type", 0, kind), at(to-1, timeline.Node, node, "arch", 0, "amd64"),
		at(to-1, timeline.Node, node, "provider", 0, "cloud://"+node), at(to-1, timeline.Node, node, "labels", 0, labels+",more=x"),
		at(to, timeline.NodeClaim, name, "Registered", 1, ""), at(to, timeline.NodeClaim, name, "Initialized", 1, ""),
		at(to, timeline.NodeClaim, name, "Ready", 1, ""), at(to, timeline.NodeClaim, name, "node", 0, node),
	}
}

// running is a pod that a node has, of a deployment of one.
func running(seconds float64, pod, claim string) []timeline.Moment {
	return []timeline.Moment{
		at(seconds, timeline.Deployment, "web", "spec", 1, ""),
		at(seconds, timeline.Pod, pod, "node", 0, "kind-"+claim), at(seconds, timeline.Pod, pod, "ready", 1, ""),
	}
}

// looking is what every recorder says when it begins.
func looking() (moments []timeline.Moment) {
	for _, kind := range []timeline.Kind{timeline.NodePool, timeline.NodeClaim, timeline.Node, timeline.Machine, timeline.Event, timeline.Pod, timeline.Prometheus} {
		m := timeline.Seen(kind, "shop")
		m.At = start.Add(-time.Minute)
		moments = append(moments, m)
	}
	return moments
}

// without leaves out one field of one kind.
func without(kind timeline.Kind, field string, moments []timeline.Moment) (rest []timeline.Moment) {
	for _, m := range moments {
		if m.Kind != kind || m.Field != field {
			rest = append(rest, m)
		}
	}
	return rest
}

func join(all ...[]timeline.Moment) (moments []timeline.Moment) {
	for _, some := range all {
		moments = append(moments, some...)
	}
	return moments
}

func one(m timeline.Moment) []timeline.Moment { return []timeline.Moment{m} }

func TestConditions(t *testing.T) {
	empty := join(launched(-60, -50, "shop-a", "c1.nano", 0.25), one(at(-1, timeline.Act, "", promisedFor, 5, "")))
	left := join(gone(40, timeline.NodeClaim, "shop-a", "deleting", "requests", "Consolidatable"), gone(39, timeline.Node, "kind-shop-a", "Ready"))
	machine := []timeline.Moment{at(-2, timeline.Act, "cloud://a", under, 0, "shop-a"), at(-50, timeline.Machine, "cloud://a", "exists", 1, "")}
	machineEnds := gone(41, timeline.Machine, "cloud://a", "exists")
	outdated := join(launched(-60, -50, "shop-a", "c1.nano", 0.25), running(-40, "web-1", "shop-a"),
		one(at(-1, timeline.Act, "shop-a", old, 0, "")), one(at(0, timeline.NodeClaim, "shop-a", "Drifted", 1, "")))
	replacing := join(launched(8, 16, "shop-b", "c1.nano", 0.25), one(at(17, timeline.NodeClaim, "shop-a", "deleting", 1, "")),
		gone(18, timeline.Pod, "web-1", "ready", "node"), running(20, "web-2", "shop-b"),
		gone(30, timeline.Node, "kind-shop-a", "Ready"), gone(30, timeline.NodeClaim, "shop-a", "deleting", "requests", "Drifted"))
	asking := join(launched(-60, -50, "shop-a", "c1.nano", 0.25), one(at(-1, timeline.Act, "shop-a", asked, 0, "c1.nano")),
		one(at(-1, timeline.Act, "pod", "arch", 0, "amd64")))
	nothing := one(at(-1, timeline.Act, "nobody", asked, 0, impossible))
	told := one(at(2, timeline.Event, "Pod/web-1", "karpenter FailedScheduling", 0,
		"Failed to schedule pod, incompatible requirements, key node.kubernetes.io/instance-type"))
	refused := one(at(2, timeline.Event, "Pod/web-3", "karpenter FailedScheduling", 0, "all available instance types exceed limits for nodepool"))
	meant := one(at(3, timeline.Event, "Pod/web-1", "karpenter FailedScheduling", 0, "Failed to schedule pod, would schedule against uninitialized nodeclaim/shop-a"))
	onlyHalf := one(at(-1, timeline.Act, "", allowed, 0.5, ""))
	two := []timeline.Moment{at(0, timeline.Deployment, "web", "spec", 2, ""), at(1, timeline.Pod, "web-3", "ready", 0, "")}
	alsoRefused := one(at(2, timeline.Event, "Pod/web-1", "karpenter FailedScheduling", 0, "all available instance types exceed limits for nodepool"))
	waiting := one(at(1, timeline.Pod, "web-1", "ready", 0, ""))
	ten := join(launched(2, 10, "shop-a", "c1.large", 2), one(at(0, timeline.Replicas, "app", "spec", 10, "")), one(at(0, timeline.Replicas, "app", "ready", 2, "")))
	for i := range 10 {
		pod := "app-" + string(rune('a'+i))
		ten = append(ten, at(12, timeline.Pod, pod, "node", 0, "kind-shop-a"), at(12, timeline.Pod, pod, "ready", 1, ""))
	}
	ready := join(one(at(-9, timeline.Gap, "nodes", string(timeline.Node), 0, "seen again")),
		one(at(-9, timeline.NodePool, "general-purpose", "Ready", 1, "")), one(at(-9, timeline.NodePool, "system", "Ready", 1, "")))
	built := func(pool, labels string) []timeline.Moment { // with the seed's pools
		return join(ready, one(at(-8, timeline.NodePool, "general-purpose", "requires", 0, "karpenter.sh/capacity-type=on-demand,kubernetes.io/arch=amd64")),
			one(at(-8, timeline.NodePool, "system", "requires", 0, "kubernetes.io/arch=amd64|arm64")),
			one(at(-5, timeline.Node, "i-1", "pool", 0, pool)), one(at(-5, timeline.Node, "i-1", "labels", 0, "a=b,"+labels)))
	}

	for _, test := range []struct {
		name    string
		promise promise.Promise
		moments []timeline.Moment
		want    promise.Outcome
	}{
		{"both pools", poolsReady, ready, promise.Kept},
		{"one pool", poolsReady, ready[:2], promise.Broken},
		{"a node of the system's", poolsReady, built("system", "kubernetes.io/arch=arm64"), promise.Kept},
		{"a node of general purpose", poolsReady, built("general-purpose", "karpenter.sh/capacity-type=on-demand,kubernetes.io/arch=amd64"), promise.Kept},
		{"a node that is not registered", poolsReady, built("general-purpose", "kubernetes.io/os=linux"), promise.Kept},
		{"a node of another architecture", poolsReady, built("general-purpose", "kubernetes.io/arch=arm64"), promise.Broken},
		{"a node of another capacity type", poolsReady, built("general-purpose", "karpenter.sh/capacity-type=spot,kubernetes.io/arch=amd64"), promise.Broken},
		{"another's node", poolsReady, built("shop", "kubernetes.io/arch=arm64"), promise.Kept},
		{"a pool that is no more", poolsReady, join(ready, gone(5, timeline.NodePool, "system", "Ready")), promise.Broken},
		{"a pool that lost its class", poolsReady, join(ready, one(at(5, timeline.NodePool, "system", "Ready", 0, "NodeClassNotFound"))), promise.Broken},

		{"a pod on its node", provisions, join(launched(2, 10, "shop-a", "c1.nano", 0.25), running(12, "web-1", "shop-a")), promise.Kept},
		{"a pod on another's node", provisions, join(launched(2, 10, "shop-a", "c1.nano", 0.25), running(12, "web-1", "other")), promise.Never},
		{"a pod too few", provisions, join(launched(2, 10, "shop-a", "c1.nano", 0.25), running(12, "web-1", "shop-a"),
			one(at(12, timeline.Deployment, "web", "spec", 2, ""))), promise.Never},
		{"a slow node", provisions, join(launched(2, 30, "shop-a", "c1.nano", 0.25), running(32, "web-1", "shop-a")), promise.Late},

		{"ten on its nodes", runsTheSeed, join(ten, one(at(13, timeline.Replicas, "app", "ready", 10, ""))), promise.Kept},
		{"one on another's node", runsTheSeed, join(ten, one(at(12, timeline.Pod, "app-a", "node", 0, "other")), one(at(13, timeline.Replicas, "app", "ready", 10, ""))), promise.Never},

		{"a life in order", lifecycle, launched(2, 10, "shop-a", "c1.nano", 0.25), promise.Kept},
		{"a node without its id", lifecycle, without(timeline.Node, "provider", launched(2, 10, "shop-a", "c1.nano", 0.25)), promise.Never},
		{"a node without its labels", lifecycle, without(timeline.Node, "labels", launched(2, 10, "shop-a", "c1.nano", 0.25)), promise.Never},
		{"initialized before it is registered", lifecycle, join(one(at(3, timeline.NodeClaim, "shop-a", "Initialized", 1, "")),
			launched(2, 10, "shop-a", "c1.nano", 0.25)), promise.Broken},
		{"no claim at all", lifecycle, nil, promise.Never},

		{"all counted", newPodsServe, join(one(at(0, timeline.Load, "", "done", 31, "")), one(at(8, timeline.Prometheus, "s0", "value", 31, ""))), promise.Kept},
		{"some not counted", newPodsServe, join(one(at(0, timeline.Load, "", "done", 31, "")), one(at(8, timeline.Prometheus, "s0", "value", 30, ""))), promise.Never},

		{"another type", requirements, join(asking, launched(2, 9, "shop-b", "c1.small", 0.5), running(11, "web-2", "shop-b")), promise.Kept},
		{"another type, and no pod on it", requirements, join(asking, launched(2, 9, "shop-b", "c1.small", 0.5)), promise.Never},
		{"another type, and the pod on a node that was there", requirements, join(asking, launched(2, 9, "shop-b", "c1.small", 0.5), running(11, "web-2", "shop-a")), promise.Never},
		{"a node of another architecture than its claim's", requirements, join(asking, launched(2, 9, "shop-b", "c1.small", 0.5),
			one(at(10, timeline.Node, "kind-shop-b", "arch", 0, "arm64")), running(11, "web-2", "shop-b")), promise.Broken},
		{"a node of another type than its claim's", requirements, join(asking, launched(2, 9, "shop-b", "c1.small", 0.5),
			one(at(10, timeline.Node, "kind-shop-b", "type", 0, "c1.nano")), running(11, "web-2", "shop-b")), promise.Broken},
		{"the same type again", requirements, join(asking, launched(2, 9, "shop-b", "c1.nano", 0.25)), promise.Broken},
		{"no node", requirements, asking, promise.Never},
		{"nothing, and told why", requirements, join(nothing, told), promise.Kept},
		{"nothing, and not told", requirements, nothing, promise.Never},
		{"a node that nobody can have asked for", requirements, join(nothing, told, launched(4, 9, "shop-b", "c1.nano", 0.25)), promise.Broken},

		{"as much as is allowed", limits, join(refused, onlyHalf, launched(2, 9, "shop-a", "c1.small", 0.5), two, without(timeline.Deployment, "spec", running(11, "web-1", "shop-a"))), promise.Kept},
		{"the one runs that was told", limits, join(refused, meant, onlyHalf, launched(2, 9, "shop-a", "c1.small", 0.5), two, waiting, without(timeline.Deployment, "spec", running(11, "web-3", "shop-a"))), promise.Kept},
		{"one was told nothing, beside one that was and runs", limits, join(refused, onlyHalf, launched(2, 9, "shop-a", "c1.small", 0.5), two, waiting, without(timeline.Deployment, "spec", running(11, "web-3", "shop-a"))), promise.Never},
		{"one is not there, beside one that was told and runs", limits, join(refused, onlyHalf, launched(2, 9, "shop-a", "c1.small", 0.5), two, without(timeline.Deployment, "spec", running(11, "web-3", "shop-a"))), promise.Never},
		{"one was refused by its kubelet, and another runs in its place", limits, join(meant, refused, onlyHalf,
			launched(2, 9, "shop-a", "c1.small", 0.5), two, waiting, one(at(10, timeline.Pod, "web-2", "ready", 0, "")),
			one(at(10, timeline.Pod, "web-2", "failed", 0, "TaintToleration")),
			without(timeline.Deployment, "spec", running(11, "web-1", "shop-a"))), promise.Kept},
		{"one was refused by its kubelet, and none is in its place", limits, join(refused, onlyHalf,
			launched(2, 9, "shop-a", "c1.small", 0.5), one(at(0, timeline.Deployment, "web", "spec", 2, "")),
			one(at(10, timeline.Pod, "web-3", "failed", 0, "TaintToleration")), one(at(10, timeline.Pod, "web-3", "ready", 0, "")),
			without(timeline.Deployment, "spec", running(11, "web-1", "shop-a"))), promise.Never},
		{"all were told, and none runs", limits, join(refused, alsoRefused, onlyHalf, two, waiting), promise.Never},
		{"one was told another reason, and the other runs", limits, join(meant, onlyHalf, launched(2, 9, "shop-a", "c1.small", 0.5), two, waiting, without(timeline.Deployment, "spec", running(11, "web-3", "shop-a"))), promise.Never},
		{"one that neither runs nor was told", limits, join(refused, onlyHalf, launched(2, 9, "shop-a", "c1.small", 0.5), two), promise.Never},
		{"more, and known only after the window", limits, join(refused, onlyHalf, launched(25, 29, "shop-a", "c1.large", 2), two, without(timeline.Deployment, "spec", running(31, "web-1", "shop-a"))), promise.Broken},
		{"not told why", limits, join(onlyHalf, launched(2, 9, "shop-a", "c1.small", 0.5), two, without(timeline.Deployment, "spec", running(11, "web-1", "shop-a"))), promise.Never},
		{"more than is allowed", limits, join(refused, onlyHalf, launched(2, 9, "shop-a", "c1.small", 0.5),
			launched(12, 19, "shop-b", "c1.nano", 0.25)), promise.Broken},

		{"an empty node goes", consolidates, join(empty, one(at(5.2, timeline.NodeClaim, "shop-a", "Consolidatable", 1, "")), left), promise.Kept},
		{"an empty node stays", consolidates, join(empty, one(at(5.2, timeline.NodeClaim, "shop-a", "Consolidatable", 1, ""))), promise.Never},
		{"a node that might have gone at any time", consolidates, join(one(at(-9, timeline.NodeClaim, "shop-a", "Consolidatable", 1, "")), empty, left), promise.Kept},
		{"doomed too soon", consolidates, join(empty, one(at(1, timeline.NodeClaim, "shop-a", "DisruptionReason", 1, "Empty")), left), promise.Broken},
		{"deleted too soon", consolidates, join(empty, one(at(3, timeline.NodeClaim, "shop-a", "deleting", 1, "")), left), promise.Broken},
		{"within the second that times are kept in", consolidates,
			join(empty, one(at(4.1, timeline.NodeClaim, "shop-a", "deleting", 1, "")), left), promise.Kept},

		{"its machine goes with it", consolidates, join(empty, machine, left, machineEnds), promise.Kept},
		{"its machine stays", consolidates, join(empty, machine, left), promise.Never},
		{"no machine is left", leavesNothing, join(empty, machine, left, machineEnds), promise.Kept},
		{"a machine is left", leavesNothing, join(empty, machine, left), promise.Never},
		{"a machine is left that was under no node", leavesNothing, join(empty, machine, left, machineEnds,
			one(at(-50, timeline.Machine, "cloud://b", "exists", 1, ""))), promise.Never},
		{"no machine was ever shown", leavesNothing, join(empty, left), promise.Never},
		{"a machine that was never shown", leavesNothing, join(empty, machine[:1], left), promise.Never},

		{"a node that is kept", respectsDisruption, outdated, promise.Kept},
		{"a node that is tainted", respectsDisruption, join(outdated, one(at(9, timeline.Node, "kind-shop-a", "disrupted", 1, ""))), promise.Broken},
		{"a node that is replaced", respectsDisruption, join(outdated, replacing), promise.Broken},

		{"the new one first", drift, join(outdated, replacing), promise.Kept},
		{"the old one first", drift, join(outdated, one(at(4, timeline.NodeClaim, "shop-a", "deleting", 1, "")), replacing), promise.Broken},
		{"no new one", drift, outdated, promise.Never},
		{"one that was there before", drift, join(outdated, one(at(-1, timeline.Act, "shop-a", old, 0, "shop-a shop-b")), replacing), promise.Broken},

		{"given up and replaced", registrationFailure, join(one(at(-1, timeline.Act, "shop-a", old, 0, "")), launched(-9, -1, "shop-a", "c1.nano", 0.25),
			gone(20, timeline.NodeClaim, "shop-a", "deleting", "requests"), launched(22, 30, "shop-b", "c1.nano", 0.25), running(33, "web-1", "shop-b")), promise.Kept},
		{"given up, and the app on one that was there before", registrationFailure, join(one(at(-1, timeline.Act, "shop-a", old, 0, "shop-a shop-b")),
			launched(-9, -1, "shop-a", "c1.nano", 0.25), launched(-9, 30, "shop-b", "c1.nano", 0.25),
			gone(20, timeline.NodeClaim, "shop-a", "deleting", "requests"), running(33, "web-1", "shop-b")), promise.Never},
		{"not given up", registrationFailure, join(one(at(-1, timeline.Act, "shop-a", old, 0, "")), launched(-9, -1, "shop-a", "c1.nano", 0.25)), promise.Never},
	} {
		t.Run(test.promise.ID+"/"+test.name, func(t *testing.T) {
			if err := test.promise.Validate(); err != nil {
				t.Fatal(err)
			}
			moments := timeline.Of(join(looking(), test.moments)...).Moments()
			v, err := test.promise.Judge(moments, start, start.Add(time.Hour), costs)
			if err != nil {
				t.Fatal(err)
			}
			if v.Outcome != test.want {
				t.Errorf("outcome is %s, want %s:\n%s", v.Outcome, test.want, v.Story(moments))
			}
		})
	}
}

func TestTheClaimInUseIsTheOneOfThePodsNode(t *testing.T) {
	state := timeline.NewState()
	apply := func(moments ...timeline.Moment) {
		for _, m := range moments {
			state.Apply(m)
		}
	}
	apply(launched(1, 5, "spare", "small", 0.25)...)
	if claim, ok := inUse(state); ok {
		t.Errorf("%s is in use before there is a pod", claim)
	}
	apply(launched(2, 6, "used", "large", 1)...)
	apply(running(7, "web-1", "used")...)
	if claim, ok := inUse(state); !ok || claim != "used" || !hasItsClaim.Holds(state) {
		t.Errorf("%q, %v: want the claim of the node that the pod runs on", claim, ok)
	}
	apply(gone(8, timeline.NodeClaim, "used", "type")...)
	if hasItsClaim.Holds(state) {
		t.Error("a claim without a type will do")
	}
}
