package awsdouble_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
)

// TestLeaksBlock shows that each thing that Auto Mode leaks keeps the stack
// until it is deleted, and that it can be.
func TestLeaksBlock(t *testing.T) {
	for _, test := range []struct {
		name  string
		turn  func(*cloud.Knobs)
		kept  string
		clean func(*world)
	}{
		{"profile", func(k *cloud.Knobs) { k.LeakedProfile = true }, "NodeRole", func(w *world) { w.deleteProfiles(name + "-node") }},
		{"interface", func(k *cloud.Knobs) { k.LeakedProfile, k.LeakedInterfaces = false, 1 }, "Subnet1", (*world).deleteInterfaces},
		{"busy interface", func(k *cloud.Knobs) { k.LeakedProfile, k.LeakedInterfaces, k.InterfaceBusy = false, 1, 2 }, "Subnet1", (*world).deleteInterfaces},
		{"instances", func(k *cloud.Knobs) { k.LeakedProfile, k.StuckInstances, k.KeepsInstances = false, true, false }, "GatewayAttachment", (*world).terminate},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := start(t)
			w.Turn(test.turn)
			id, outputs := w.stack(name)
			w.cluster(name, outputs)
			w.deleteCluster(name)
			status, reason := w.deleteStack(id)
			if status != cfntypes.StackStatusDeleteFailed || !strings.Contains(reason, test.kept) {
				t.Errorf("the stack is %s: %s", status, reason)
			}
			test.clean(w)
			w.deleteGroups()
			if status, reason := w.deleteStack(id); status != cfntypes.StackStatusDeleteComplete {
				t.Errorf("then the stack is %s: %s", status, reason)
			}
			if diff := cmp.Diff([]cloud.Leftover{}, w.Left()); diff != "" {
				t.Errorf("left (-want +got):\n%s", diff)
			}
		})
	}
}

// deleteInterfaces deletes all there are, as soon as they are free.
func (w *world) deleteInterfaces() {
	w.t.Helper()
	for {
		out := must[*ec2.DescribeNetworkInterfacesOutput](w.t)(w.ec2.DescribeNetworkInterfaces(w.t.Context(), nil))
		if len(out.NetworkInterfaces) == 0 {
			return
		}
		for _, i := range out.NetworkInterfaces {
			_, err := w.ec2.DeleteNetworkInterface(w.t.Context(), &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: i.NetworkInterfaceId})
			if busy := i.Status == ec2types.NetworkInterfaceStatusInUse; busy != (err != nil) {
				w.t.Fatalf("an interface that is %s: %v", i.Status, err)
			}
		}
	}
}

func (w *world) deleteGroups() {
	w.t.Helper()
	for _, g := range must[*ec2.DescribeSecurityGroupsOutput](w.t)(w.ec2.DescribeSecurityGroups(w.t.Context(), nil)).SecurityGroups {
		_, err := w.ec2.DeleteSecurityGroup(w.t.Context(), &ec2.DeleteSecurityGroupInput{GroupId: g.GroupId})
		if standard := *g.GroupName == "default"; standard != (err != nil) {
			w.t.Errorf("group %s: %v", *g.GroupName, err)
		}
	}
}

func (w *world) terminate() {
	w.t.Helper()
	for _, r := range must[*ec2.DescribeInstancesOutput](w.t)(w.ec2.DescribeInstances(w.t.Context(), nil)).Reservations {
		must[*ec2.TerminateInstancesOutput](w.t)(w.ec2.TerminateInstances(w.t.Context(), &ec2.TerminateInstancesInput{InstanceIds: []string{*r.Instances[0].InstanceId}}))
	}
	w.untilNoInstances(name)
}

func TestVolumesLeak(t *testing.T) {
	w := start(t)
	w.Turn(func(k *cloud.Knobs) { k.LeakedVolumes = 3 })
	_, outputs := w.stack(name)
	w.cluster(name, outputs)
	w.deleteCluster(name)
	out := must[*ec2.DescribeVolumesOutput](t)(w.ec2.DescribeVolumes(w.t.Context(), &ec2.DescribeVolumesInput{
		Filters: []ec2types.Filter{{Name: aws.String("tag:" + cloud.ClusterTag), Values: []string{name}}},
	}))
	if len(out.Volumes) != 3 {
		t.Fatalf("%d volumes are left", len(out.Volumes))
	}
	for _, v := range out.Volumes {
		must[*ec2.DeleteVolumeOutput](t)(w.ec2.DeleteVolume(w.t.Context(), &ec2.DeleteVolumeInput{VolumeId: v.VolumeId}))
	}
	if n := w.kinds()[cloud.Volume]; n != 0 {
		t.Errorf("%d are left", n)
	}
}

func TestManagedIsHidden(t *testing.T) {
	w := start(t)
	w.Turn(func(k *cloud.Knobs) { k.HideManaged = true })
	_, outputs := w.stack(name)
	w.cluster(name, outputs)
	for _, include := range []bool{false, true} {
		out := must[*ec2.DescribeInstancesOutput](t)(w.ec2.DescribeInstances(w.t.Context(), &ec2.DescribeInstancesInput{IncludeManagedResources: &include}))
		if got := len(out.Reservations) > 0; got != include {
			t.Errorf("asked for managed ones: %t, found some: %t", include, got)
		}
	}
}

func TestPages(t *testing.T) {
	w := start(t)
	w.Turn(func(k *cloud.Knobs) { k.PageSize = 1 })
	for i := range 3 {
		must[*cloudformation.CreateStackOutput](t)(w.cfn.CreateStack(w.t.Context(), stackInput(fmt.Sprintf("s%d", i))))
		must[*iam.CreateOpenIDConnectProviderOutput](t)(w.iam.CreateOpenIDConnectProvider(w.t.Context(), &iam.CreateOpenIDConnectProviderInput{Url: aws.String(fmt.Sprintf("https://x.example/%d", i))}))
	}
	var stacks []string
	pages := cloudformation.NewDescribeStacksPaginator(w.cfn, &cloudformation.DescribeStacksInput{})
	for pages.HasMorePages() {
		page := must[*cloudformation.DescribeStacksOutput](t)(pages.NextPage(w.t.Context()))
		stacks = append(stacks, *page.Stacks[0].StackName)
	}
	subnets := 0
	more := ec2.NewDescribeSubnetsPaginator(w.ec2, &ec2.DescribeSubnetsInput{})
	for more.HasMorePages() {
		subnets += len(must[*ec2.DescribeSubnetsOutput](t)(more.NextPage(w.t.Context())).Subnets)
	}
	if diff := cmp.Diff([]string{"s0", "s1", "s2"}, stacks); diff != "" || subnets != 6 {
		t.Errorf("%d subnets; stacks (-want +got):\n%s", subnets, diff)
	}
}
