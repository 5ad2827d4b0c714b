// Package cloud is what the services of the double share: the resources of all
// accounts, what needs what, and what keeps what from being deleted. It speaks
// no protocol; its refusals carry the codes and messages of the services.
package cloud

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Kind is the type of a resource, by the word that EC2 uses for it in tags
// where it has one.
type Kind string

// The kinds of resources there are.
const (
	VPC             Kind = "vpc"
	Subnet          Kind = "subnet"
	InternetGateway Kind = "internet-gateway"
	RouteTable      Kind = "route-table"
	SecurityGroup   Kind = "security-group"
	Interface       Kind = "network-interface"
	Instance        Kind = "instance"
	Volume          Kind = "volume"
	Fleet           Kind = "fleet"
	LaunchTemplate  Kind = "launch-template"
	LogGroup        Kind = "log-group"
	Role            Kind = "role"
	InstanceProfile Kind = "instance-profile"
	OIDCProvider    Kind = "oidc-provider"
	Stack           Kind = "stack"
	Cluster         Kind = "cluster"
)

// ofEC2 are the ids' prefixes of what EC2 has.
var ofEC2 = map[Kind]string{
	VPC: "vpc-", Subnet: "subnet-", InternetGateway: "igw-", RouteTable: "rtb-",
	SecurityGroup: "sg-", Interface: "eni-", Instance: "i-", Volume: "vol-",
	Fleet: "fleet-", LaunchTemplate: "lt-",
}

// InEC2 tells that EC2 has resources of this kind, and with them their tags.
func (k Kind) InEC2() bool { return ofEC2[k] != "" }

// Scope is an account and a region in it; the region is empty for what is global.
type Scope struct{ Account, Region string }

// Resource is something that exists. What services know of one beyond this is
// in its attributes, or in Value.
type Resource struct {
	// ID is what EC2 calls it by, else its ARN. It is unique in the cloud.
	ID   string
	Kind Kind
	// Name is what people call it, where it has one.
	Name string
	Scope
	Tags       map[string]string
	Attributes map[string]string
	// Uses are the ids of what must not be deleted before it.
	Uses    []string
	Created time.Time
	// Implied is a resource that comes and goes with what it uses, such as a
	// VPC's default security group.
	Implied bool
	// Value is the service's own.
	Value any

	hidden int
	end    func() // of an instance that exists elsewhere too
}

// Cloud holds everything. Whoever uses it holds its lock.
type Cloud struct {
	sync.Mutex
	// Knobs say how it behaves.
	Knobs Knobs
	// Now is the time.
	Now func() time.Time

	all    []*Resource
	serial int
}

// New returns an empty cloud.
func New(now func() time.Time) *Cloud { return &Cloud{Now: now, Knobs: Default()} }

// Serial is a number that was not given before.
func (c *Cloud) Serial() int {
	c.serial++
	return c.serial
}

// Add puts a resource into the cloud, with an id if it has none.
func (c *Cloud) Add(r *Resource) *Resource {
	if r.ID == "" {
		r.ID = fmt.Sprintf("%s0%016x", ofEC2[r.Kind], c.Serial())
	}
	if r.Tags == nil {
		r.Tags = map[string]string{}
	}
	if r.Attributes == nil {
		r.Attributes = map[string]string{}
	}
	r.Created = c.Now().UTC()
	r.hidden = c.Knobs.Hidden[r.Kind]
	c.all = append(c.all, r)
	return r
}

// Has returns the resource if it exists, whether it can be seen yet or not.
func (c *Cloud) Has(id string) *Resource {
	for _, r := range c.all {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// See returns the resource if it exists and can be seen: a fresh one is not
// found the first times, if the knobs say so.
func (c *Cloud) See(id string) *Resource {
	r := c.Has(id)
	if r == nil || !r.seen() {
		return nil
	}
	return r
}

func (r *Resource) seen() bool {
	if r.hidden > 0 {
		r.hidden--
		return false
	}
	return true
}

// List returns the resources of a kind that can be seen, the oldest first.
func (c *Cloud) List(scope Scope, kinds ...Kind) []*Resource {
	return slices.DeleteFunc(c.Every(scope, kinds...), func(r *Resource) bool { return !r.seen() })
}

// Every returns the resources of a kind, seen or not, the oldest first.
func (c *Cloud) Every(scope Scope, kinds ...Kind) []*Resource {
	var found []*Resource
	for _, r := range c.all {
		if r.Scope == scope && slices.Contains(kinds, r.Kind) {
			found = append(found, r)
		}
	}
	return found
}

// Named returns the resource of that kind and name, whether it can be seen or not.
func (c *Cloud) Named(scope Scope, kind Kind, name string) *Resource {
	for _, r := range c.Every(scope, kind) {
		if r.Name == name {
			return r
		}
	}
	return nil
}

// Users are those that use the resource and do not merely come with it.
func (c *Cloud) Users(id string, kinds ...Kind) []*Resource {
	var users []*Resource
	for _, r := range c.all {
		if slices.Contains(r.Uses, id) && !r.Implied && (len(kinds) == 0 || slices.Contains(kinds, r.Kind)) {
			users = append(users, r)
		}
	}
	return users
}

// Remove deletes a resource with what is implied by it, asking nobody.
func (c *Cloud) Remove(id string) {
	c.all = slices.DeleteFunc(c.all, func(r *Resource) bool {
		return r.ID == id || r.Implied && slices.Contains(r.Uses, id)
	})
}

// Left are all resources that somebody would have to delete, the oldest first.
func (c *Cloud) Left() []Leftover {
	left := []Leftover{}
	for _, r := range c.all {
		if !r.Implied && !r.gone() {
			left = append(left, Leftover{Kind: r.Kind, ID: r.ID, Name: r.Name, Scope: r.Scope, Tags: maps.Clone(r.Tags)})
		}
	}
	return left
}

// gone tells of a resource of which only the record is left.
func (r *Resource) gone() bool {
	return r.Kind == Instance && r.Attributes["state"] == "terminated" || r.Kind == Stack && r.Attributes["status"] == "DELETE_COMPLETE"
}

// Leftover is something that still exists.
type Leftover struct {
	Kind     Kind
	ID, Name string
	Scope
	Tags map[string]string
}

// String is for a failing test.
func (l Leftover) String() string {
	var tags []string
	for _, key := range slices.Sorted(maps.Keys(l.Tags)) {
		tags = append(tags, key+"="+l.Tags[key])
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s %s %s", l.Kind, l.ID, l.Name, strings.Join(tags, ",")))
}
