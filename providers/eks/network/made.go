package network

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Made is something with the time at which EC2 made it.
type Made struct {
	ID, Cluster string
	At          time.Time
}

// Owner is a cluster that may have made something. Auto Mode's tag tells only its
// name: what is older than the cluster is of an earlier one of that name, and somebody
// may have kept it.
type Owner struct {
	Cluster string
	// Since is when the cluster was begun. If it is zero, nothing is the cluster's.
	Since time.Time
	// Log is told of what is left alone when all else is removed.
	Log func(format string, args ...any)
}

// own are those that the owner has made.
func (o Owner) own(found []Made) []Made { return slices.DeleteFunc(slices.Clone(found), o.foreign) }

// foreign tells of what the owner has not made. EC2 tells times in whole seconds.
func (o Owner) foreign(m Made) bool {
	return o.Since.IsZero() || m.At.Before(o.Since.Truncate(time.Second))
}

// spare names what is left alone, and returns the owner's.
func (o Owner) spare(kind string, found []Made) []Made {
	for _, m := range found {
		if o.foreign(m) {
			o.Log("%s %s is older than cluster %s, and left alone", kind, m.ID, o.Cluster)
		}
	}
	return o.own(found)
}

// Instances that Auto Mode runs for the cluster, ended ones left out. The name
// may have a * at its end.
func (n *Network) Instances(ctx context.Context, cluster string) ([]Made, error) {
	var found []Made
	err := n.instances(ctx, cluster, func(i types.Instance) {
		found = append(found, Made{aws.ToString(i.InstanceId), value(i.Tags, AutoModeTag), aws.ToTime(i.LaunchTime)})
	})
	return found, err
}

// OwnInstances are the owner's, ended ones left out.
func (n *Network) OwnInstances(ctx context.Context, owner Owner) ([]Made, error) {
	found, err := n.Instances(ctx, owner.Cluster)
	return owner.own(found), err
}

// AwaitNoInstances waits until the owner has no machines. The error names those
// that are left.
func (n *Network) AwaitNoInstances(ctx context.Context, owner Owner) error {
	var left []Made
	err := n.pace.Until(ctx, func(ctx context.Context) (_ bool, err error) {
		left, err = n.OwnInstances(ctx, owner)
		return err == nil && len(left) == 0, err
	})
	if err != nil && len(left) > 0 {
		return fmt.Errorf("instances %v run on: %w", ids(left), err)
	}
	return err
}

// Terminate ends machines that outlived their cluster, and waits: for those that only
// EKS may end, until it has.
func (n *Network) Terminate(ctx context.Context, owner Owner) error {
	found, err := n.Instances(ctx, owner.Cluster)
	left := owner.spare("instance", found)
	if err != nil || len(left) == 0 {
		return err
	}
	var refused error
	for _, id := range ids(left) { // one at a time: EC2 ends none where one of several is wrong
		switch err := n.End(ctx, id); {
		case errors.Is(err, ErrManaged):
			refused = err
		case err != nil:
			return err
		}
	}
	if err := n.AwaitNoInstances(ctx, owner); err != nil {
		return errors.Join(err, refused)
	}
	return nil
}

// Volumes that Auto Mode made for the cluster. The name may have a * at its end.
func (n *Network) Volumes(ctx context.Context, cluster string) ([]Made, error) {
	var found []Made
	pages := ec2.NewDescribeVolumesPaginator(n.client, &ec2.DescribeVolumesInput{IncludeManagedResources: managed, Filters: []types.Filter{filter("tag:"+AutoModeTag, cluster)}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("volumes: %w", err)
		}
		for _, v := range page.Volumes {
			found = append(found, Made{aws.ToString(v.VolumeId), value(v.Tags, AutoModeTag), aws.ToTime(v.CreateTime)})
		}
	}
	return found, nil
}

// OwnVolumes are the owner's.
func (n *Network) OwnVolumes(ctx context.Context, owner Owner) ([]Made, error) {
	found, err := n.Volumes(ctx, owner.Cluster)
	return owner.own(found), err
}

// DeleteVolumes removes the owner's disks, which EKS does not.
func (n *Network) DeleteVolumes(ctx context.Context, owner Owner) error {
	found, err := n.Volumes(ctx, owner.Cluster)
	if err != nil {
		return err
	}
	return n.each(ctx, "volume", ids(owner.spare("volume", found)), func(ctx context.Context, id string) error {
		_, err := n.client.DeleteVolume(ctx, &ec2.DeleteVolumeInput{VolumeId: &id})
		return err
	})
}

func ids(found []Made) []string {
	set := map[string]bool{}
	for _, made := range found {
		set[made.ID] = true
	}
	return slices.Sorted(maps.Keys(set))
}
