package providers

import (
	"context"
	"time"
)

// Leaver is a Cluster that may leave something behind, which then costs.
type Leaver interface {
	// Leftovers names what is left of the cluster after Down, a line each, or of
	// a cluster that is there, what it consists of. With an error nobody knows.
	Leftovers(ctx context.Context) ([]string, error)
}

// Slow is a Cluster that takes long to be removed.
type Slow interface {
	// DownLimit is what Down may take.
	DownLimit() time.Duration
}

// Metered is a Cluster that counts what its provider asked of a cloud.
type Metered interface {
	Requests() CloudRequests
}

// CloudRequests counts requests to a cloud's own services, an attempt as one.
type CloudRequests struct {
	// Own are all but Polls, which only asked whether something is done yet.
	Own   int `json:"own"`
	Polls int `json:"polls"`
	// ByOperation splits Own, as in "eks:CreateCluster".
	ByOperation map[string]int `json:"byOperation,omitempty"`
}

// Bill is what is made, and an estimate of what it costs.
type Bill struct {
	// Resources are all that would be made, in order.
	Resources []Resource
	// Costs are estimates in US dollars an hour.
	Costs []Cost
	// Ceiling is how long all of it may be there at most, from now on.
	Ceiling time.Duration
	// Source says where the prices are from.
	Source string
}

// Resource is something that would be made.
type Resource struct {
	// Kind in the words of who makes it, as in "AWS::EC2::VPC".
	Kind, Name string
}

// Cost is a part of a bill.
type Cost struct {
	For string
	// Idle and Busy are US dollars an hour, at rest and while scaled out.
	Idle, Busy float64
}
