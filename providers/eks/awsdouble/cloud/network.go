package cloud

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/wire"
)

// Zone is an availability zone.
type Zone struct{ Name, ID string }

// Zones are the availability zones of a region; each region has three. Names
// and ids do not run in parallel, as in a real account.
func Zones(region string) []Zone {
	var short strings.Builder
	for i, part := range strings.Split(region, "-") {
		for _, word := range []string{"north", "south", "east", "west", "central"} {
			if rest, ok := strings.CutPrefix(part, word); ok && i > 0 {
				short.WriteByte(word[0])
				part = rest
			}
		}
		short.WriteString(part)
	}
	id := short.String() + "-az"
	return []Zone{{region + "a", id + "3"}, {region + "b", id + "1"}, {region + "c", id + "2"}}
}

// AddVPC adds a VPC with what comes with it: a default security group and a
// main route table.
func (c *Cloud) AddVPC(scope Scope, cidr string) *Resource {
	vpc := c.Add(&Resource{Kind: VPC, Scope: scope, Attributes: map[string]string{"cidr": cidr}})
	c.Add(&Resource{Kind: SecurityGroup, Name: "default", Scope: scope, Uses: []string{vpc.ID}, Implied: true,
		Attributes: map[string]string{"vpc": vpc.ID, "description": "default VPC security group"}})
	c.Add(&Resource{Kind: RouteTable, Scope: scope, Uses: []string{vpc.ID}, Implied: true, Attributes: map[string]string{"vpc": vpc.ID}})
	return vpc
}

// notFound are the codes and messages with which EC2 says that something is gone.
var notFound = map[Kind]struct{ code, message string }{
	VPC:             {"InvalidVpcID.NotFound", "The vpc ID '%s' does not exist"},
	Subnet:          {"InvalidSubnetID.NotFound", "The subnet ID '%s' does not exist"},
	InternetGateway: {"InvalidInternetGatewayID.NotFound", "The internetGateway ID '%s' does not exist"},
	RouteTable:      {"InvalidRouteTableID.NotFound", "The routeTable ID '%s' does not exist"},
	SecurityGroup:   {"InvalidGroup.NotFound", "The security group '%s' does not exist"},
	Interface:       {"InvalidNetworkInterfaceID.NotFound", "The networkInterface ID '%s' does not exist"},
	Instance:        {"InvalidInstanceID.NotFound", "The instance ID '%s' does not exist"},
	Volume:          {"InvalidVolume.NotFound", "The volume '%s' does not exist."},
}

// InEC2 returns EC2's resource of that id in the scope, or EC2's error, also
// where it cannot be seen yet: what makes and deletes knows what there is.
func (c *Cloud) InEC2(scope Scope, kind Kind, id string) (*Resource, error) {
	if r := c.Has(id); r != nil && r.Kind == kind && r.Scope == scope {
		return r, nil
	}
	return nil, absentFromEC2(kind, id)
}

func absentFromEC2(kind Kind, id string) error {
	absent := notFound[kind]
	return wire.Errorf(http.StatusBadRequest, absent.code, absent.message, id)
}

// SeeInEC2 is InEC2 for those who read.
func (c *Cloud) SeeInEC2(scope Scope, kind Kind, id string) (*Resource, error) {
	r, err := c.InEC2(scope, kind, id)
	if err == nil && !r.seen() {
		return nil, absentFromEC2(kind, id)
	}
	return r, err
}

// kept are EC2's messages for what cannot be deleted because it is used.
var kept = map[Kind]string{
	VPC:             "The vpc '%s' has dependencies and cannot be deleted.",
	Subnet:          "The subnet '%s' has dependencies and cannot be deleted.",
	InternetGateway: "The internetGateway '%s' has dependencies and cannot be deleted.",
	RouteTable:      "The routeTable '%s' has dependencies and cannot be deleted.",
	SecurityGroup:   "resource %s has a dependent object",
}

// DeleteFromEC2 deletes one of EC2's resources, or says as EC2 does why not.
func (c *Cloud) DeleteFromEC2(scope Scope, kind Kind, id string) error {
	r, err := c.InEC2(scope, kind, id)
	if err != nil {
		return err
	}
	switch {
	case kind == SecurityGroup && r.Implied:
		return wire.Errorf(http.StatusBadRequest, "CannotDelete", "the specified group: %q name: %q cannot be deleted by a user", id, r.Name)
	case kind == Interface && r.Attributes["status"] == "in-use":
		return wire.Errorf(http.StatusBadRequest, "InvalidParameterValue", "Network interface '%s' is currently in use.", id)
	case kind == Volume && r.Attributes["instance"] != "":
		return wire.Errorf(http.StatusBadRequest, "VolumeInUse", "Volume %s is currently attached to %s", id, r.Attributes["instance"])
	case len(c.Users(id)) > 0:
		return wire.Errorf(http.StatusBadRequest, "DependencyViolation", kept[kind], id)
	}
	c.Remove(id)
	return nil
}

// AddGroups adds two security groups, as those of a load balancer and of what it leads
// to: each lets the other in and out.
func (c *Cloud) AddGroups(scope Scope, cluster, vpc string) {
	add := func(name string) *Resource {
		return c.Add(&Resource{Kind: SecurityGroup, Name: name, Scope: scope, Uses: []string{vpc}, Tags: map[string]string{ClusterTag: cluster},
			Attributes: map[string]string{"vpc": vpc, "description": "[k8s] Managed SecurityGroup for LoadBalancer"}})
	}
	front, back := add("k8s-front"), add("k8s-back")
	for _, way := range []string{"ingress", "egress"} {
		front.Attributes[way], back.Attributes[way] = back.ID, front.ID
		front.Uses, back.Uses = append(front.Uses, back.ID), append(back.Uses, front.ID)
	}
}

// Revoke takes back the group's rule of that way that names another group.
func (c *Cloud) Revoke(group *Resource, way, other string) error {
	if other == "" || group.Attributes[way] != other {
		return wire.Errorf(http.StatusBadRequest, "InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
	}
	delete(group.Attributes, way)
	i := slices.Index(group.Uses, other)
	group.Uses = slices.Delete(group.Uses, i, i+1)
	return nil
}

// Detach takes an internet gateway off its VPC, unless instances of it have
// public addresses.
func (c *Cloud) Detach(gateway, vpc string) error {
	r := c.Has(gateway)
	if r == nil || !slices.Contains(r.Uses, vpc) {
		return nil
	}
	for _, user := range c.Users(vpc, Interface) {
		if user.Attributes["public"] == "true" {
			return wire.Errorf(http.StatusBadRequest, "DependencyViolation",
				"Network %s has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.", vpc)
		}
	}
	r.Uses = slices.DeleteFunc(r.Uses, func(id string) bool { return id == vpc })
	return nil
}

// address is a private address that no other interface has.
func (c *Cloud) address() string {
	n := c.Serial()
	return fmt.Sprintf("192.168.%d.%d", n/250%250, 4+n%250)
}
