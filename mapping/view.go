package mapping

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"strconv"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping/spec"
)

// roleSlot is the constant type of the entry in roles, by which an Okta mapping
// such as roles.^[type=='suger'].value finds it again.
const roleSlot = "suger"

// fullNames are the attributes that are made of the others unless Suger stores them.
var fullNames = []string{"name.formatted", "displayName"}

// view returns a user as a resource, with the roles that he or she holds.
func (s *suger) view(u *user, roles *catalogue) scim.Resource {
	m, held := s.model, roles.of(u)
	about := meta("User", u.created, u.modified)
	about["version"] = s.versionOf(u, held)
	r := scim.Resource{
		"id": u.id, "active": u.access.active, "meta": about,
		"emails": []any{map[string]any{"primary": true, "type": "work", "value": m.email(u)}},
	}
	put := func(name, text string) {
		if text != "" {
			putAttribute(r, name, text)
		}
	}
	for _, name := range fullNames {
		if !m.holds(name) {
			put(name, m.formatted(u))
		}
	}
	for i, a := range m.attributes {
		put(a.name, u.values[i])
	}
	put(URNSuger+":organizationId", s.Organization)
	put(URNSuger+":status", u.access.word)
	if top := highest(held); top != nil {
		put(URNSuger+":role", top.word)
		roles, groups := make([]any, len(held)), make([]any, len(held))
		for i, one := range held {
			roles[i] = map[string]any{"value": one.id, "display": one.name, "primary": one == top, "type": roleSlot}
			groups[i] = map[string]any{"value": one.id, "display": one.group}
		}
		r["roles"], r["groups"] = roles, groups
	}
	schemas := []any{scim.URNUser, URNSuger}
	if r[scim.URNEnterpriseUser] != nil {
		schemas = append(schemas, scim.URNEnterpriseUser)
	}
	r["schemas"] = schemas
	return r
}

// versionOf returns a user's version, a digest of all that the resource is made of and may
// change. It costs a fraction of [scim.Version].
func (s *suger) versionOf(u *user, held []*role) string {
	const usual = 512 // bytes
	content := make([]byte, 0, usual)
	add := func(words ...string) {
		for _, word := range words {
			content = append(binary.AppendUvarint(content, uint64(len(word))), word...)
		}
	}
	add(s.Organization, u.id, u.created, u.modified, strconv.FormatBool(u.access.active), u.access.word)
	add(u.values...)
	for _, r := range held {
		add(r.id, r.name, r.group, r.word)
	}
	return scim.VersionOf(content)
}

// putAttribute sets an attribute by its full name, such as "name.givenName".
func putAttribute(object map[string]any, name, text string) {
	outer, local := spec.SplitAttribute(name)
	if outer == "" {
		object[local] = text
		return
	}
	inner, _ := object[outer].(map[string]any)
	if inner == nil {
		inner = make(map[string]any)
		object[outer] = inner
	}
	putAttribute(inner, local, text)
}

// of returns the roles that a user holds. A role that is not in the catalogue is shown
// as Suger writes it.
func (c *catalogue) of(u *user) (held []*role) {
	for _, ref := range u.roles {
		r := c.byRef(ref)
		if r == nil {
			id, name := cmp.Or(ref.id, ref.name), cmp.Or(ref.name, ref.id)
			r = &role{id: id, raw: id, name: name, group: name, word: name, tier: c.unlisted}
			if ref.number {
				r.raw = json.Number(ref.id)
			}
		}
		held = append(held, r)
	}
	return held
}

// meta returns metadata without the location, which the gateway adds.
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

// versioned adds the version to a resource.
func versioned(r scim.Resource) scim.Resource {
	if m, ok := r["meta"].(map[string]any); ok {
		m["version"] = scim.Version(r)
	}
	return r
}
