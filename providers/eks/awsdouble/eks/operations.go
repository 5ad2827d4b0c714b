package eks

import (
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/wire"
)

// refresh brings the instances of a region's clusters up to date with the nodes
// of their data planes.
func (s service) refresh(where cloud.Scope) {
	for _, r := range s.Every(where, cloud.Cluster) {
		c := r.Value.(*cluster)
		if plane := c.plane(); plane != nil {
			s.Mirror(c.home, *plane)
		}
	}
}

// find returns the cluster of a name once it can be seen, a step further.
func (s service) find(caller wire.Caller, name *string) (*cluster, error) {
	r := s.Named(cloud.ScopeOf(caller), cloud.Cluster, aws.ToString(name))
	if r == nil || s.See(r.ID) == nil {
		return nil, notFound(aws.ToString(name))
	}
	r.Value.(*cluster).advance()
	if r = s.Has(r.ID); r == nil {
		return nil, notFound(aws.ToString(name))
	}
	return r.Value.(*cluster), nil
}

func (s service) createCluster(caller wire.Caller, in *sdk.CreateClusterInput) (*sdk.CreateClusterOutput, error) {
	where, name := cloud.ScopeOf(caller), aws.ToString(in.Name)
	if old := s.Named(where, cloud.Cluster, name); old != nil {
		c := old.Value.(*cluster)
		if token := aws.ToString(in.ClientRequestToken); token != "" && token == aws.ToString(c.shape.ClientRequestToken) {
			return &sdk.CreateClusterOutput{Cluster: c.answer()}, nil
		}
		return nil, inUse(name, "Cluster already exists with name: %s", name)
	}
	if err := s.validate(where, in); err != nil {
		return nil, err
	}
	subnet := s.Has(in.ResourcesVpcConfig.SubnetIds[0])
	c := &cluster{service: s, home: cloud.Home{Scope: where, Cluster: name, VPC: subnet.Attributes["vpc"], Subnet: subnet.ID}}
	c.Resource = s.Add(&cloud.Resource{
		ID: where.ARN("eks", "cluster/"+name), Kind: cloud.Cluster, Name: name, Scope: where, Tags: maps.Clone(in.Tags), Value: c,
	})
	c.interfaces(in.ResourcesVpcConfig.SubnetIds)
	c.shape = newShape(in, c)
	c.become(types.ClusterStatusCreating)
	c.maker().Make()
	s.logGroup(where, name, in.Logging)
	return &sdk.CreateClusterOutput{Cluster: c.answer()}, nil
}

// logGroup is there as soon as something is logged, and nobody removes it.
func (s service) logGroup(where cloud.Scope, cluster string, logging *types.Logging) {
	if logging == nil {
		return
	}
	name := "/aws/eks/" + cluster + "/cluster"
	arn := where.ARN("logs", "log-group:"+name)
	for _, setup := range logging.ClusterLogging {
		if aws.ToBool(setup.Enabled) && len(setup.Types) > 0 && s.Has(arn) == nil {
			s.Add(&cloud.Resource{ID: arn, Kind: cloud.LogGroup, Name: name, Scope: where})
		}
	}
}

// newShape is what is answered of a cluster that was just asked for.
func newShape(in *sdk.CreateClusterInput, c *cluster) types.Cluster {
	config := in.ResourcesVpcConfig
	public, private := config.EndpointPublicAccess == nil || *config.EndpointPublicAccess, aws.ToBool(config.EndpointPrivateAccess)
	cidrs := config.PublicAccessCidrs
	if len(cidrs) == 0 {
		cidrs = []string{"0.0.0.0/0"}
	}
	version := aws.ToString(in.Version)
	if version == "" {
		version = versions[len(versions)-1]
	}
	shape := types.Cluster{
		Name: in.Name, Arn: &c.ID, CreatedAt: &c.Created, Version: &version, RoleArn: in.RoleArn, ClientRequestToken: in.ClientRequestToken,
		CertificateAuthority: &types.Certificate{}, Health: &types.ClusterHealth{Issues: []types.ClusterIssue{}},
		ComputeConfig: &types.ComputeConfigResponse{Enabled: in.ComputeConfig.Enabled, NodePools: in.ComputeConfig.NodePools, NodeRoleArn: in.ComputeConfig.NodeRoleArn},
		KubernetesNetworkConfig: &types.KubernetesNetworkConfigResponse{
			IpFamily: types.IpFamilyIpv4, ServiceIpv4Cidr: aws.String("10.100.0.0/16"), ElasticLoadBalancing: in.KubernetesNetworkConfig.ElasticLoadBalancing,
		},
		StorageConfig: &types.StorageConfigResponse{BlockStorage: in.StorageConfig.BlockStorage},
		ResourcesVpcConfig: &types.VpcConfigResponse{
			VpcId: &c.home.VPC, SubnetIds: config.SubnetIds, ClusterSecurityGroupId: &c.home.Group, SecurityGroupIds: []string{},
			EndpointPublicAccess: public, EndpointPrivateAccess: private, PublicAccessCidrs: cidrs,
		},
		AccessConfig:       &types.AccessConfigResponse{AuthenticationMode: types.AuthenticationModeApi},
		DeletionProtection: aws.Bool(aws.ToBool(in.DeletionProtection)),
		UpgradePolicy:      &types.UpgradePolicyResponse{SupportType: types.SupportTypeExtended},
		Logging:            in.Logging,
	}
	if in.AccessConfig != nil && in.AccessConfig.AuthenticationMode != "" {
		shape.AccessConfig.AuthenticationMode = in.AccessConfig.AuthenticationMode
	}
	if in.UpgradePolicy != nil {
		shape.UpgradePolicy.SupportType = in.UpgradePolicy.SupportType
	}
	return shape
}

