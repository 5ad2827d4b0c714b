package wire

import (
	"bytes"
	"net/http"
	"reflect"
	"strings"
	"unicode"
)

// EC2Query is the protocol ec2Query: a form in, XML out, with names of its own
// for nearly everything.
type EC2Query struct {
	// Namespace of the answers' XML.
	Namespace string
	// Version of the API, which every request names.
	Version string
}

var ec2Form = dialect{name: func(owner reflect.Type, field reflect.StructField) string {
	if name, ok := ec2Params[owner.Name()+"."+field.Name]; ok {
		return name
	}
	if field.Type.Kind() == reflect.Slice {
		return strings.TrimSuffix(field.Name, "s")
	}
	return field.Name
}}

// ec2Params are the parameters that follow no rule, of the operations that are served.
var ec2Params = map[string]string{
	"RevokeSecurityGroupIngressInput.IpPermissions": "IpPermissions",
	"RevokeSecurityGroupEgressInput.IpPermissions":  "IpPermissions",
	"IpPermission.IpRanges":                         "IpRanges",
	"IpPermission.Ipv6Ranges":                       "Ipv6Ranges",
	"IpPermission.PrefixListIds":                    "PrefixListIds",
	"IpPermission.UserIdGroupPairs":                 "Groups",
}

var ec2Tags = tags{item: "item", name: ec2Name}

// ec2Name is that of a field's element: a lower first letter, "Set" for the
// "s" of a list, and the model's own name where that is another.
func ec2Name(owner reflect.Type, field reflect.StructField) string {
	if name, ok := ec2Names[owner.Name()+"."+field.Name]; ok {
		return name
	}
	name := []rune(field.Name)
	name[0] = unicode.ToLower(name[0])
	if field.Type.Kind() == reflect.Slice && !strings.HasSuffix(field.Name, "Set") {
		return strings.TrimSuffix(string(name), "s") + "Set"
	}
	return string(name)
}

// ec2Names are the elements that follow no rule, of the shapes that are served.
// A test compares all of them with what the SDK reads.
var ec2Names = map[string]string{
	"AvailabilityZone.State":                            "zoneState",
	"DescribeAvailabilityZonesOutput.AvailabilityZones": "availabilityZoneInfo",
	"DescribeSecurityGroupsOutput.SecurityGroups":       "securityGroupInfo",
	"Instance.BlockDeviceMappings":                      "blockDeviceMapping",
	"Instance.ProductCodes":                             "productCodes",
	"Instance.PublicDnsName":                            "dnsName",
	"Instance.PublicIpAddress":                          "ipAddress",
	"Instance.SecurityGroups":                           "groupSet",
	"Instance.State":                                    "instanceState",
	"Instance.StateTransitionReason":                    "reason",
	"InstanceNetworkInterface.Ipv4Prefixes":             "ipv4PrefixSet",
	"InstanceNetworkInterface.Ipv6Addresses":            "ipv6AddressesSet",
	"InstanceNetworkInterface.Ipv6Prefixes":             "ipv6PrefixSet",
	"InstanceNetworkInterface.PrivateIpAddresses":       "privateIpAddressesSet",
	"InstanceSecondaryInterface.PrivateIpAddresses":     "privateIpAddressSet",
	"IpPermission.IpRanges":                             "ipRanges",
	"IpPermission.Ipv6Ranges":                           "ipv6Ranges",
	"IpPermission.PrefixListIds":                        "prefixListIds",
	"IpPermission.UserIdGroupPairs":                     "groups",
	"NetworkInterface.Ipv4Prefixes":                     "ipv4PrefixSet",
	"NetworkInterface.Ipv6Addresses":                    "ipv6AddressesSet",
	"NetworkInterface.Ipv6Prefixes":                     "ipv6PrefixSet",
	"NetworkInterface.PrivateIpAddresses":               "privateIpAddressesSet",
	"ProductCode.ProductCodeId":                         "productCode",
	"ProductCode.ProductCodeType":                       "type",
	"Reservation.Instances":                             "instancesSet",
	"SecurityGroup.Description":                         "groupDescription",
	"SecurityGroup.IpPermissions":                       "ipPermissions",
	"SecurityGroup.IpPermissionsEgress":                 "ipPermissionsEgress",
	"TerminateInstancesOutput.TerminatingInstances":     "instancesSet",
	"Volume.State":                                      "status",
	"VolumeAttachment.State":                            "status",
}

// Name implements Protocol.
func (q EC2Query) Name(r *Request) (string, bool) {
	form := r.form()
	return form.Get("Action"), r.URL.Path == "/" && form.Get("Version") == q.Version
}

// Decode implements Protocol.
func (q EC2Query) Decode(r *Request, _ string, in any) error { return decodeForm(r, ec2Form, in) }

// Encode implements Protocol.
func (q EC2Query) Encode(r *Request, name string, out any) (*Answer, error) {
	var b bytes.Buffer
	b.WriteString("<" + name + `Response xmlns="` + q.Namespace + `">`)
	element(&b, "requestId", func() { b.WriteString(requestID(r)) })
	ec2Tags.writeMembers(&b, reflect.ValueOf(out).Elem())
	b.WriteString("</" + name + "Response>")
	return xmlAnswer(r, http.StatusOK, b.Bytes()), nil
}

// Refuse implements Protocol.
func (q EC2Query) Refuse(r *Request, err *Error) *Answer {
	var b bytes.Buffer
	element(&b, "Response", func() {
		element(&b, "Errors", func() {
			element(&b, "Error", func() {
				element(&b, "Code", func() { escape(&b, err.Code) })
				element(&b, "Message", func() { escape(&b, err.Message) })
			})
		})
		element(&b, "RequestID", func() { b.WriteString(requestID(r)) })
	})
	return xmlAnswer(r, err.Status, b.Bytes())
}
