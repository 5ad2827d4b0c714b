package control

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"

	"github.com/scaleproof/scaleproof/providers/eks/cloud"
)

// RemovePools takes away the built-in pools, and with them every machine that
// no pool of someone else's asked for. It waits until EKS has accepted that.
func (p *Planes) RemovePools(ctx context.Context, name string) error {
	ctx, cancel := p.pace.Deadline(ctx, updateLimit, "EKS does not remove the node pools of cluster %s", name)
	defer cancel()
	answer, err := p.client.UpdateClusterConfig(ctx, &eks.UpdateClusterConfigInput{
		Name:                    &name,
		ComputeConfig:           &types.ComputeConfigRequest{Enabled: aws.Bool(true), NodePools: []string{}},
		KubernetesNetworkConfig: &types.KubernetesNetworkConfigRequest{ElasticLoadBalancing: &types.ElasticLoadBalancing{Enabled: aws.Bool(true)}},
		StorageConfig:           &types.StorageConfigRequest{BlockStorage: &types.BlockStorage{Enabled: aws.Bool(true)}},
	})
	if err != nil {
		return fmt.Errorf("removing the node pools of cluster %s: %w", name, err)
	}
	return p.pace.Until(ctx, func(ctx context.Context) (bool, error) {
		state, err := p.client.DescribeUpdate(ctx, &eks.DescribeUpdateInput{Name: &name, UpdateId: answer.Update.Id})
		if err != nil {
			return false, err
		}
		switch state.Update.Status {
		case types.UpdateStatusFailed, types.UpdateStatusCancelled:
			return false, failure(name, state.Update)
		default:
			return state.Update.Status == types.UpdateStatusSuccessful, nil
		}
	})
}

// failure says why an update of a cluster did not happen.
func failure(name string, update *types.Update) error {
	all := []error{fmt.Errorf("removing the node pools of cluster %s: %s", name, update.Status)}
	for _, reason := range update.Errors {
		all = append(all, fmt.Errorf("%s: %s", reason.ErrorCode, aws.ToString(reason.ErrorMessage)))
	}
	return errors.Join(all...)
}

// Delete removes the cluster of a name, if it is there, and waits. EKS refuses
// while it is at work on it: then Delete asks again.
func (p *Planes) Delete(ctx context.Context, name string, log func(string, ...any)) error {
	ctx, cancel := p.pace.Deadline(ctx, goneLimit, "EKS does not remove cluster %s", name)
	defer cancel()
	if err := p.accept(ctx, name, log); err != nil {
		return err
	}
	log("cluster %s is being removed", name)
	left, err := p.awaitGone(ctx, name)
	if err != nil {
		return errors.Join(err, Issues(left))
	}
	return nil
}

// awaitGone waits until a cluster that is being removed is gone, and returns it if that
// fails. One that had failed before looks so for a while after its removal has begun.
func (p *Planes) awaitGone(ctx context.Context, name string) (left *types.Cluster, err error) {
	begun := 0
	err = p.pace.Until(ctx, func(ctx context.Context) (_ bool, err error) {
		if left, err = p.Find(ctx, name); err != nil || left == nil {
			return err == nil, err
		}
		if begun++; left.Status == types.ClusterStatusDeleting {
			begun = cloud.Unheard
		}
		if left.Status == types.ClusterStatusFailed && begun > cloud.Unheard {
			return false, fmt.Errorf("cluster %s could not be removed", name)
		}
		return false, nil
	})
	return left, err
}

// accept asks until EKS begins to remove the cluster, which it does not while it
// is at something else.
func (p *Planes) accept(ctx context.Context, name string, log func(string, ...any)) error {
	refused := p.remove(ctx, name)
	if !cloud.Is(refused, "ResourceInUseException") {
		return refused
	}
	log("EKS removes cluster %s later: %s", name, cloud.Message(refused))
	told := types.ClusterStatus("")
	err := p.pace.Until(ctx, func(ctx context.Context) (bool, error) {
		found, err := p.Find(ctx, name)
		if err != nil || found == nil {
			return err == nil, err
		}
		if found.Status != told {
			told = found.Status
			log("cluster %s is %s", name, told)
		}
		refused = p.remove(ctx, name)
		if cloud.Is(refused, "ResourceInUseException") {
			return false, nil
		}
		return refused == nil, refused
	})
	if err != nil {
		return errors.Join(err, refused)
	}
	return nil
}

func (p *Planes) remove(ctx context.Context, name string) error {
	_, err := p.client.DeleteCluster(ctx, &eks.DeleteClusterInput{Name: &name})
	if err != nil && !cloud.Is(err, "ResourceNotFoundException") {
		return fmt.Errorf("deleting cluster %s: %w", name, err)
	}
	return nil
}
