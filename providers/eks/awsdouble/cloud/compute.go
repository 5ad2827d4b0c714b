package cloud

import "maps"

// The keys of the tags that Auto Mode puts on instances and what belongs to them.
const (
	// ClusterTag is on all that it makes.
	ClusterTag = "eks:eks-cluster-name"
	PoolTag    = "eks:kubernetes-node-pool-name"
)

// Machine is what an instance of a cluster is.
type Machine struct {
	// Type such as "c6g.large", and Arch such as "arm64".
	Type, Arch string
	// Pool is the NodePool it is of.
	Pool string
	// ID is that of an instance that exists elsewhere, such as a node of the
	// data plane; empty for a new one.
	ID string
	// End ends one that exists elsewhere, when it is terminated here; it returns
	// at once, and may be nil.
	End func()
}

// Launch starts an instance as Auto Mode does: with a network interface and a
// root volume of its own, all with the cluster's tag.
func (c *Cloud) Launch(scope Scope, cluster, vpc, subnet, group string, m Machine) *Resource {
	tags := map[string]string{ClusterTag: cluster, PoolTag: m.Pool}
	instance := c.Add(&Resource{
		ID: m.ID, Kind: Instance, Scope: scope, Uses: []string{vpc, subnet, group}, Tags: tags,
		Attributes: map[string]string{"state": "running", "type": m.Type, "arch": m.Arch, "cluster": cluster, "managed": "true"},
		end:        m.End,
	})
	c.AddInterface(scope, vpc, subnet, group, map[string]string{"status": "in-use", "instance": instance.ID, "public": "true", "managed": "true"}, tags)
	c.Add(&Resource{Kind: Volume, Scope: scope, Tags: maps.Clone(tags),
		Attributes: map[string]string{"instance": instance.ID, "root": "true", "managed": "true"}})
	return instance
}

// AddInterface adds a network interface.
func (c *Cloud) AddInterface(scope Scope, vpc, subnet, group string, attributes, tags map[string]string) *Resource {
	attributes["vpc"], attributes["subnet"], attributes["group"], attributes["address"] = vpc, subnet, group, c.address()
	uses := []string{vpc, subnet}
	if group != "" {
		uses = append(uses, group)
	}
	return c.Add(&Resource{Kind: Interface, Scope: scope, Uses: uses, Attributes: attributes, Tags: maps.Clone(tags)})
}

// Stop begins to terminate an instance.
func (c *Cloud) Stop(instance *Resource) {
	if s := instance.Attributes["state"]; s == "shutting-down" || s == "terminated" {
		return
	}
	instance.Attributes["state"] = "shutting-down"
	progress := c.Begin()
	instance.Value = &progress
	if instance.end != nil {
		instance.end()
	}
}

// Advance brings instances that end a step further.
func (c *Cloud) Advance(instances []*Resource) {
	for _, instance := range instances {
		progress, ok := instance.Value.(*Progress)
		if instance.Attributes["state"] == "shutting-down" && ok && c.Done(progress, c.Knobs.Terminating) {
			c.Terminate(instance)
		}
	}
}

// Terminate ends an instance, with its interface and its root volume. It stays
// visible as terminated, and uses nothing any more.
func (c *Cloud) Terminate(instance *Resource) {
	instance.Attributes["state"] = "terminated"
	instance.Uses = nil
	for _, r := range c.Every(instance.Scope, Interface, Volume) {
		if r.Attributes["instance"] == instance.ID {
			c.Remove(r.ID)
		}
	}
}

// Running are the cluster's instances that are not terminated.
func (c *Cloud) Running(scope Scope, cluster string) []*Resource {
	var running []*Resource
	for _, r := range c.Every(scope, Instance) {
		if r.Attributes["cluster"] == cluster && r.Attributes["state"] != "terminated" {
			running = append(running, r)
		}
	}
	return running
}

// Settle counts a read of an interface that is busy for a number of them: then
// it is no longer in use.
func (c *Cloud) Settle(r *Resource) {
	busy, ok := r.Value.(*Progress)
	if ok && r.Attributes["status"] == "in-use" && c.Done(busy, Pace{Polls: c.Knobs.InterfaceBusy}) {
		r.Attributes["status"] = "available"
	}
}