// answer is a copy of what is known of the cluster.
func (c *cluster) answer() *types.Cluster {
	shape := c.shape
	shape.Tags = maps.Clone(c.Tags)
	return &shape
}

func (s service) describeCluster(caller wire.Caller, in *sdk.DescribeClusterInput) (*sdk.DescribeClusterOutput, error) {
	c, err := s.find(caller, in.Name)
	if err != nil {
		return nil, err
	}
	shape := c.answer()
	if c.stale > 0 {
		c.stale--
		shape.Status = c.before
	}
	return &sdk.DescribeClusterOutput{Cluster: shape}, nil
}

func (s service) listClusters(caller wire.Caller, in *sdk.ListClustersInput) (*sdk.ListClustersOutput, error) {
	if limit := aws.ToInt32(in.MaxResults); in.MaxResults != nil && (limit < 1 || limit > 100) {
		return nil, badParameter("maxResults must be between 1 and 100")
	}
	page, next := cloud.Page(s.Cloud, s.List(cloud.ScopeOf(caller), cloud.Cluster), in.NextToken, int(aws.ToInt32(in.MaxResults)), func(r *cloud.Resource) string { return r.Name })
	out := &sdk.ListClustersOutput{Clusters: []string{}, NextToken: next}
	for _, r := range page {
		out.Clusters = append(out.Clusters, r.Name)
	}
	return out, nil
}

func (s service) updateConfig(caller wire.Caller, in *sdk.UpdateClusterConfigInput) (*sdk.UpdateClusterConfigOutput, error) {
	c, err := s.find(caller, in.Name)
	if err != nil {
		return nil, err
	}
	if c.shape.Status != types.ClusterStatusActive {
		return nil, inUse(c.Name, "Cluster '%s' is not in ACTIVE status: it is %s", c.Name, c.shape.Status)
	}
	u := &update{shape: types.Update{
		Id: aws.String(fmt.Sprintf("%08x-0000-4000-8000-000000000000", s.Serial())), Status: types.UpdateStatusInProgress,
		CreatedAt: aws.Time(s.Now().UTC()), Params: []types.UpdateParam{}, Errors: []types.ErrorDetail{}, Type: types.UpdateTypeAutoModeUpdate,
	}}
	switch {
	case in.ComputeConfig != nil || in.StorageConfig != nil || in.KubernetesNetworkConfig != nil:
		if err := c.changeCompute(in, u); err != nil {
			return nil, err
		}
	case in.DeletionProtection != nil:
		u.shape.Type = types.UpdateTypeDeletionProtectionUpdate
		c.shape.DeletionProtection = in.DeletionProtection
	default:
		return nil, badParameter("At least one of the configurations must be given")
	}
	c.updates = append(c.updates, u)
	c.become(types.ClusterStatusUpdating)
	return &sdk.UpdateClusterConfigOutput{Update: &u.shape}, nil
}

// changeCompute is an update of Auto Mode. A request names all three parts of
// it, also where only the pools change.
func (c *cluster) changeCompute(in *sdk.UpdateClusterConfigInput, u *update) error {
	auto, err := autoMode(in.ComputeConfig, in.KubernetesNetworkConfig, in.StorageConfig)
	if err != nil {
		return err
	}
	if !auto {
		return wire.NotServed("turning Auto Mode off")
	}
	role := aws.ToString(in.ComputeConfig.NodeRoleArn)
	if role == "" {
		role = aws.ToString(c.shape.ComputeConfig.NodeRoleArn)
	}
	if err := pools(in.ComputeConfig, role); err != nil {
		return err
	}
	u.pools = in.ComputeConfig.NodePools
	return nil
}

func (s service) describeUpdate(caller wire.Caller, in *sdk.DescribeUpdateInput) (*sdk.DescribeUpdateOutput, error) {
	c, err := s.find(caller, in.Name)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(c.updates, func(u *update) bool { return *u.shape.Id == aws.ToString(in.UpdateId) })
	if i < 0 {
		return nil, wire.Errorf(http.StatusNotFound, "ResourceNotFoundException", "No update found for ID: %s", aws.ToString(in.UpdateId)).With("clusterName", c.Name)
	}
	shape := c.updates[i].shape
	return &sdk.DescribeUpdateOutput{Update: &shape}, nil
}

func (s service) deleteCluster(caller wire.Caller, in *sdk.DeleteClusterInput) (*sdk.DeleteClusterOutput, error) {
	r := s.Named(cloud.ScopeOf(caller), cloud.Cluster, aws.ToString(in.Name))
	if r == nil {
		return nil, notFound(aws.ToString(in.Name))
	}
	c := r.Value.(*cluster)
	switch {
	case c.shape.Status == types.ClusterStatusCreating || c.shape.Status == types.ClusterStatusUpdating:
		return nil, inUse(c.Name, "Cluster '%s' cannot be deleted while it is in status %s", c.Name, c.shape.Status)
	case aws.ToBool(c.shape.DeletionProtection):
		return nil, inUse(c.Name, "Cluster '%s' has deletion protection enabled", c.Name)
	case c.shape.Status != types.ClusterStatusDeleting:
		c.before, c.stale = c.shape.Status, s.Knobs.StaleDeleting
		c.become(types.ClusterStatusDeleting)
		c.maker().Remove()
	}
	return &sdk.DeleteClusterOutput{Cluster: c.answer()}, nil
}
