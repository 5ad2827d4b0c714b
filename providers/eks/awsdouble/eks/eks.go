// Package eks is the double's Elastic Kubernetes Service: clusters in Auto
// Mode, on a control plane that whoever uses the double provides.
package eks

import (
	"net/http"

	sdk "github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/schemas"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/wire"
)

// Makers finds who makes what stands behind a cluster; nil if nobody does.
type Makers func(cluster string) cloud.Maker

type service struct {
	*cloud.Cloud
	makers Makers
}

// New returns the service on the cloud, and a function that brings the
// instances of a region's clusters up to date.
func New(c *cloud.Cloud, makers Makers) (*wire.Service, func(cloud.Scope)) {
	s := service{c, makers}
	return wire.NewService[*sdk.Client]("eks", routes(),
		wire.Handle("CreateCluster", honoured, s.createCluster),
		wire.Handle("DescribeCluster", "Name", s.describeCluster),
		wire.Handle("ListClusters", "MaxResults NextToken", s.listClusters),
		wire.Handle("UpdateClusterConfig", "Name ClientRequestToken ComputeConfig KubernetesNetworkConfig.ElasticLoadBalancing.Enabled StorageConfig DeletionProtection", s.updateConfig),
		wire.Handle("DescribeUpdate", "Name UpdateId", s.describeUpdate),
		wire.Handle("DeleteCluster", "Name", s.deleteCluster),
	), s.refresh
}

// honoured are the members of CreateCluster that have their effect.
const honoured = `Name Version RoleArn ClientRequestToken Tags DeletionProtection BootstrapSelfManagedAddons
	ResourcesVpcConfig.SubnetIds ResourcesVpcConfig.EndpointPublicAccess ResourcesVpcConfig.EndpointPrivateAccess ResourcesVpcConfig.PublicAccessCidrs
	AccessConfig ComputeConfig KubernetesNetworkConfig.IpFamily KubernetesNetworkConfig.ElasticLoadBalancing.Enabled
	StorageConfig UpgradePolicy Logging`

// routes are those of what is served, from the SDK's own schemas.
func routes() wire.RestJSON {
	return wire.RestJSON{Routes: []wire.Route{
		{Operation: "CreateCluster", Schema: schemas.CreateCluster, Input: schemas.CreateClusterRequest},
		{Operation: "DescribeCluster", Schema: schemas.DescribeCluster, Input: schemas.DescribeClusterRequest},
		{Operation: "ListClusters", Schema: schemas.ListClusters, Input: schemas.ListClustersRequest},
		{Operation: "UpdateClusterConfig", Schema: schemas.UpdateClusterConfig, Input: schemas.UpdateClusterConfigRequest},
		{Operation: "DescribeUpdate", Schema: schemas.DescribeUpdate, Input: schemas.DescribeUpdateRequest},
		{Operation: "DeleteCluster", Schema: schemas.DeleteCluster, Input: schemas.DeleteClusterRequest},
	}}
}

func badParameter(format string, args ...any) *wire.Error {
	return wire.Errorf(http.StatusBadRequest, "InvalidParameterException", format, args...)
}

func notFound(name string) *wire.Error {
	return wire.Errorf(http.StatusNotFound, "ResourceNotFoundException", "No cluster found for name: %s.", name).With("clusterName", name)
}

func inUse(name, format string, args ...any) *wire.Error {
	return wire.Errorf(http.StatusConflict, "ResourceInUseException", format, args...).With("clusterName", name)
}
