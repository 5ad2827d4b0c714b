package eks

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
)

// start makes what Auto Mode makes once there is a control plane.
func (c *cluster) start(plane cloud.DataPlane) {
	nodePools := c.shape.ComputeConfig.NodePools
	if role := c.Has(aws.ToString(c.shape.ComputeConfig.NodeRoleArn)); role != nil {
		c.AddProfile(c.Scope, fmt.Sprintf("eks-%s-%s-%d", c.Region, c.Name, c.Serial()), role.ID, map[string]string{cloud.ClusterTag: c.Name})
	}
	if plane.Pools != nil {
		plane.Pools(slices.Clone(nodePools))
	}
	tags := map[string]string{cloud.ClusterTag: c.Name}
	for i := range c.Knobs.LeakedVolumes {
		c.Add(&cloud.Resource{Kind: cloud.Volume, Scope: c.Scope, Attributes: map[string]string{"managed": "true"},
			Tags: map[string]string{cloud.ClusterTag: c.Name, "kubernetes.io/created-for/pvc/name": fmt.Sprintf("claim-%d", i)}})
	}
	if c.Knobs.LeakedGroups {
		c.AddGroups(c.Scope, c.Name, c.home.VPC)
	}
	if plane.Machines == nil && len(nodePools) > 0 {
		for i := range c.Knobs.Instances {
			c.Launch(c.Scope, c.Name, c.home.VPC, c.home.Subnet, c.home.Group, machine(nodePools[i%len(nodePools)]))
		}
	}
	for range c.Knobs.LeakedInterfaces {
		leaked := c.AddInterface(c.Scope, c.home.VPC, c.home.Subnet, c.home.Group, map[string]string{"status": "available", "managed": "true"}, tags)
		leaked.Tags["eks:kubernetes-cni-node-name"] = "i-00000000000000000"
		if c.Knobs.InterfaceBusy > 0 {
			busy := c.Begin()
			leaked.Attributes["status"], leaked.Value = "in-use", &busy
		}
	}
}

// machine is what Auto Mode takes for the first node of a pool.
func machine(pool string) cloud.Machine {
	if pool == "system" {
		return cloud.Machine{Type: "c6g.large", Arch: "arm64", Pool: pool}
	}
	return cloud.Machine{Type: "c5a.large", Arch: "x86_64", Pool: pool}
}
