// Package scaleout proves that numbers become replicas: as many as the formula
// says, step by step, and soon.
package scaleout

import (
	"github.com/scaleproof/scaleproof/e2e"
	"github.com/scaleproof/scaleproof/e2e/promise"
	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// Suite is the list of promises with the specs that prove them.
var Suite = e2e.Suite{
	Name:     "scaleout",
	About:    "numbers become replicas: as many as the formula says, and soon",
	Promises: []promise.Promise{mirrorsScaledObject, conditions, path, reachesMax, formula, tolerance},
	Specs:    specs,
}

// syncs is how many steps the seed's scenario takes: 1, 4, 8, 10.
const syncs = 3

var mirrorsScaledObject = promise.Promise{
	ID:    "scaleout.hpa-mirrors-scaledobject",
	Level: promise.Must,
	Claim: "the HPA has its ScaledObject's name, owner, labels, bounds, target and threshold, and follows edits",
	Kept:  mirrors,
	Limit: promise.Sum(promise.KEDAPoll),
}

var conditions = promise.Promise{
	ID:    "scaleout.conditions",
	Level: promise.Must,
	Claim: "the HPA tells whether it can scale, is active and is limited, with the right reason at each edge",
	Kept:  rightReasons,
	Limit: promise.Sum(promise.HPASync),
}

// path is watched for a sync after it is at the maximum: whatever the HPA does then,
// it does at a sync.
var path = promise.Promise{
	ID:    "scaleout.path",
	Level: promise.Must,
	Claim: "replicas climb step by step to the maximum, never past it, never back",
	Kept:  pathEnds,
	Limit: promise.Sum(promise.Scrape, promise.KEDAPoll, promise.HPASync.Times(syncs)),
	Never: leavesPath,
	After: promise.Sum(promise.HPASync),
}

var reachesMax = promise.Promise{
	ID:    "scaleout.reaches-max",
	Level: promise.Must,
	Claim: "ten replicas are ready soon after the metric asks for them",
	Kept:  timeline.Ready(10),
	Limit: promise.Sum(promise.Scrape, promise.KEDAPoll, promise.HPASync.Times(syncs), promise.PodStart),
}

var formula = promise.Promise{
	ID:    "scaleout.formula",
	Level: promise.Must,
	Claim: "desired replicas are the ceiling of value over threshold, within bounds",
	Kept:  desiredIsCeiling,
	Limit: promise.Sum(promise.KEDAPoll, promise.HPASync),
}

var tolerance = promise.Promise{
	ID:    "scaleout.tolerance",
	Level: promise.Must,
	Claim: "a ratio within the tolerance moves nothing, and one beyond it does",
	Kept:  desiredHeedsTolerance,
	Limit: promise.Sum(promise.HPASync),
	Never: movesWithinTolerance,
	For:   promise.Sum(promise.HPASync.Times(2)),
}
