package mapping

import (
	"fmt"
	"slices"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping/spec"
)

// userType describes users as the mapping holds them: the standard attributes
// that it has fields for, those that are made of them, and Suger's extension.
func (m *model) userType() *scim.ResourceType {
	core, enterprise := scim.StandardSchema(scim.URNUser), scim.StandardSchema(scim.URNEnterpriseUser)
	core.Description = "A person with access to a Suger organization."
	core.Attributes = slices.DeleteFunc(core.Attributes, func(a *scim.Attribute) bool { return !m.offers(a) })
	enterprise.Attributes = slices.DeleteFunc(enterprise.Attributes, func(a *scim.Attribute) bool {
		name := enterprise.ID + ":" + a.Name
		return !m.hasField(a, name) && !m.hasParts(a, name)
	})
	rt := &scim.ResourceType{
		Name: "User", Endpoint: "/Users", Description: "Suger user",
		Schema: core, Extensions: []*scim.Schema{m.sugerExtension()},
		Tolerated: []*scim.Schema{scim.StandardSchema(scim.URNUser)}, Lacks: lacks(m.doc.User.Created, m.doc.User.Modified),
	}
	if len(enterprise.Attributes) > 0 {
		rt.Extensions = append(rt.Extensions, enterprise)
	} else {
		rt.Tolerated = append(rt.Tolerated, scim.StandardSchema(scim.URNEnterpriseUser))
	}
	return rt
}

// lacks returns the times in meta that the mapping does not have.
func lacks(created, modified spec.Field) (names []string) {
	if !created.Given() {
		names = append(names, "created")
	}
	if !modified.Given() {
		names = append(names, "lastModified")
	}
	return names
}

// offers reports whether users have a core attribute, and describes it as this
// provider offers it.
func (m *model) offers(a *scim.Attribute) bool {
	held := m.hasField(a, a.Name)
	switch a.Name {
	case "userName":
		a.Uniqueness = scim.UniqueServer
		a.Description = "The e-mail address by which Suger knows the person." + atMost(m.attributes[m.userName].Max)
	case "name":
		return m.hasParts(a, a.Name)
	case "displayName":
		if !held {
			derivedName(a)
		}
	case "emails":
		pick(a, "value", "type", "primary")
		for _, sub := range a.SubAttributes {
			derived(sub, sub.Description)
		}
		named(a.SubAttributes, "type").CanonicalValues = []string{"work"}
		derived(a, "One work address: the userName.")
	case "active":
		a.Description = "Whether the person has access to the organization."
	case "roles":
		a.Named = true
		pick(a, "value", "display", "type", "primary")
		for _, sub := range a.SubAttributes[1:] {
			derived(sub, sub.Description)
		}
		named(a.SubAttributes, "type").CanonicalValues = []string{roleSlot}
		named(a.SubAttributes, "value").CanonicalValues = m.knownRoles((*spec.KnownRole).IDText)
		a.Description = "The person's Suger role. The roles themselves are listed at /Roles, since they differ between organizations."
	case "groups":
		a.Echoed = true // identifies a request that repeats an old answer, see rolesAsked
		pick(a, "value", "display", "$ref")
		named(a.SubAttributes, "$ref").ReferenceTypes = []string{"Group"}
	default:
		return held
	}
	return true
}

// hasParts reports whether users have parts of a complex attribute, and keeps
// these.
func (m *model) hasParts(a *scim.Attribute, name string) bool {
	a.SubAttributes = slices.DeleteFunc(a.SubAttributes, func(part *scim.Attribute) bool {
		if m.hasField(part, name+"."+part.Name) {
			return false
		}
		if part.Name != "formatted" || name != "name" {
			return true
		}
		derivedName(part)
		return false
	})
	return len(a.SubAttributes) > 0
}

// hasField reports whether the mapping has a field for an attribute, and sets the
// attribute's mutability and maximum length.
func (m *model) hasField(a *scim.Attribute, name string) bool {
	i, ok := m.index[name]
	if !ok {
		return false
	}
	if m.attributes[i].Write == spec.WriteCreate {
		a.Mutability, a.Guarded = scim.Immutable, true
	}
	a.Description += atMost(m.attributes[i].Max)
	return true
}

