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
	core, enterprise := scim.CoreUser(), scim.EnterpriseUser()
	held := &scim.Schema{ID: core.ID, Name: core.Name, Description: "A person with access to a Suger organization."}
	for _, a := range core.Attributes {
		if kept := m.heldAttribute(a); kept != nil {
			held.Attributes = append(held.Attributes, kept)
		}
	}
	rt := &scim.ResourceType{
		Name: "User", Endpoint: "/Users", Description: "Suger user",
		Schema: held, Extensions: []*scim.Schema{m.sugerExtension()},
		Tolerated: []*scim.Schema{scim.CoreUser()},
	}
	if !m.doc.User.Created.Given() {
		rt.Lacks = append(rt.Lacks, "created")
	}
	if !m.doc.User.Modified.Given() {
		rt.Lacks = append(rt.Lacks, "lastModified")
	}
	heldEnterprise := &scim.Schema{ID: enterprise.ID, Name: enterprise.Name, Description: enterprise.Description}
	for _, a := range enterprise.Attributes {
		name := enterprise.ID + ":" + a.Name
		a.SubAttributes = m.heldParts(name, a.SubAttributes)
		if m.holds(name) || len(a.SubAttributes) > 0 {
			heldEnterprise.Attributes = append(heldEnterprise.Attributes, m.writable(a, name))
		}
	}
	if len(heldEnterprise.Attributes) > 0 {
		rt.Extensions = append(rt.Extensions, heldEnterprise)
	} else {
		rt.Tolerated = append(rt.Tolerated, enterprise)
	}
	return rt
}

// heldAttribute is a core attribute as this provider offers it, or nil.
func (m *model) heldAttribute(a *scim.Attribute) *scim.Attribute {
	switch a.Name {
	case "userName":
		a.Uniqueness = scim.UniqueServer
		a.Description = "The e-mail address by which Suger knows the person."
		return m.writable(a, a.Name)
	case "name":
		return m.heldName(a)
	case "displayName":
		if !m.holds(a.Name) {
			return derivedName(a)
		}
	case "emails":
		a.SubAttributes = pick(a.SubAttributes, "value", "type", "primary")
		for _, sub := range a.SubAttributes {
			derived(sub, sub.Description)
			if sub.Name == "type" {
				sub.CanonicalValues = []string{"work"}
			}
		}
		return derived(a, "One work address: the userName.")
	case "active":
		a.Description = "Whether the person has access to the organization."
		return a
	case "roles":
		a.Named = true
		a.SubAttributes = pick(a.SubAttributes, "value", "display", "type", "primary")
		for _, sub := range a.SubAttributes {
			if sub.Name != "value" {
				derived(sub, sub.Description)
			}
			switch sub.Name {
			case "type":
				sub.CanonicalValues = []string{roleSlot}
			case "value":
				sub.CanonicalValues = m.knownRoles(func(k *spec.KnownRole) string { return k.IDText() })
			}
		}
		a.Description = "The person's Suger role. The roles themselves are listed at /Roles, since they differ between organizations."
		return a
	case "groups":
		a.Echoed = true // by it a request that repeats an old answer is known, see rolesAsked
		a.SubAttributes = pick(a.SubAttributes, "value", "display", "$ref")
		for _, sub := range a.SubAttributes {
			if sub.Name == "$ref" {
				sub.ReferenceTypes = []string{"Group"}
			}
		}
		return a
	}
	if m.holds(a.Name) {
		return m.writable(a, a.Name)
	}
	return nil
}

func (m *model) heldName(a *scim.Attribute) *scim.Attribute {
	held := m.heldParts(a.Name, a.SubAttributes)
	for _, sub := range a.SubAttributes {
		if sub.Name == "formatted" && !m.holds("name.formatted") {
			held = slices.Insert(held, 0, derivedName(sub))
		}
	}
	a.SubAttributes = held
	return a
}

// heldParts are those parts of a complex attribute that the mapping holds.
func (m *model) heldParts(name string, parts []*scim.Attribute) (held []*scim.Attribute) {
	for _, part := range parts {
		if m.holds(name + "." + part.Name) {
			held = append(held, m.writable(part, name+"."+part.Name))
		}
	}
	return held
}

// writable says of an attribute what the mapping does: whether it can change once
// the user exists, and how long it may be.
func (m *model) writable(a *scim.Attribute, name string) *scim.Attribute {
	i, ok := m.index[name]
	if !ok {
		return a
	}
	if m.attributes[i].createOnly {
		a.Mutability, a.Guarded = scim.Immutable, true
	}
	if longest := m.attributes[i].max; longest > 0 {
		a.Description += fmt.Sprintf(" At most %d characters.", longest)
	}
	return a
}

// derived marks an attribute that the gateway makes of others.
func derived(a *scim.Attribute, description string) *scim.Attribute {
	a.Mutability, a.Derived, a.Required, a.Description = scim.ReadOnly, true, false, description
	return a
}

// derivedName marks an attribute as the full name.
func derivedName(a *scim.Attribute) *scim.Attribute {
	a.Echoed = true // it names who would have no name in Suger, see splitFullName
	return derived(a, "The full name, made of given and family name.")
}

func pick(attributes []*scim.Attribute, names ...string) []*scim.Attribute {
	var picked []*scim.Attribute
	for _, name := range names {
		for _, a := range attributes {
			if a.Name == name {
				picked = append(picked, a)
			}
		}
	}
	return picked
}

// knownRoles are the words of the roles that every organization has. Custom ones
// are taken, too: the list of canonical values need not be whole (RFC 7643 §7).
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
	group := scim.CoreGroup()
	group.Description = "A Suger role; its members are the users who hold it."
	for _, a := range group.Attributes {
		switch a.Name {
		case "displayName":
			a.Uniqueness = scim.UniqueServer
			if longest := m.doc.Role.NameMax; longest > 0 {
				a.Description += fmt.Sprintf(" At most %d characters.", longest)
			}
		case "members":
			a.Kept = true
			if !m.many {
				a.Description += " A user holds one role: adding somebody who holds a more powerful one changes nothing, and the answer shows it."
			}
		}
		for _, sub := range a.SubAttributes {
			switch sub.Name {
			case "type":
				sub.CanonicalValues = []string{"User"}
			case "$ref":
				sub.ReferenceTypes = []string{"User"}
			}
		}
	}
	rt := &scim.ResourceType{Name: "Group", Endpoint: "/Groups", Description: "Suger role, as a group", Schema: group}
	if !m.doc.Role.Created.Given() {
		rt.Lacks = append(rt.Lacks, "created")
	}
	if !m.doc.Role.Modified.Given() {
		rt.Lacks = append(rt.Lacks, "lastModified")
	}
	return rt
}

// roleType describes roles for Okta's entitlement discovery, and for clients of
// the roles and entitlements extension.
func roleType() *scim.ResourceType {
	return &scim.ResourceType{
		Name: "Role", Endpoint: "/Roles", Description: "Suger role",
		Schema: scim.OktaRole(), Aliases: []*scim.Schema{scim.Role()},
		Lacks: []string{"created", "lastModified"},
	}
}

// KeepsDeactivated reports whether somebody whose access SCIM ends can be read on.
func (s *Service) KeepsDeactivated() bool { return s.model.endOfAccess() != spec.ByRemoval }

// ManyRoles reports whether a user can hold several roles.
func (s *Service) ManyRoles() bool { return s.model.many }
