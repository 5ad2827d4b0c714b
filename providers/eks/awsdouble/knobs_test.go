package awsdouble_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
)

const name = "scaleproof-k"

// statuses are those a cluster shows in n reads; "gone" where it is not found.
func (w *world) statuses(n int) []string {
	w.t.Helper()
	var seen []string
	for range n {
		out, err := w.eks.DescribeCluster(w.t.Context(), &eks.DescribeClusterInput{Name: aws.String(name)})
		var absent *types.ResourceNotFoundException
		switch {
		case errors.As(err, &absent):
			seen = append(seen, "gone")
		case err != nil:
			w.t.Fatal(err)
		default:
			seen = append(seen, string(out.Cluster.Status))
		}
	}
	return seen
}

// create asks for a cluster and does not wait.
func (w *world) create() {
	w.t.Helper()
	_, outputs := w.stack(name)
	must[*eks.CreateClusterOutput](w.t)(w.eks.CreateCluster(w.t.Context(), clusterInput(name, outputs)))
}

// remove asks for its end and does not wait.
func (w *world) remove() {
	w.t.Helper()
	must[*eks.DeleteClusterOutput](w.t)(w.eks.DeleteCluster(w.t.Context(), &eks.DeleteClusterInput{Name: aws.String(name)}))
}

