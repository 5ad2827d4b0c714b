// Package capacity proves that pods which fit nowhere get nodes, real ones with
// a kubelet of their own, and that nodes go when nothing needs them any more.
package capacity

import (
	"github.com/scaleproof/scaleproof/e2e"
	"github.com/scaleproof/scaleproof/e2e/promise"
	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// Suite is the list of promises with the specs that prove them.
var Suite = e2e.Suite{
	Name:  "capacity",
	About: "pods that fit nowhere get nodes, and nodes that nothing needs go",
	Promises: []promise.Promise{poolsReady, provisions, runsTheSeed, lifecycle, newPodsServe, requirements, limits,
		consolidates, leavesNothing, respectsDisruption, drift, registrationFailure},
	Specs: specs,
}

var poolsReady = promise.Promise{
	ID:    "capacity.pools-ready",
	Level: promise.Must,
	Claim: "the pools general-purpose and system are ready, and their nodes are of what each pool allows",
	Never: poolWrong,
	For:   promise.Sum(promise.BatchMax),
}

var provisions = promise.Promise{
	ID:    "capacity.provisions",
	Level: promise.Must,
	Claim: "pods that fit nowhere get a node, and run on it",
	Kept:  runsOnItsNodes,
	Limit: promise.Sum(promise.BatchMax, promise.NodeLaunch, promise.PodStart),
}

var runsTheSeed = promise.Promise{
	ID:    "capacity.runs-the-seed",
	Level: promise.Must,
	Claim: "the seed's ten replicas run on nodes that were made for them, soon after the HPA asks for them",
	Kept:  timeline.All(runsOnItsNodes, timeline.Ready(10)),
	Limit: promise.Sum(promise.BatchMax, promise.NodeLaunch, promise.PodStart),
}

var lifecycle = promise.Promise{
	ID:    "capacity.lifecycle",
	Level: promise.Must,
	Claim: "a NodeClaim is launched, registered, initialized and ready, in that order, and its node is what it says",
	Kept:  nodesAreAsClaimed,
	Limit: promise.Sum(promise.BatchMax, promise.NodeLaunch),
	Never: outOfOrder,
}

var newPodsServe = promise.Promise{
	ID:    "capacity.new-pods-serve",
	Level: promise.Must,
	Claim: "pods on new nodes are scraped and counted like the others",
	Kept:  countsWhatWasSent,
	Limit: promise.Sum(promise.ScrapeDiscovery, promise.Scrape),
}

// batches is how long what must not be made is looked for: one batch may be what
// another leaves.
var batches = promise.BatchMax.Times(2)

var requirements = promise.Promise{
	ID:    "capacity.requirements",
	Level: promise.Must,
	Claim: "a node has the architecture and the type that its pods ask for, and an impossible request makes none and is told why",
	Kept:  requestAnswered,
	Limit: promise.Sum(promise.BatchMax, promise.NodeLaunch, promise.PodStart),
	Never: otherThanAsked,
	For:   promise.Sum(batches),
}

var limits = promise.Promise{
	ID:    "capacity.limits",
	Level: promise.Must,
	Claim: "pods run within a pool's limit, its nodes never pass it, each pod without one is told why, and as many as these are told of the limit",
	Kept:  limitTold,
	Limit: promise.Sum(promise.BatchMax, promise.NodeLaunch, promise.PodStart),
	Never: limitPassed,
	For:   promise.Sum(batches),
}

// goes is how long an empty node takes to go: Karpenter looks for such from
// time to time, and looks again before it acts. It may be busy with such a
// second look at another node when this one's time has come.
var goes = promise.Sum(promise.ConsolidateAfter, promise.DisruptionPoll, promise.DisruptionCheck.Times(2), promise.NodeDrain)

var consolidates = promise.Promise{
	ID:    "capacity.consolidates",
	Level: promise.Must,
	Claim: "an empty node goes after consolidateAfter and not before, and its machine with it where the provider shows machines",
	Kept:  timeline.All(nodesGone, namedGone),
	Early: promise.Sum(promise.ConsolidateAfter),
	Limit: goes,
	Never: hasty,
}

var leavesNothing = promise.Promise{
	ID:    "capacity.leaves-nothing",
	Level: promise.Must,
	Claim: "when the app is gone its nodes go, and the machines under them",
	Kept:  timeline.All(nodesGone, machinesGone),
	Limit: goes,
}

var respectsDisruption = promise.Promise{
	ID:    "capacity.respects-disruption",
	Level: promise.Must,
	Claim: "a budget of none, a PodDisruptionBudget and do-not-disrupt each keep a node",
	Never: disrupted,
	For:   promise.Sum(promise.DisruptionPoll.Times(2), promise.DisruptionCheck.Times(2)),
}

var drift = promise.Promise{
	ID:    "capacity.drift",
	Level: promise.Should,
	Claim: "a changed template replaces the node, the new one first",
	Kept:  replaced,
	Limit: promise.Sum(promise.DisruptionPoll, promise.DisruptionCheck, promise.NodeLaunch, promise.NodeDrain, promise.PodStart),
	Never: goneBeforeTheNew,
}

// A provider that tells of the loss has the node given up at once. Where none does,
// Karpenter waits until the node should have registered.
var registrationFailure = promise.Promise{
	ID:    "capacity.registration-failure",
	Level: promise.Should,
	Claim: "a node whose machine goes before it registers is given up and replaced",
	Kept:  replaced,
	Limit: promise.Sum(promise.RegistrationTimeout, promise.BatchMax, promise.NodeLaunch, promise.PodStart),
}
