// Package control makes and removes the control plane of a cluster: EKS in
// Auto Mode, with its two built-in pools.
package control

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"

	"github.com/scaleproof/scaleproof/providers/eks/cloud"
)

// Pools are Auto Mode's own: one for what users run, one for what the cluster
// itself needs.
func Pools() []string { return []string{"general-purpose", "system"} }

// Limits of what EKS takes its time for; 15 minutes are usual for either.
const (
	activeLimit = 30 * time.Minute
	goneLimit   = 30 * time.Minute
	updateLimit = 15 * time.Minute
	// roleLimit is how long a new role may not be known everywhere.
	roleLimit = 2 * time.Minute
)

// Planes is EKS in an account.
type Planes struct {
	client *eks.Client
	pace   cloud.Pace
}

// New speaks to EKS in the account.
func New(account *cloud.Account) *Planes {
	return &Planes{eks.NewFromConfig(account.Config()), account.Pace}
}

// Spec is what a control plane is made of.
type Spec struct {
	Name string
	// Version of Kubernetes, as in 1.36; EKS's own default if empty.
	Version string
	// ClusterRole and NodeRole are ARNs.
	ClusterRole, NodeRole string
	Subnets               []string
	Tags                  map[string]string
	// Token makes a repeated request the same one.
	Token string
}

// input is the request: Auto Mode as the seed's eksctl asks for it.
func (s Spec) input() *eks.CreateClusterInput {
	input := &eks.CreateClusterInput{
		Name: &s.Name, RoleArn: &s.ClusterRole, Tags: s.Tags, ClientRequestToken: &s.Token,
		ResourcesVpcConfig: &types.VpcConfigRequest{
			SubnetIds: s.Subnets, EndpointPublicAccess: aws.Bool(true), EndpointPrivateAccess: aws.Bool(true),
		},
		BootstrapSelfManagedAddons: aws.Bool(false), // Auto Mode brings its own
		AccessConfig: &types.CreateAccessConfigRequest{
			AuthenticationMode: types.AuthenticationModeApi, BootstrapClusterCreatorAdminPermissions: aws.Bool(true),
		},
		ComputeConfig: &types.ComputeConfigRequest{Enabled: aws.Bool(true), NodePools: Pools(), NodeRoleArn: &s.NodeRole},
		KubernetesNetworkConfig: &types.KubernetesNetworkConfigRequest{
			IpFamily: types.IpFamilyIpv4, ElasticLoadBalancing: &types.ElasticLoadBalancing{Enabled: aws.Bool(true)},
		},
		StorageConfig: &types.StorageConfigRequest{BlockStorage: &types.BlockStorage{Enabled: aws.Bool(true)}},
		// The default costs six times as much, once a version is old.
		UpgradePolicy:      &types.UpgradePolicyRequest{SupportType: types.SupportTypeStandard},
		Logging:            &types.Logging{ClusterLogging: []types.LogSetup{{Enabled: aws.Bool(false), Types: types.LogType("").Values()}}},
		DeletionProtection: aws.Bool(false),
	}
	if s.Version != "" {
		input.Version = &s.Version
	}
	return input
}

// Create asks for the control plane; one of that name may be there already. It
// asks again while the roles, just made, are not known to EKS.
func (p *Planes) Create(ctx context.Context, spec Spec) error {
	ctx, cancel := p.pace.Deadline(ctx, roleLimit, "EKS does not take the roles of cluster %s", spec.Name)
	defer cancel()
	input := spec.input()
	_, refused := p.client.CreateCluster(ctx, input)
	err := refused
	if early(refused) {
		err = p.pace.Until(ctx, func(ctx context.Context) (bool, error) {
			_, err := p.client.CreateCluster(ctx, input)
			if early(err) {
				refused = err // which is why, when the time is over
				return false, nil
			}
			return err == nil, err
		})
		if err != nil && ctx.Err() != nil {
			err = errors.Join(err, refused)
		}
	}
	if err != nil && !cloud.Is(err, "ResourceInUseException") {
		return fmt.Errorf("creating cluster %s: %w", spec.Name, err)
	}
	return nil
}

// early tells of a refusal that ends when IAM has told everyone of a new role.
func early(err error) bool {
	if cloud.Is(err, "ResourcePropagationDelayException") {
		return true
	}
	return cloud.Is(err, "InvalidParameterException", "InvalidRequestException") &&
		strings.Contains(strings.ToLower(cloud.Message(err)), "role")
}

// Find returns the cluster of a name, or nil.
func (p *Planes) Find(ctx context.Context, name string) (*types.Cluster, error) {
	answer, err := p.client.DescribeCluster(ctx, &eks.DescribeClusterInput{Name: &name})
	if cloud.Is(err, "ResourceNotFoundException") {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cluster %s: %w", name, err)
	}
	return answer.Cluster, nil
}

// FindFresh is Find of a cluster that may have been asked for a moment ago.
func (p *Planes) FindFresh(ctx context.Context, name string) (*types.Cluster, error) {
	return cloud.Heard(ctx, p.pace, "cluster "+name, func(ctx context.Context) (*types.Cluster, error) { return p.Find(ctx, name) })
}

// List returns the names of all clusters of the account's region.
func (p *Planes) List(ctx context.Context) ([]string, error) {
	var names []string
	pages := eks.NewListClustersPaginator(p.client, &eks.ListClustersInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("clusters: %w", err)
		}
		names = append(names, page.Clusters...)
	}
	return names, nil
}

// Await waits until EKS is not at work on the cluster any more, and returns it,
// or nil if it is gone; one that is fresh may not be known yet. The log is told
// of each state.
func (p *Planes) Await(ctx context.Context, name string, fresh bool, log func(string, ...any)) (*types.Cluster, error) {
	ctx, cancel := p.pace.Deadline(ctx, activeLimit, "EKS is at work on cluster %s", name)
	defer cancel()
	found, err := cloud.Settle(ctx, p.pace, fresh, cloud.Thing[types.Cluster]{
		Name: "cluster " + name,
		Find: func(ctx context.Context) (*types.Cluster, error) { return p.Find(ctx, name) },
		State: func(c *types.Cluster) (string, bool) {
			return string(c.Status), c.Status == types.ClusterStatusActive || c.Status == types.ClusterStatusFailed
		},
	}, log)
	if err != nil && found != nil {
		err = errors.Join(err, Issues(found))
	}
	return found, err
}

// Issues is an error that says what ails the cluster in EKS's own words, or nil.
func Issues(cluster *types.Cluster) error {
	if cluster == nil || cluster.Health == nil {
		return nil
	}
	var all []error
	for _, issue := range cluster.Health.Issues {
		text := fmt.Sprintf("%s: %s", issue.Code, aws.ToString(issue.Message))
		if len(issue.ResourceIds) > 0 {
			text += " (" + strings.Join(issue.ResourceIds, ", ") + ")"
		}
		all = append(all, errors.New(text))
	}
	return errors.Join(all...)
}

// Owned tells whether the cluster carries all of the tags.
func Owned(cluster *types.Cluster, tags map[string]string) bool {
	return !slices.ContainsFunc(slices.Collect(maps.Keys(tags)), func(key string) bool { return cluster.Tags[key] != tags[key] })
}
