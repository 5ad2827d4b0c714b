package cloudformation

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
)

// kind is how a type of resource is made and removed.
type kind struct {
	// properties that have their effect; others are not served.
	properties string
	make       func(s *stack, tags map[string]string, p properties) (*part, error)
	remove     func(s *stack, p *part) error
}

// part is a resource that a stack made.
type part struct {
	// ref is what Ref gives, which is the physical id.
	ref        string
	attributes map[string]string
	// other is what the resource is attached to, where it is an attachment.
	other string
}

// properties are a resource's own, evaluated.
type properties map[string]any

func (p properties) text(name string) string {
	if value, ok := p[name]; ok {
		return fmt.Sprint(value)
	}
	return ""
}

// types are those that a template can have.
var types = map[string]kind{
	"AWS::EC2::VPC":                         {"CidrBlock EnableDnsSupport EnableDnsHostnames Tags", makeVPC, removeOf(cloud.VPC)},
	"AWS::EC2::Subnet":                      {"VpcId AvailabilityZone CidrBlock MapPublicIpOnLaunch Tags", makeSubnet, removeOf(cloud.Subnet)},
	"AWS::EC2::InternetGateway":             {"Tags", makeGateway, removeOf(cloud.InternetGateway)},
	"AWS::EC2::VPCGatewayAttachment":        {"VpcId InternetGatewayId", attachGateway, detachGateway},
	"AWS::EC2::RouteTable":                  {"VpcId Tags", makeRouteTable, removeOf(cloud.RouteTable)},
	"AWS::EC2::Route":                       {"RouteTableId DestinationCidrBlock GatewayId", makeRoute, nothing},
	"AWS::EC2::SubnetRouteTableAssociation": {"SubnetId RouteTableId", associate, nothing},
	"AWS::IAM::Role":                        {"RoleName AssumeRolePolicyDocument ManagedPolicyArns", makeRole, removeRole},
	"AWS::Logs::LogGroup":                   {"LogGroupName RetentionInDays", makeLogGroup, removeLogGroup},
}

func nothing(*stack, *part) error { return nil }

// removeOf deletes one of EC2's.
func removeOf(kind cloud.Kind) func(*stack, *part) error {
	return func(s *stack, p *part) error { return s.DeleteFromEC2(s.Scope, kind, p.ref) }
}

// made is the part for a resource of the cloud, which gets the tags.
func made(r *cloud.Resource, tags map[string]string, attributes map[string]string) *part {
	maps.Copy(r.Tags, tags)
	return &part{ref: r.ID, attributes: attributes}
}

func makeVPC(s *stack, tags map[string]string, p properties) (*part, error) {
	vpc := s.AddVPC(s.Scope, p.text("CidrBlock"))
	return made(vpc, tags, map[string]string{"VpcId": vpc.ID, "CidrBlock": p.text("CidrBlock")}), nil
}

func makeSubnet(s *stack, tags map[string]string, p properties) (*part, error) {
	if _, err := s.InEC2(s.Scope, cloud.VPC, p.text("VpcId")); err != nil {
		return nil, err
	}
	zone := p.text("AvailabilityZone")
	known := false
	for _, z := range cloud.Zones(s.Region) {
		known = known || z.Name == zone
	}
	if !known {
		return nil, fmt.Errorf("Value (%s) for parameter availabilityZone is invalid. Subnets can currently only be created in other zones", zone) //nolint:staticcheck // as EC2 says it
	}
	subnet := s.Add(&cloud.Resource{Kind: cloud.Subnet, Scope: s.Scope, Uses: []string{p.text("VpcId")},
		Attributes: map[string]string{"vpc": p.text("VpcId"), "cidr": p.text("CidrBlock"), "zone": zone}})
	return made(subnet, tags, map[string]string{"SubnetId": subnet.ID}), nil
}