func TestKnobsOfClusters(t *testing.T) {
	issue := []cloud.Issue{{Code: "InsufficientFreeAddresses", Message: "no address is left", Resources: []string{"subnet-1"}}}
	for _, test := range []struct {
		name string
		turn func(*cloud.Knobs)
		act  func(*world)
		want string
	}{
		{"at once", func(k *cloud.Knobs) { k.Creating = cloud.Pace{} }, (*world).create, "ACTIVE"},
		{"two polls", func(*cloud.Knobs) {}, (*world).create, "CREATING CREATING ACTIVE ACTIVE"},
		{"stuck creating", func(k *cloud.Knobs) { k.StuckCreating = true }, (*world).create, "CREATING CREATING CREATING CREATING CREATING"},
		{"an hour", func(k *cloud.Knobs) { k.Creating = cloud.Pace{Time: time.Hour} }, (*world).create, "CREATING CREATING CREATING"},
		{"fails", func(k *cloud.Knobs) { k.CreateIssues = issue }, (*world).create, "CREATING CREATING FAILED FAILED"},
		{"hidden", func(k *cloud.Knobs) { k.Hidden = map[cloud.Kind]int{cloud.Cluster: 2} }, (*world).create, "gone gone CREATING CREATING ACTIVE"},
		{"deleted", func(k *cloud.Knobs) { k.Creating = cloud.Pace{} }, func(w *world) { w.create(); w.statuses(1); w.remove() }, "DELETING DELETING gone"},
		{"stuck deleting", func(k *cloud.Knobs) { k.Creating, k.StuckDeleting = cloud.Pace{}, true }, func(w *world) { w.create(); w.statuses(1); w.remove() }, "DELETING DELETING DELETING DELETING"},
		{"deletion known late", func(k *cloud.Knobs) { k.Creating, k.StaleDeleting = cloud.Pace{}, 1 },
			func(w *world) { w.create(); w.statuses(1); w.remove() }, "ACTIVE DELETING gone"},
		{"deletion fails once", func(k *cloud.Knobs) { k.Creating, k.DeleteFails, k.DeleteIssues = cloud.Pace{}, 1, issue },
			func(w *world) { w.create(); w.statuses(1); w.remove(); w.statuses(3); w.remove() }, "DELETING DELETING gone"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := start(t)
			w.Turn(test.turn)
			test.act(w)
			want := strings.Fields(test.want)
			if diff := cmp.Diff(want, w.statuses(len(want))); diff != "" {
				t.Errorf("statuses (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFailedClusterSaysWhy(t *testing.T) {
	w := start(t)
	w.Turn(func(k *cloud.Knobs) {
		k.CreateIssues = []cloud.Issue{{Code: "Ec2SubnetNotFound", Message: "a subnet is gone", Resources: []string{"subnet-1"}}}
	})
	w.create()
	w.statuses(3)
	got := must[*eks.DescribeClusterOutput](t)(w.eks.DescribeCluster(w.t.Context(), &eks.DescribeClusterInput{Name: aws.String(name)})).Cluster
	if len(got.Health.Issues) != 1 || got.Health.Issues[0].Code != types.ClusterIssueCodeEc2SubnetNotFound || *got.Health.Issues[0].Message != "a subnet is gone" {
		t.Errorf("health is %+v", got.Health)
	}
	if got.Endpoint != nil || got.Identity != nil {
		t.Errorf("a cluster that never was has an endpoint or an issuer")
	}
}

func TestRolesAreAssumableLater(t *testing.T) {
	w := start(t)
	w.Turn(func(k *cloud.Knobs) { k.RoleAssumable = 2 })
	_, outputs := w.stack(name)
	for i := range 3 {
		_, err := w.eks.CreateCluster(w.t.Context(), clusterInput(name, outputs))
		var refused *types.InvalidParameterException
		if errors.As(err, &refused) != (i < 2) {
			t.Errorf("try %d: %v", i, err)
		}
		if refused != nil && !strings.Contains(refused.ErrorMessage(), "could not be assumed") {
			t.Errorf("message is %q", refused.ErrorMessage())
		}
	}
}

func TestKnobsOfStacks(t *testing.T) {
	slow := func(k *cloud.Knobs) { k.StackStep = cloud.Pace{Polls: 1} }
	for _, test := range []struct {
		name   string
		turn   func(*cloud.Knobs)
		delete bool
		reads  int
		want   cfntypes.StackStatus
		reason string
		left   map[cloud.Kind]int
	}{
		{"made slowly", slow, false, 5, cfntypes.StackStatusCreateInProgress, "User Initiated", nil},
		{"made", slow, false, 40, cfntypes.StackStatusCreateComplete, "", nil},
		{"stuck", func(k *cloud.Knobs) { k.StuckStack = true }, false, 50, cfntypes.StackStatusCreateInProgress, "User Initiated", nil},
		{"fails half way", func(k *cloud.Knobs) { k.StackFails = map[string]string{"NodeRole": "no more roles"} }, false, 1,
			cfntypes.StackStatusRollbackComplete, "", map[cloud.Kind]int{cloud.Stack: 1}},
		{"fails, and cannot roll back", func(k *cloud.Knobs) {
			k.StackFails, k.StackKeeps = map[string]string{"Subnet2": "no"}, map[string]int{"Vpc": 1}
		}, false, 1, cfntypes.StackStatusRollbackFailed, "The following resource(s) failed to delete: [Vpc]. ", map[cloud.Kind]int{cloud.Stack: 1, cloud.VPC: 1}},
		{"keeps a subnet once", func(k *cloud.Knobs) { k.StackKeeps = map[string]int{"Subnet1": 1} }, true, 1, cfntypes.StackStatusDeleteFailed,
			"The following resource(s) failed to delete: [Subnet1]. ", map[cloud.Kind]int{cloud.Stack: 1, cloud.VPC: 1, cloud.Subnet: 1}},
		{"deleted while it is made", func(k *cloud.Knobs) { k.StuckStack = true }, true, 1, cfntypes.StackStatusDeleteComplete, "", map[cloud.Kind]int{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := start(t)
			w.Turn(test.turn)
			id := must[*cloudformation.CreateStackOutput](t)(w.cfn.CreateStack(w.t.Context(), stackInput(name))).StackId
			if test.delete {
				must[*cloudformation.DescribeStacksOutput](t)(w.cfn.DescribeStacks(w.t.Context(), &cloudformation.DescribeStacksInput{StackName: id}))
				must[*cloudformation.DeleteStackOutput](t)(w.cfn.DeleteStack(w.t.Context(), &cloudformation.DeleteStackInput{StackName: id}))
			}
			var got cfntypes.Stack
			for range test.reads {
				got = must[*cloudformation.DescribeStacksOutput](t)(w.cfn.DescribeStacks(w.t.Context(), &cloudformation.DescribeStacksInput{StackName: id})).Stacks[0]
			}
			if got.StackStatus != test.want || test.reason != "" && aws.ToString(got.StackStatusReason) != test.reason {
				t.Errorf("it is %s: %q", got.StackStatus, aws.ToString(got.StackStatusReason))
			}
			if diff := cmp.Diff(test.left, w.kinds()); test.left != nil && diff != "" {
				t.Errorf("left (-want +got):\n%s", diff)
			}
		})
	}
}

func TestStackTellsWhyInItsEvents(t *testing.T) {
	w := start(t)
	w.Turn(func(k *cloud.Knobs) {
		k.StackFails = map[string]string{"Vpc": "The maximum number of VPCs has been reached."}
	})
	id := must[*cloudformation.CreateStackOutput](t)(w.cfn.CreateStack(w.t.Context(), stackInput(name))).StackId
	must[*cloudformation.DescribeStacksOutput](t)(w.cfn.DescribeStacks(w.t.Context(), &cloudformation.DescribeStacksInput{StackName: id}))
	events := must[*cloudformation.DescribeStackEventsOutput](t)(w.cfn.DescribeStackEvents(w.t.Context(), &cloudformation.DescribeStackEventsInput{StackName: id})).StackEvents
	var failed []string
	for _, e := range events {
		if e.ResourceStatus == cfntypes.ResourceStatusCreateFailed {
			failed = append(failed, *e.LogicalResourceId+" "+*e.ResourceStatusReason)
		}
	}
	if !slices.ContainsFunc(failed, func(f string) bool {
		return strings.HasPrefix(f, "Vpc ") && strings.Contains(f, "maximum number of VPCs")
	}) {
		t.Errorf("failures are %q", failed)
	}
	if *events[0].LogicalResourceId != name || events[0].ResourceStatus != "ROLLBACK_COMPLETE" {
		t.Errorf("the newest event is %s %s", *events[0].LogicalResourceId, events[0].ResourceStatus)
	}
}
