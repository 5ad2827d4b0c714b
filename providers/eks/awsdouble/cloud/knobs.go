package cloud

import (
	"slices"
	"time"
)

// Knobs are the ways in which the cloud can be made to behave as AWS does on a
// bad day. The zero value is a cloud in which everything happens at once and
// nothing leaks; Default is one on a good day.
type Knobs struct {
	// Creating, Updating and Deleting are how long a cluster takes for that.
	Creating, Updating, Deleting Pace
	// StuckCreating and StuckDeleting keep clusters in that status.
	StuckCreating, StuckDeleting bool
	// CreateIssues end the creation of clusters in FAILED, with these.
	CreateIssues []Issue
	// DeleteIssues end the deletion of clusters in FAILED, with these. The
	// number is how many deletions end so.
	DeleteIssues []Issue
	DeleteFails  int
	// StaleDeleting is how many reads show a cluster that is being deleted as it was before.
	StaleDeleting int
	// UpdateFails is the message with which updates fail; none if empty.
	UpdateFails string

	// StackStep is how long a stack takes for each of its resources.
	StackStep Pace
	// StuckStack keeps stacks in CREATE_IN_PROGRESS once half their resources are made.
	StuckStack bool
	// StackFails are the reasons for which resources of a stack cannot be
	// made, by logical id: the stack rolls back.
	StackFails map[string]string
	// StackKeeps are how many times resources of a stack cannot be deleted, by
	// logical id: the stack ends in DELETE_FAILED or ROLLBACK_FAILED.
	StackKeeps map[string]int

	// StaleStack is how many reads show a stack that is being deleted as it was before.
	StaleStack int

	// Hidden is how many reads do not find a resource that was just made, by kind.
	Hidden map[Kind]int
	// RoleAssumable is how many times EKS cannot assume a role that was just made.
	RoleAssumable int

	// Instances is how many instances Auto Mode starts for a cluster that is
	// made, where no data plane tells which there are.
	Instances int
	// Terminating is how long an instance takes to be gone.
	Terminating Pace
	// StuckInstances never end by themselves: not with their pool, nor with
	// their cluster.
	StuckInstances bool
	// KeepsInstances lets nobody but EKS end instances that Auto Mode manages, as AWS
	// does by a policy of its own.
	KeepsInstances bool
	// LeakedInterfaces is how many network interfaces of Auto Mode's nodes stay
	// when the nodes are gone. They keep the cluster's security group and the VPC.
	LeakedInterfaces int
	// InterfaceBusy is how many reads show a leaked interface still in use.
	InterfaceBusy int
	// LeakedGroups lets two security groups of load balancers stay that name each other.
	LeakedGroups bool
	// LeakedVolumes is how many volumes of a cluster's claims stay.
	LeakedVolumes int
	// LeakedProfile lets Auto Mode's instance profile for the node role outlive
	// the cluster, as it does on AWS. It keeps the role.
	LeakedProfile bool
	// HideManaged leaves what Auto Mode manages out of EC2's lists unless a
	// request includes managed resources: a setting that accounts have.
	HideManaged bool

	// PageSize is the most that a list answers at once; everything if zero.
	PageSize int
}

// Default is a good day: all takes two polls, and only the instance profile leaks.
func Default() Knobs {
	two := Pace{Polls: 2}
	return Knobs{
		Creating: two, Updating: two, Deleting: two, StackStep: Pace{}, Terminating: two,
		Instances: 2, KeepsInstances: true, LeakedProfile: true,
	}
}

// Issue is a health issue of a cluster.
type Issue struct {
	// Code is one of EKS's, such as "InsufficientFreeAddresses".
	Code, Message string
	Resources     []string
}

// Pace is how long something takes: so many reads, and so much time. Both must
// have passed.
type Pace struct {
	Polls int
	Time  time.Duration
}

// Progress is how far something has come.
type Progress struct {
	since time.Time
	polls int
}

// Begin is progress that starts now.
func (c *Cloud) Begin() Progress { return Progress{since: c.Now()} }

// Done counts a read, and tells whether the pace was reached before it.
func (c *Cloud) Done(p *Progress, pace Pace) bool {
	p.polls++
	return p.polls > pace.Polls && c.Now().Sub(p.since) >= pace.Time
}

// Page cuts a list to the knobs' size, and to limit if that is smaller and not
// zero. The token is what the page before returned.
func Page[T any](c *Cloud, all []T, token *string, limit int, id func(T) string) (page []T, next *string) {
	if token != nil {
		i := slices.IndexFunc(all, func(t T) bool { return id(t) == *token })
		if i < 0 {
			i = len(all) // what the token pointed at is gone, and with it the rest: a client may not rely on more
		}
		all = all[i:]
	}
	size := c.Knobs.PageSize
	if limit > 0 && (size == 0 || limit < size) {
		size = limit
	}
	if size == 0 || len(all) <= size {
		return all, nil
	}
	after := id(all[size])
	return all[:size], &after
}
