package awsdouble_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
)

// slow makes its data plane only when it is told to.
type slow struct {
	asked []string
	plane *cloud.DataPlane
	gone  bool
	err   error
}

func (s *slow) Make()                           { s.asked = append(s.asked, "make") }
func (s *slow) Made() (*cloud.DataPlane, error) { return s.plane, s.err }
func (s *slow) Remove()                         { s.asked = append(s.asked, "remove") }
func (s *slow) Removed() (bool, error)          { return s.gone, s.err }

// TestMaker is a cluster that is made while EKS says that it is.
func TestMaker(t *testing.T) {
	w, maker := start(t), &slow{}
	w.BackBy(name, maker)
	w.create()
	if diff := cmp.Diff([]string{"CREATING"}, slices.Compact(w.statuses(9))); diff != "" {
		t.Errorf("before it is made (-want +got):\n%s", diff)
	}
	maker.plane = &cloud.DataPlane{Endpoint: "https://plane.test", CA: []byte("PEM")}
	if diff := cmp.Diff([]string{"ACTIVE"}, w.statuses(1)); diff != "" {
		t.Errorf("when it is made (-want +got):\n%s", diff)
	}
	w.remove()
	if diff := cmp.Diff([]string{"DELETING"}, slices.Compact(w.statuses(9))); diff != "" {
		t.Errorf("before it is gone (-want +got):\n%s", diff)
	}
	maker.gone = true
	if diff := cmp.Diff([]string{"gone"}, w.statuses(1)); diff != "" {
		t.Errorf("when it is gone (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"make", "remove"}, maker.asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

// TestMakerFails has EKS say why, and remove a cluster that was never made.
func TestMakerFails(t *testing.T) {
	w, maker := start(t), &slow{err: errors.New("no engine answers")}
	w.BackBy(name, maker)
	w.create()
	w.statuses(3)
	failed := must[*eks.DescribeClusterOutput](t)(w.eks.DescribeCluster(t.Context(), &eks.DescribeClusterInput{Name: aws.String(name)})).Cluster
	if failed.Status != types.ClusterStatusFailed || *failed.Health.Issues[0].Message != "no engine answers" {
		t.Errorf("the cluster is %s, %+v", failed.Status, failed.Health)
	}
	maker.err, maker.gone = nil, true
	w.deleteCluster(name)
	if diff := cmp.Diff([]string{"make", "remove"}, maker.asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}