func makeGateway(s *stack, tags map[string]string, _ properties) (*part, error) {
	gateway := s.Add(&cloud.Resource{Kind: cloud.InternetGateway, Scope: s.Scope})
	return made(gateway, tags, map[string]string{"InternetGatewayId": gateway.ID}), nil
}

func attachGateway(s *stack, _ map[string]string, p properties) (*part, error) {
	gateway, err := s.InEC2(s.Scope, cloud.InternetGateway, p.text("InternetGatewayId"))
	if err != nil {
		return nil, err
	}
	gateway.Uses = append(gateway.Uses, p.text("VpcId"))
	return &part{ref: "IGW|" + p.text("VpcId"), other: gateway.ID, attributes: map[string]string{"vpc": p.text("VpcId")}}, nil
}

func detachGateway(s *stack, p *part) error { return s.Detach(p.other, p.attributes["vpc"]) }

func makeRouteTable(s *stack, tags map[string]string, p properties) (*part, error) {
	if _, err := s.InEC2(s.Scope, cloud.VPC, p.text("VpcId")); err != nil {
		return nil, err
	}
	table := s.Add(&cloud.Resource{Kind: cloud.RouteTable, Scope: s.Scope, Uses: []string{p.text("VpcId")}, Attributes: map[string]string{"vpc": p.text("VpcId")}})
	return made(table, tags, map[string]string{"RouteTableId": table.ID}), nil
}

// makeRoute needs a gateway that is attached, which is what templates forget.
func makeRoute(s *stack, _ map[string]string, p properties) (*part, error) {
	gateway, table := s.Has(p.text("GatewayId")), s.Has(p.text("RouteTableId"))
	if gateway == nil || table == nil || len(gateway.Uses) == 0 {
		return nil, fmt.Errorf("route table %s and network gateway %s belong to different networks", p.text("RouteTableId"), p.text("GatewayId"))
	}
	return &part{ref: p.text("RouteTableId") + "|" + p.text("DestinationCidrBlock")}, nil
}

func associate(s *stack, _ map[string]string, p properties) (*part, error) {
	if _, err := s.InEC2(s.Scope, cloud.Subnet, p.text("SubnetId")); err != nil {
		return nil, err
	}
	return &part{ref: fmt.Sprintf("rtbassoc-0%016x", s.Serial())}, nil
}

func makeRole(s *stack, tags map[string]string, p properties) (*part, error) {
	trust, err := json.Marshal(p["AssumeRolePolicyDocument"])
	if err != nil {
		return nil, err
	}
	name := p.text("RoleName")
	if name == "" {
		name = fmt.Sprintf("%s-Role-%012X", s.Name, s.Serial())
	}
	var policies []string
	if arns, ok := p["ManagedPolicyArns"].([]any); ok {
		for _, arn := range arns {
			policies = append(policies, fmt.Sprint(arn))
		}
	}
	role, err := s.AddRole(s.Scope, name, maps.Clone(tags), map[string]string{"trust": string(trust), "policies": strings.Join(policies, " ")})
	if err != nil {
		return nil, err
	}
	return &part{ref: role.Name, attributes: map[string]string{"Arn": role.ID}}, nil
}

func removeRole(s *stack, p *part) error { return s.DeleteRole(s.Scope, p.ref) }

func makeLogGroup(s *stack, tags map[string]string, p properties) (*part, error) {
	name := p.text("LogGroupName")
	arn := s.ARN("logs", "log-group:"+name)
	if s.Has(arn) != nil {
		return nil, fmt.Errorf("Resource of type 'AWS::Logs::LogGroup' with identifier '{\"/properties/LogGroupName\":%q}' already exists.", name) //nolint:revive,staticcheck // as CloudFormation says it
	}
	s.Add(&cloud.Resource{ID: arn, Kind: cloud.LogGroup, Name: name, Scope: s.Scope, Tags: maps.Clone(tags)})
	return &part{ref: name, attributes: map[string]string{"Arn": arn + ":*"}, other: arn}, nil
}

func removeLogGroup(s *stack, p *part) error {
	s.Remove(p.other)
	return nil
}
