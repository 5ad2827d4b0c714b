// Package delivery proves that what is in git is what runs, and that Flux and
// the HPA do not fight over who decides the replicas.
package delivery

import (
	"github.com/scaleproof/scaleproof/e2e"
	"github.com/scaleproof/scaleproof/e2e/promise"
	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// Suite is the list of promises with the specs that prove them.
var Suite = e2e.Suite{
	Name:     "delivery",
	About:    "what is in git is what runs",
	Promises: []promise.Promise{inOrder, appliesCommit, appliesWhenAsked, correctsDrift, keepsLastGood, leavesReplicas, prunes},
	Specs:    specs,
}

// reconcileChain is infra and then workload: a new revision goes through what a
// Kustomization depends on before it.
var reconcileChain = promise.FluxReconcile.Times(2)

// commitIsThrough is until Flux has looked by itself, and then gone through that
// chain.
var commitIsThrough = promise.Sum(promise.FluxInterval, reconcileChain, promise.FluxRequeue)

var inOrder = promise.Promise{
	ID:    "delivery.in-order",
	Level: promise.Must,
	Claim: "infra is ready before workload starts",
	Kept:  workloadIsReady,
	// The claim is of an order. How long each may take is for whoever wrote the
	// Kustomizations to say.
	Limit: promise.Sum(promise.FluxTimeout.Times(2), promise.FluxRequeue),
	Never: workloadBeforeInfra,
}

var appliesCommit = promise.Promise{
	ID:    "delivery.applies-commit",
	Level: promise.Must,
	Claim: "a commit is applied within the interval",
	Kept:  committedIsApplied,
	Limit: commitIsThrough,
}

var appliesWhenAsked = promise.Promise{
	ID:    "delivery.applies-commit-when-asked",
	Level: promise.Must,
	Claim: "a commit is applied at once when a reconcile is requested",
	Kept:  committedIsApplied,
	Limit: promise.Sum(reconcileChain, promise.FluxRequeue),
}

var correctsDrift = promise.Promise{
	ID:    "delivery.corrects-drift",
	Level: promise.Must,
	Claim: "a manual edit is undone",
	Kept:  editIsUndone,
	// A reconcile that has passed the edited object goes on, and the next one
	// comes an interval after it.
	Limit: promise.Sum(promise.FluxReapply, promise.FluxReconcile.Times(2)),
}

var keepsLastGood = promise.Promise{
	ID:    "delivery.keeps-last-good",
	Level: promise.Must,
	Claim: "a broken commit is reported and changes nothing",
	Kept:  brokenIsReported,
	Limit: commitIsThrough,
	Never: lastGoodIsLost,
	For:   commitIsThrough,
}

var leavesReplicas = promise.Promise{
	ID:    "delivery.leaves-replicas-to-hpa",
	Level: promise.Must,
	Claim: "reconciling does not touch the replicas that the HPA chose",
	Never: timeline.Condition{
		Text:  "the scale target was told to have other replicas than the HPA chose",
		Kinds: []timeline.Kind{timeline.Replicas, timeline.Kustomization},
		Holds: replicasTouched,
	},
	// Twice what two reconciles take: that Flux is late is not what is proved here,
	// and that it never reconciled is no proof. The recorder may see what the second
	// one did after it hears that it is over.
	Kept:  reconciledTwice,
	Limit: promise.Sum(promise.FluxReconcile.Times(4)),
	After: promise.Sum(promise.FluxReconcile),
}

var prunes = promise.Promise{
	ID:    "delivery.prunes",
	Level: promise.Must,
	Claim: "what leaves git leaves the cluster",
	Kept:  leftIsGone,
	Limit: commitIsThrough,
}
