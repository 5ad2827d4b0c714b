package eks

import (
	"strings"

	"github.com/scaleproof/scaleproof/providers"
	"github.com/scaleproof/scaleproof/providers/eks/control"
	"github.com/scaleproof/scaleproof/providers/eks/stack"
)

// Prices in US dollars, of us-east-1; most regions cost up to a third more.
const (
	// controlPlaneHour is a cluster in standard support: aws.amazon.com/eks/pricing,
	// as cited by others in 2026.
	controlPlaneHour = 0.10
	// autoModeFee is what Auto Mode adds to a machine's price, about: the same page.
	autoModeFee = 0.12
	// Machines on demand, as in Karpenter's price list of 2026-07-20. These are
	// what the seed got: two at rest, and two larger ones while scaled out.
	c6gLargeHour   = 0.068
	c5aLargeHour   = 0.077
	c5aXLargeHour  = 0.154
	c5a2XLargeHour = 0.308
	// addressHour is a public IPv4 address, of which each machine has one:
	// aws.amazon.com/vpc/pricing, from memory.
	addressHour = 0.005
	// diskHour is a machine's disk of 80 GiB, at 0.08 a month for each:
	// aws.amazon.com/ebs/pricing, from memory.
	diskHour = 80 * 0.08 / 730

	idleMachines, busyMachines = 2, 4

	priceSource = "an estimate from public price lists of us-east-1 in 2026; your region and contract differ, and traffic costs extra"
)

// Bill says what a cluster of that name would be made of and would cost, or why it
// could not be. It asks nobody and makes nothing. A cluster that this machine has made before
// keeps its time, and is refused when that is over. Its resources are read off the very
// template that is sent.
func (p *Provider) Bill(name string) (providers.Bill, error) {
	c, err := p.open(name)
	if err != nil {
		return providers.Bill{}, err
	}
	ceiling, err := c.left()
	if err != nil {
		return providers.Bill{}, err
	}
	full, bill := c.name, providers.Bill{Ceiling: ceiling, Source: priceSource}
	add := func(kind, name string) {
		bill.Resources = append(bill.Resources, providers.Resource{Kind: kind, Name: name})
	}
	add("AWS::CloudFormation::Stack", full)
	parts, err := stack.Resources()
	if err != nil {
		return providers.Bill{}, err
	}
	for _, part := range parts {
		add(part.Kind, full+"/"+part.Name)
	}
	add("AWS::EKS::Cluster", full)
	add("EKS Auto Mode node pools", strings.Join(control.Pools(), ", "))
	add("AWS::IAM::OIDCProvider", "the issuer of "+full)
	add("by EKS Auto Mode", "EC2 instances and their disks and interfaces, a security group, an instance profile")
	idle, busy := c6gLargeHour+c5aLargeHour, c6gLargeHour+c5aLargeHour+c5aXLargeHour+c5a2XLargeHour
	bill.Costs = []providers.Cost{
		{For: "EKS control plane", Idle: controlPlaneHour, Busy: controlPlaneHour},
		{For: "EC2 instances", Idle: idle, Busy: busy},
		{For: "EKS Auto Mode fee", Idle: idle * autoModeFee, Busy: busy * autoModeFee},
		{For: "public IPv4 addresses", Idle: idleMachines * addressHour, Busy: busyMachines * addressHour},
		{For: "disks", Idle: idleMachines * diskHour, Busy: busyMachines * diskHour},
	}
	return bill, nil
}
