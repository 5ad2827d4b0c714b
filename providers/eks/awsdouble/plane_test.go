package awsdouble_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
)

// TestDataPlane shows what stands behind a cluster: its endpoint and its nodes.
func TestDataPlane(t *testing.T) {
	w := start(t)
	machines := []cloud.Machine{{ID: "i-0aaaaaaaaaaaaaaaa", Type: "c5a.xlarge", Arch: "x86_64", Pool: "general-purpose"}}
	var pools [][]string
	w.Back(name, cloud.DataPlane{
		Endpoint: "https://plane.test", CA: []byte("PEM"),
		Machines: func() ([]cloud.Machine, error) { return machines, nil },
		Pools:    func(p []string) { pools = append(pools, p) },
	})
	_, outputs := w.stack(name)
	cluster := w.cluster(name, outputs)
	if *cluster.Endpoint != "https://plane.test" || *cluster.CertificateAuthority.Data != "UEVN" {
		t.Errorf("the cluster is at %s, signed by %s", *cluster.Endpoint, *cluster.CertificateAuthority.Data)
	}
	instances := func() (states []string) {
		for _, r := range must[*ec2.DescribeInstancesOutput](t)(w.ec2.DescribeInstances(w.t.Context(), nil)).Reservations {
			i := r.Instances[0]
			states = append(states, fmt.Sprint(*i.InstanceId, " ", i.InstanceType, " ", i.State.Name))
		}
		return states
	}
	if diff := cmp.Diff([]string{"i-0aaaaaaaaaaaaaaaa c5a.xlarge running"}, instances()); diff != "" {
		t.Errorf("instances (-want +got):\n%s", diff)
	}
	machines = nil
	if diff := cmp.Diff([]string{"i-0aaaaaaaaaaaaaaaa c5a.xlarge terminated"}, instances()); diff != "" {
		t.Errorf("instances without nodes (-want +got):\n%s", diff)
	}
	w.updatePools(nil)
	if diff := cmp.Diff([][]string{{"general-purpose", "system"}, {}}, pools); diff != "" {
		t.Errorf("pools (-want +got):\n%s", diff)
	}
}

// updatePools changes the built-in pools and returns how that ends.
func (w *world) updatePools(pools []string) types.Update {
	w.t.Helper()
	update := must[*eks.UpdateClusterConfigOutput](w.t)(w.eks.UpdateClusterConfig(w.t.Context(), updateInput(pools))).Update
	for update.Status == types.UpdateStatusInProgress {
		update = must[*eks.DescribeUpdateOutput](w.t)(w.eks.DescribeUpdate(w.t.Context(), &eks.DescribeUpdateInput{Name: aws.String(name), UpdateId: update.Id})).Update
	}
	return *update
}

func updateInput(pools []string) *eks.UpdateClusterConfigInput {
	if pools == nil {
		pools = []string{}
	}
	return &eks.UpdateClusterConfigInput{
		Name: aws.String(name), ComputeConfig: &types.ComputeConfigRequest{Enabled: aws.Bool(true), NodePools: pools},
		KubernetesNetworkConfig: &types.KubernetesNetworkConfigRequest{ElasticLoadBalancing: &types.ElasticLoadBalancing{Enabled: aws.Bool(true)}},
		StorageConfig:           &types.StorageConfigRequest{BlockStorage: &types.BlockStorage{Enabled: aws.Bool(true)}},
	}
}

func TestUpdateFails(t *testing.T) {
	w := start(t)
	w.Turn(func(k *cloud.Knobs) { k.UpdateFails = "not today" })
	_, outputs := w.stack(name)
	w.cluster(name, outputs)
	update := w.updatePools(nil)
	if update.Status != types.UpdateStatusFailed || len(update.Errors) != 1 || *update.Errors[0].ErrorMessage != "not today" {
		t.Errorf("the update is %+v", update)
	}
	if diff := cmp.Diff([]string{"ACTIVE"}, w.statuses(1)); diff != "" {
		t.Errorf("the cluster (-want +got):\n%s", diff)
	}
}
