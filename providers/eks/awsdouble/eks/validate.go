package eks

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/wire"
)

// What EKS says of a request in which Auto Mode is not whole. These four are
// the service's own words, from public reports of its users.
const (
	notWhole    = "For EKS Auto Mode, please ensure that all required configs, including computeConfig, kubernetesNetworkConfig, and blockStorage are all either fully enabled or fully disabled."
	ownAddons   = "When EKS Auto Mode is enabled, bootstrapSelfManagedAddons must be set to false."
	poolsNoRole = "When Compute Config nodeRoleArn is null or empty, nodePool list cannot be populated."
	roleNoPools = "When Compute Config nodeRoleArn is not null or empty, nodePool value(s) must be provided."
)

var clusterNames = regexp.MustCompile(`^[0-9A-Za-z][A-Za-z0-9_-]{0,99}$`)

// versions of Kubernetes that there are; the last is the default.
var versions = []string{"1.34", "1.35", "1.36"}

// unsupportedZones are those in which EKS puts no control plane, by their ids.
var unsupportedZones = []string{"use1-az3", "usw1-az2", "cac1-az3"}

// autoMode tells whether Auto Mode is asked for, or how it is not whole.
func autoMode(compute *types.ComputeConfigRequest, network *types.KubernetesNetworkConfigRequest, storage *types.StorageConfigRequest) (bool, error) {
	enabled := []bool{
		compute != nil && aws.ToBool(compute.Enabled),
		network != nil && network.ElasticLoadBalancing != nil && aws.ToBool(network.ElasticLoadBalancing.Enabled),
		storage != nil && storage.BlockStorage != nil && aws.ToBool(storage.BlockStorage.Enabled),
	}
	if slices.Contains(enabled, true) && slices.Contains(enabled, false) {
		return false, badParameter(notWhole)
	}
	return enabled[0], nil
}

// pools checks the built-in pools; role is the one that nodes would have.
func pools(compute *types.ComputeConfigRequest, role string) error {
	if compute == nil {
		return nil
	}
	for _, pool := range compute.NodePools {
		if pool != "general-purpose" && pool != "system" {
			return badParameter("The node pool %s is not one of general-purpose, system", pool)
		}
	}
	switch {
	case role == "" && len(compute.NodePools) > 0:
		return badParameter(poolsNoRole)
	case aws.ToString(compute.NodeRoleArn) != "" && len(compute.NodePools) == 0:
		return badParameter(roleNoPools)
	}
	return nil
}

// validate looks at a request for a cluster.
func (s service) validate(where cloud.Scope, in *sdk.CreateClusterInput) error {
	name := aws.ToString(in.Name)
	if !clusterNames.MatchString(name) {
		return badParameter("The cluster name %q must match the regular expression ^[0-9A-Za-z][A-Za-z0-9\\-_]*", name)
	}
	auto, err := autoMode(in.ComputeConfig, in.KubernetesNetworkConfig, in.StorageConfig)
	if err != nil {
		return err
	}
	if auto && (in.BootstrapSelfManagedAddons == nil || *in.BootstrapSelfManagedAddons) {
		return badParameter(ownAddons)
	}
	if !auto {
		return wire.NotServed("clusters without Auto Mode")
	}
	if err := pools(in.ComputeConfig, aws.ToString(in.ComputeConfig.NodeRoleArn)); err != nil {
		return err
	}
	if in.Version != nil && !slices.Contains(versions, *in.Version) {
		return badParameter("unsupported Kubernetes version %s", *in.Version)
	}
	if err := s.subnets(where, name, in.ResourcesVpcConfig); err != nil {
		return err
	}
	return s.roles(aws.ToString(in.RoleArn), aws.ToString(in.ComputeConfig.NodeRoleArn))
}

// roles must be such that EKS can assume them. Both are looked at each time, so
// that a role counts the calls in which it was not yet known.
func (s service) roles(cluster, node string) error {
	plane := s.Assumable(cluster, "eks.amazonaws.com")
	nodes := node == "" || s.Assumable(node, "ec2.amazonaws.com")
	arn := cluster
	if plane {
		arn = node
	}
	if !plane || !nodes {
		return badParameter("Role with arn: %s, could not be assumed because it does not exist or the trusted entity is not correct", arn)
	}
	return nil
}

// subnets must be in one VPC, and in two zones that EKS supports.
func (s service) subnets(where cloud.Scope, cluster string, config *types.VpcConfigRequest) error {
	zones := map[string]bool{}
	vpcs := map[string]bool{}
	for _, id := range config.SubnetIds {
		subnet := s.Has(id)
		if subnet == nil || subnet.Kind != cloud.Subnet || subnet.Scope != where {
			return badParameter("The subnet ID '%s' does not exist", id)
		}
		zones[subnet.Attributes["zone"]], vpcs[subnet.Attributes["vpc"]] = true, true
	}
	if len(zones) < 2 {
		return badParameter("Subnets specified must be in at least two different AZs")
	}
	if len(vpcs) > 1 {
		return badParameter("Subnets specified must all be in the same VPC")
	}
	var valid []string
	unsupported := ""
	for _, zone := range cloud.Zones(where.Region) {
		if !slices.Contains(unsupportedZones, zone.ID) {
			valid = append(valid, zone.Name)
		} else if zones[zone.Name] {
			unsupported = zone.Name
		}
	}
	if unsupported == "" {
		return nil
	}
	return wire.Errorf(http.StatusBadRequest, "UnsupportedAvailabilityZoneException",
		"Cannot create cluster '%s' because %s, the targeted availability zone, does not currently have sufficient capacity to support the cluster. Retry and choose from these availability zones: %s",
		cluster, unsupported, strings.Join(valid, ", ")).With("clusterName", cluster).With("validZones", valid)
}
