package cloud

import (
	"net/http"
	"slices"
	"strings"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/wire"
)

// ScopeOf is where the caller's requests have their effect.
func ScopeOf(caller wire.Caller) Scope { return Scope{Account: caller.Account, Region: caller.Region} }

// ARN is the name of a resource of a service.
func (s Scope) ARN(service, rest string) string {
	return "arn:aws:" + service + ":" + s.Region + ":" + s.Account + ":" + rest
}

// Global is the scope of what has no region.
func (s Scope) Global() Scope { return Scope{Account: s.Account} }

// NoEntity is IAM's word for what does not exist.
func NoEntity(format string, args ...any) error {
	return wire.Errorf(http.StatusNotFound, "NoSuchEntity", format, args...)
}

// InIAM returns the role, or instance profile, of that name, or IAM's error,
// also where it cannot be seen yet.
func (c *Cloud) InIAM(scope Scope, kind Kind, name string) (*Resource, error) {
	if r := c.Named(scope.Global(), kind, name); r != nil {
		return r, nil
	}
	return nil, absentFromIAM(kind, name)
}

// SeeInIAM is InIAM for those who read.
func (c *Cloud) SeeInIAM(scope Scope, kind Kind, name string) (*Resource, error) {
	r, err := c.InIAM(scope, kind, name)
	if err == nil && !r.seen() {
		return nil, absentFromIAM(kind, name)
	}
	return r, err
}

func absentFromIAM(kind Kind, name string) error {
	if kind == Role {
		return NoEntity("The role with name %s cannot be found.", name)
	}
	return NoEntity("Instance Profile %s cannot be found.", name)
}

// AddRole adds a role that the named service may assume.
func (c *Cloud) AddRole(scope Scope, name string, tags, attributes map[string]string) (*Resource, error) {
	global := scope.Global()
	if c.Named(global, Role, name) != nil {
		return nil, wire.Errorf(http.StatusConflict, "EntityAlreadyExists", "Role with name %s already exists.", name)
	}
	r := c.Add(&Resource{ID: global.ARN("iam", "role/"+name), Kind: Role, Name: name, Scope: global, Tags: tags, Attributes: attributes})
	r.Value = &Refusals{Left: c.Knobs.RoleAssumable}
	return r, nil
}

// Refusals is how often EKS still cannot assume a role.
type Refusals struct{ Left int }

// Assumable tells that the service can assume the role; it counts.
func (c *Cloud) Assumable(arn, service string) bool {
	role := c.Has(arn)
	if role == nil || role.Kind != Role || !strings.Contains(role.Attributes["trust"], service) {
		return false
	}
	if refusals, ok := role.Value.(*Refusals); ok && refusals.Left > 0 {
		refusals.Left--
		return false
	}
	return true
}

// AddProfile adds an instance profile that has the role.
func (c *Cloud) AddProfile(scope Scope, name, role string, tags map[string]string) *Resource {
	global := scope.Global()
	return c.Add(&Resource{ID: global.ARN("iam", "instance-profile/"+name), Kind: InstanceProfile, Name: name,
		Scope: global, Uses: []string{role}, Tags: tags})
}

// DeleteRole deletes a role, or says as IAM does why not. CloudFormation
// detaches what it attached before it asks.
func (c *Cloud) DeleteRole(scope Scope, name string) error {
	role, err := c.InIAM(scope, Role, name)
	if err != nil {
		return err
	}
	if len(c.Users(role.ID, InstanceProfile)) > 0 {
		return conflict("Cannot delete entity, must remove roles from instance profile first.")
	}
	c.Remove(role.ID)
	return nil
}

// RemoveFromProfile takes the role out of the profile.
func (c *Cloud) RemoveFromProfile(scope Scope, profile, role string) error {
	p, err := c.InIAM(scope, InstanceProfile, profile)
	if err != nil {
		return err
	}
	arn := scope.Global().ARN("iam", "role/"+role)
	if !slices.Contains(p.Uses, arn) {
		return NoEntity("Role %s in Instance Profile %s cannot be found.", role, profile)
	}
	p.Uses = slices.DeleteFunc(p.Uses, func(id string) bool { return id == arn })
	return nil
}

// DeleteProfile deletes an instance profile that has no role.
func (c *Cloud) DeleteProfile(scope Scope, name string) error {
	p, err := c.InIAM(scope, InstanceProfile, name)
	if err != nil {
		return err
	}
	if len(p.Uses) > 0 {
		return conflict("Cannot delete entity, must remove roles from instance profile first.")
	}
	c.Remove(p.ID)
	return nil
}

func conflict(message string) error {
	return wire.Errorf(http.StatusConflict, "DeleteConflict", "%s", message)
}
