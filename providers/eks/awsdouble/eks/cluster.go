package eks

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
)

// cluster is one cluster: what is answered of it, and how far it is.
type cluster struct {
	service
	*cloud.Resource
	shape   types.Cluster
	home    cloud.Home
	step    cloud.Progress
	updates []*update
	// before is the status that so many reads still show.
	before types.ClusterStatus
	stale  int
}

// update is one change of a cluster's configuration.
type update struct {
	shape types.Update
	pools []string // nil if it leaves them
}

func (c *cluster) become(status types.ClusterStatus) {
	c.shape.Status = status
	c.step = c.Begin()
}

// advance does the step whose time has come, if one has.
func (c *cluster) advance() {
	k := c.Knobs
	switch c.shape.Status {
	case types.ClusterStatusCreating:
		if !k.StuckCreating && c.Done(&c.step, k.Creating) {
			if len(k.CreateIssues) > 0 {
				c.fail(k.CreateIssues)
				return
			}
			c.finishCreate()
		}
	case types.ClusterStatusUpdating:
		if c.Done(&c.step, k.Updating) {
			c.finishUpdate()
		}
	case types.ClusterStatusDeleting:
		if k.StuckDeleting || !c.Done(&c.step, k.Deleting) {
			return
		}
		if k.DeleteFails > 0 {
			c.Knobs.DeleteFails--
			c.fail(k.DeleteIssues)
			return
		}
		c.finishDelete()
	}
}

// finishCreate is the end of the creation, once there is a Kubernetes API.
func (c *cluster) finishCreate() {
	plane, err := c.maker().Made()
	switch {
	case err != nil:
		c.fail([]cloud.Issue{{Code: string(types.ClusterIssueCodeInternalFailure), Message: err.Error()}})
	case plane != nil:
		c.activate(*plane)
	}
}

// finishDelete is the end of the deletion, once there is no Kubernetes API.
func (c *cluster) finishDelete() {
	gone, err := c.maker().Removed()
	switch {
	case err != nil:
		c.fail([]cloud.Issue{{Code: string(types.ClusterIssueCodeInternalFailure), Message: err.Error()}})
	case gone:
		c.vanish()
	}
}

// maker is who makes the Kubernetes API. Where nobody does, the cluster has a
// name of one and nothing behind it.
func (c *cluster) maker() cloud.Maker {
	if maker := c.makers(c.Name); maker != nil {
		return maker
	}
	return cloud.Ready(cloud.DataPlane{
		Endpoint: fmt.Sprintf("https://%032X.gr7.%s.eks.amazonaws.com", c.Created.UnixNano(), c.Region),
		CA:       []byte("no certificate authority: the double has no data plane for this cluster\n"),
	})
}

// plane is the Kubernetes API of a cluster that has, or had, one.
func (c *cluster) plane() *cloud.DataPlane {
	if c.shape.Endpoint == nil {
		return nil
	}
	plane, err := c.maker().Made()
	if err != nil {
		return nil // it was seen to be made, and nobody can tell of it now
	}
	return plane
}

func (c *cluster) fail(issues []cloud.Issue) {
	c.shape.Health = &types.ClusterHealth{Issues: []types.ClusterIssue{}}
	for _, issue := range issues {
		c.shape.Health.Issues = append(c.shape.Health.Issues, types.ClusterIssue{
			Code: types.ClusterIssueCode(issue.Code), Message: aws.String(issue.Message), ResourceIds: issue.Resources,
		})
	}
	c.become(types.ClusterStatusFailed)
}