// atMost says how long a text may be, 0 for any length.
func atMost(characters int) string {
	if characters == 0 {
		return ""
	}
	return fmt.Sprintf(" At most %d characters.", characters)
}

// derived marks an attribute that the gateway makes of others.
func derived(a *scim.Attribute, description string) {
	a.Mutability, a.Derived, a.Required, a.Description = scim.ReadOnly, true, false, description
}

// derivedName marks an attribute as the full name.
func derivedName(a *scim.Attribute) {
	a.Echoed = true // it names who would have no name in Suger, see splitFullName
	derived(a, "The full name, made of given and family name.")
}

// pick keeps these sub-attributes, in this order.
func pick(a *scim.Attribute, names ...string) {
	picked := make([]*scim.Attribute, len(names))
	for i, name := range names {
		picked[i] = named(a.SubAttributes, name)
	}
	a.SubAttributes = picked
}

// named returns the attribute with a name, which is among them.
func named(attributes []*scim.Attribute, name string) *scim.Attribute {
	return attributes[slices.IndexFunc(attributes, func(a *scim.Attribute) bool { return a.Name == name })]
}

// knownRoles returns the words of the roles that every organization has. Custom
// ones are taken, too: the list of canonical values need not be whole (RFC 7643
// §7).
func (m *model) knownRoles(word func(*spec.KnownRole) string) (words []string) {
	for i := range m.doc.Role.Known {
		if w := word(&m.doc.Role.Known[i]); w != "" {
			words = append(words, w)
		}
	}
	return words
}

func (m *model) sugerExtension() *scim.Schema {
	description := "The name or id of the person's Suger role; the easiest role attribute to map."
	if m.many {
		description = "The most powerful of the person's Suger roles; writing it makes it the only one."
	}
	plain := func(name, description string, mutability scim.Mutability) *scim.Attribute {
		return &scim.Attribute{
			Name: name, Type: scim.String, Description: description,
			Mutability: mutability, Returned: scim.ByDefault, Uniqueness: scim.NotUnique,
		}
	}
	role := plain("role", description, scim.ReadWrite)
	role.CanonicalValues = m.knownRoles(func(k *spec.KnownRole) string { return k.Name })
	held := []*scim.Attribute{role}
	if m.status != nil {
		held = append(held, plain("status", "The status in Suger's own word.", scim.ReadOnly))
	}
	return &scim.Schema{
		ID: URNSuger, Name: "SugerUser", Description: "Attributes of a Suger user that SCIM's core schema does not have.",
		Attributes: append(held, plain("organizationId", "The Suger organization.", scim.ReadOnly)),
	}
}

// groupType describes groups: each is a Suger role, so names are unique, and all
// members are users.
func (m *model) groupType() *scim.ResourceType {
	group := scim.StandardSchema(scim.URNGroup)
	group.Description = "A Suger role; its members are the users who hold it."
	name, members := named(group.Attributes, "displayName"), named(group.Attributes, "members")
	name.Uniqueness = scim.UniqueServer
	name.Description += atMost(m.doc.Role.NameMax)
	members.Kept = true
	if !m.many {
		members.Description += " A user holds one role: adding somebody who holds a more powerful one changes nothing, and the answer shows it."
	}
	named(members.SubAttributes, "type").CanonicalValues = []string{"User"}
	named(members.SubAttributes, "$ref").ReferenceTypes = []string{"User"}
	return &scim.ResourceType{
		Name: "Group", Endpoint: "/Groups", Description: "Suger role, as a group",
		Schema: group, Lacks: lacks(m.doc.Role.Created, m.doc.Role.Modified),
	}
}

// roleType describes roles for Okta's entitlement discovery, and for clients of
// the roles and entitlements extension.
func roleType() *scim.ResourceType {
	return &scim.ResourceType{
		Name: "Role", Endpoint: "/Roles", Description: "Suger role",
		Schema: scim.StandardSchema(scim.URNOktaRole), Aliases: []*scim.Schema{scim.StandardSchema(scim.URNRole)},
		Lacks: []string{"created", "lastModified"},
	}
}

// KeepsDeactivated reports whether a deactivated user can still be read.
func (s *Service) KeepsDeactivated() bool { return s.model.endOfAccess() != spec.ByRemoval }

// ManyRoles reports whether a user can hold several roles.
func (s *Service) ManyRoles() bool { return s.model.many }
