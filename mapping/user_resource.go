package mapping

import (
	"encoding/json"
	"strconv"

	"suger-scim-gateway/gateway/scim"
)

// roleSlot is the constant type of the entry in roles, by which an Okta mapping
// such as roles.^[type=='suger'].value finds it again.
const roleSlot = "suger"

// usualAttributes is room for the top-level attributes of a user.
const usualAttributes = 14

// resource is a user as SCIM shows it.
func (s *suger) resource(u *user, roles *catalogue) scim.Resource {
	email := s.model.email(u)
	r := make(scim.Resource, usualAttributes)
	r["schemas"] = []any{scim.URNUser, URNSuger}
	r["id"] = u.id
	r["userName"] = email
	r["emails"] = []any{map[string]any{"value": email, "type": "work", "primary": true}}
	r["active"] = u.standing.active
	for i, a := range s.model.attributes {
		if u.values[i] != "" {
			setAttribute(r, a.name, u.values[i])
		}
	}
	if full := s.model.formatted(u); full != "" {
		setUnlessHeld(s.model, r, "name.formatted", full)
		setUnlessHeld(s.model, r, "displayName", full)
	}
	extension := map[string]any{"organizationId": s.Organization}
	if u.standing.word != "" {
		extension["status"] = u.standing.word
	}
	held := roles.of(u)
	if top := highest(held); top != nil {
		extension["role"] = top.word
	}
	r[URNSuger] = extension
	if len(held) > 0 {
		r["roles"], r["groups"] = roleEntries(held), groupEntries(held)
	}
	if r[scim.URNEnterpriseUser] != nil {
		r["schemas"] = []any{scim.URNUser, URNSuger, scim.URNEnterpriseUser}
	}
	m := meta("User", u.created, u.modified)
	m["version"] = s.version(u, held)
	r["meta"] = m
	return r
}

// version is a user's version. It stands for all that the resource is made of
// and may change.
func (s *suger) version(u *user, held []*role) string {
	const usual = 512 // bytes
	content := make([]byte, 0, usual)
	add := func(words ...string) {
		for _, word := range words {
			content = strconv.AppendInt(content, int64(len(word)), 10)
			content = append(append(content, ':'), word...)
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

// of is the roles that a user holds. A role that is not in the catalogue is
// shown as Suger writes it, and ranks below all that are.
func (c *catalogue) of(u *user) []*role {
	held := make([]*role, 0, len(u.roles))
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

func roleEntries(held []*role) []any {
	top := highest(held)
	entries := make([]any, len(held))
	for i, r := range held {
		entries[i] = map[string]any{"value": r.id, "display": r.name, "type": roleSlot, "primary": r == top}
	}
	return entries
}

func groupEntries(held []*role) []any {
	entries := make([]any, len(held))
	for i, r := range held {
		entries[i] = map[string]any{"value": r.id, "display": r.group}
	}
	return entries
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

func setUnlessHeld(m *model, r scim.Resource, name, value string) {
	if !m.holds(name) {
		setAttribute(r, name, value)
	}
}
