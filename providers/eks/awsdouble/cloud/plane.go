package cloud

// DataPlane is the Kubernetes API that stands behind a cluster.
type DataPlane struct {
	// Endpoint is its URL, and CA its certificate authority in PEM.
	Endpoint string
	CA       []byte
	// Machines are its nodes now, by their instance ids; it must answer at
	// once. If nil, the knobs say how many instances the cluster has.
	Machines func() ([]Machine, error)
	// Pools is told which built-in node pools the cluster now has, when it
	// becomes active and after each update that changed them; may be nil. It
	// must return at once.
	Pools func(pools []string)
}

// Home is where a cluster's machines live.
type Home struct {
	Scope
	Cluster, VPC, Subnet, Group string
}

// Mirror makes the cluster's instances those that the data plane has. What was
// terminated here is not started again. A data plane that does not answer
// changes nothing.
func (c *Cloud) Mirror(home Home, plane DataPlane) {
	if plane.Machines == nil {
		return
	}
	machines, err := plane.Machines()
	if err != nil {
		return
	}
	alive := map[string]bool{}
	for _, m := range machines {
		alive[m.ID] = true
		if c.Has(m.ID) == nil {
			c.Launch(home.Scope, home.Cluster, home.VPC, home.Subnet, home.Group, m)
		}
	}
	for _, instance := range c.Running(home.Scope, home.Cluster) {
		if !alive[instance.ID] {
			c.Terminate(instance)
		}
	}
}
