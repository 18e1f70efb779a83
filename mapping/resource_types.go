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
	core.Attributes = m.offered(core.Attributes, "")
	enterprise.Attributes = m.offered(enterprise.Attributes, enterprise.ID+":")
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

func lacks(created, modified spec.Field) (names []string) {
	if !created.Given() {
		names = append(names, "created")
	}
	if !modified.Given() {
		names = append(names, "lastModified")
	}
	return names
}

// offered keeps the attributes that users have, by the full name that begins with
// prefix, and describes them as this provider offers them.
func (m *model) offered(attributes []*scim.Attribute, prefix string) []*scim.Attribute {
	return slices.DeleteFunc(attributes, func(a *scim.Attribute) bool {
		name := prefix + a.Name
		i, held := m.index[name]
		switch {
		case held:
			if m.attributes[i].Write == spec.WriteCreate {
				a.Mutability, a.Guarded = scim.Immutable, true
			}
			if i == m.userName {
				a.Uniqueness, a.Description = scim.UniqueServer, "The e-mail address by which Suger knows the person."
			}
			a.Description += atMost(m.attributes[i].Max)
		case slices.Contains(fullNames, name):
			a.Echoed = true // it names who would have no name in Suger, see splitFullName
			a.Description = "The full name, made of given and family name."
			derived(a)
		case name == "emails":
			a.Description = "One work address: the userName."
			pick(a, "value", "type", "primary")
			named(a.SubAttributes, "type").CanonicalValues = []string{"work"}
			derived(append(a.SubAttributes, a)...)
		case name == "active":
			a.Description = "Whether the person has access to the organization."
		case name == "roles":
			a.Description = "The person's Suger role. The roles themselves are listed at /Roles, since they differ between organizations."
			a.Named = true
			pick(a, "value", "display", "type", "primary")
			named(a.SubAttributes, "type").CanonicalValues = []string{roleSlot}
			named(a.SubAttributes, "value").CanonicalValues = m.knownRoles((*spec.KnownRole).IDText)
			derived(a.SubAttributes[1:]...)
		case name == "groups":
			a.Echoed = true // identifies a request that repeats an old answer, see rolesAsked
			pick(a, "value", "display", "$ref")
			named(a.SubAttributes, "$ref").ReferenceTypes = []string{"Group"}
		default:
			a.SubAttributes = m.offered(a.SubAttributes, name+".")
			return len(a.SubAttributes) == 0
		}
		return false
	})
}

// atMost says how long a text may be, 0 for any length.
func atMost(characters int) string {
	if characters == 0 {
		return ""
	}
	return fmt.Sprintf(" At most %d characters.", characters)
}

// derived marks attributes that the gateway makes of others.
func derived(attributes ...*scim.Attribute) {
	for _, a := range attributes {
		a.Mutability, a.Derived, a.Required = scim.ReadOnly, true, false
	}
}

func pick(a *scim.Attribute, names ...string) {
	a.SubAttributes = slices.DeleteFunc(a.SubAttributes, func(sub *scim.Attribute) bool { return !slices.Contains(names, sub.Name) })
}

func named(attributes []*scim.Attribute, name string) *scim.Attribute {
	return attributes[slices.IndexFunc(attributes, func(a *scim.Attribute) bool { return a.Name == name })]
}

// knownRoles returns the words of the roles that every organization has: the list of
// canonical values need not be whole (RFC 7643 §7).
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

// groupType describes groups: each is a Suger role, and all members are users.
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

// roleType describes roles for Okta and for the roles and entitlements extension.
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