// interfaces adds what EKS makes in the VPC at once: the cluster's security
// group, and an interface of the control plane in each subnet.
func (c *cluster) interfaces(subnets []string) {
	group := c.Add(&cloud.Resource{
		Kind: cloud.SecurityGroup, Scope: c.Scope, Uses: []string{c.home.VPC},
		Name: fmt.Sprintf("eks-cluster-sg-%s-%d", c.Name, c.Serial()),
		Tags: map[string]string{"aws:eks:cluster-name": c.Name, "kubernetes.io/cluster/" + c.Name: "owned", "Name": "eks-cluster-sg-" + c.Name},
		Attributes: map[string]string{
			"vpc": c.home.VPC, "description": "EKS created security group applied to ENI that is attached to EKS Control Plane master nodes, as well as any managed workloads.",
		},
	})
	c.home.Group = group.ID
	for _, subnet := range subnets {
		c.AddInterface(c.Scope, c.home.VPC, subnet, group.ID, map[string]string{
			"status": "in-use", "description": "Amazon EKS " + c.Name, "requester": "amazon-eks", "plane": c.ID,
		}, map[string]string{"cluster.k8s.amazonaws.com/name": c.Name})
	}
}

// activate gives the cluster what it has once it is made.
func (c *cluster) activate(plane cloud.DataPlane) {
	id := fmt.Sprintf("%032X", c.Serial())
	c.shape.Endpoint = aws.String(plane.Endpoint)
	c.shape.CertificateAuthority = &types.Certificate{Data: aws.String(base64.StdEncoding.EncodeToString(plane.CA))}
	c.shape.Identity = &types.Identity{Oidc: &types.OIDC{Issuer: aws.String(fmt.Sprintf("https://oidc.eks.%s.amazonaws.com/id/%s", c.Region, id))}}
	c.shape.PlatformVersion = aws.String("eks.1")
	c.become(types.ClusterStatusActive)
	c.start(plane)
}

// finishUpdate ends the last update.
func (c *cluster) finishUpdate() {
	last := c.updates[len(c.updates)-1]
	c.become(types.ClusterStatusActive)
	if message := c.Knobs.UpdateFails; message != "" {
		last.shape.Status = types.UpdateStatusFailed
		last.shape.Errors = []types.ErrorDetail{{ErrorCode: types.ErrorCodeUnknown, ErrorMessage: aws.String(message)}}
		return
	}
	last.shape.Status = types.UpdateStatusSuccessful
	if last.pools == nil {
		return
	}
	c.shape.ComputeConfig.NodePools = last.pools
	plane := c.plane()
	if plane != nil && plane.Pools != nil {
		plane.Pools(slices.Clone(last.pools))
	}
	if len(last.pools) == 0 && (plane == nil || plane.Machines == nil) {
		c.drain()
	}
}

// drain begins to end all instances, unless they are stuck. Where there are
// real nodes they end by themselves, with their pools.
func (c *cluster) drain() {
	for _, instance := range c.Running(c.Scope, c.Name) {
		if !c.Knobs.StuckInstances {
			c.Stop(instance)
		}
	}
}

// vanish is the end of the deletion. Instances end with the cluster; volumes
// and interfaces that leaked do not, nor does a security group that they use,
// nor Auto Mode's instance profile. A cluster whose role is gone cannot remove
// its own interfaces.
func (c *cluster) vanish() {
	for _, instance := range c.Running(c.Scope, c.Name) {
		if !c.Knobs.StuckInstances {
			c.Terminate(instance)
		}
	}
	permitted := c.Has(aws.ToString(c.shape.RoleArn)) != nil
	for _, r := range c.Every(c.Scope, cloud.Interface) {
		switch {
		case r.Attributes["plane"] != c.ID:
		case permitted:
			c.Remove(r.ID)
		default:
			r.Attributes["status"] = "available"
		}
	}
	if permitted && len(c.Users(c.home.Group)) == 0 {
		c.Remove(c.home.Group)
	}
	if !c.Knobs.LeakedProfile {
		for _, p := range c.Every(c.Global(), cloud.InstanceProfile) {
			if strings.HasPrefix(p.Name, fmt.Sprintf("eks-%s-%s-", c.Region, c.Name)) {
				c.Remove(p.ID)
			}
		}
	}
	c.Remove(c.ID)
}
