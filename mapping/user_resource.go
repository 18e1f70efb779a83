package mapping

import (
	"encoding/binary"
	"encoding/json"
	"strconv"

	"suger-scim-gateway/internal/scim"
)

// roleSlot is the constant type of the entry in roles, by which an Okta mapping
// such as roles.^[type=='suger'].value finds it again.
const roleSlot = "suger"

// usualAttributes is room for the top-level attributes of a user.
const usualAttributes = 14

// A userView is a user as SCIM shows it.
type userView struct {
	*suger
	user    *user
	held    []*role
	one     [1]*role // room for held, as most hold one
	version string   // "" until it is asked for
	full    string   // the full name, too
}

// view is a user with the roles that he or she holds.
func (s *suger) view(u *user, roles *catalogue) *userView {
	v := &userView{suger: s, user: u}
	v.held = roles.appendOf(v.one[:0], u)
	return v
}

// ID is the user's id.
func (v *userView) ID() string { return v.user.id }

// Version is the user's version, which stands for all that the resource is made
// of and may change.
func (v *userView) Version() string {
	if v.version == "" {
		v.version = v.versionOf(v.user, v.held)
	}
	return v.version
}

// Resource is the user as a resource.
func (v *userView) Resource() scim.Resource {
	form := scim.NewResourceForm(usualAttributes)
	v.WriteTo(form)
	return form.Resource()
}

// WriteTo writes the user into a form.
func (v *userView) WriteTo(form scim.Form) { v.model.layout.writeTo(form, v) }

// formatted is the full name, made of its parts.
func (v *userView) formatted() string {
	if v.full == "" {
		v.full = v.model.formatted(v.user)
	}
	return v.full
}

// hasEnterprise reports whether there is anything in the enterprise extension.
func (v *userView) hasEnterprise() bool {
	for _, i := range v.model.enterprise {
		if v.user.values[i] != "" {
			return true
		}
	}
	return false
}

// versionOf makes the version of a user.
func (s *suger) versionOf(u *user, held []*role) string {
	const usual = 512 // bytes
	content := make([]byte, 0, usual)
	add := func(words ...string) {
		for _, word := range words {
			content = append(binary.AppendUvarint(content, uint64(len(word))), word...)
		}
	}
	add(s.Organization, u.id, u.created, u.modified, strconv.FormatBool(u.standing.active), u.standing.word)
	add(u.values...)
	for _, r := range held {
		add(r.id, r.name, r.group, r.word)
	}
	return scim.VersionOf(content)
}

// lowestTier ranks a role that Suger's list lacks below all others.
const lowestTier = 1 << 30

// of is the roles that a user holds.
func (c *catalogue) of(u *user) []*role { return c.appendOf(nil, u) }

// appendOf appends the roles that a user holds. A role that is not in the
// catalogue is shown as Suger writes it, and ranks below all that are.
func (c *catalogue) appendOf(held []*role, u *user) []*role {
	for _, ref := range u.roles {
		r := c.byRef(ref)
		if r == nil {
			id, name := firstOf(ref.id, ref.name), firstOf(ref.name, ref.id)
			r = &role{id: id, raw: id, name: name, group: name, word: name, tier: lowestTier}
			if ref.number {
				r.raw = json.Number(ref.id)
			}
		}
		held = append(held, r)
	}
	return held
}

// meta is a resource's metadata; the gateway adds the location.
func meta(resourceType, created, modified string) map[string]any {
	m := map[string]any{"resourceType": resourceType}
	if created != "" {
		m["created"] = created
	}
	if modified != "" {
		m["lastModified"] = modified
	}
	return m
}

// versioned completes a resource that nobody else has yet by its version.
func versioned(r scim.Resource) scim.Resource {
	if m, ok := r["meta"].(map[string]any); ok {
		m["version"] = scim.Version(r)
	}
	return r
}
