package mapping

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping/spec"
)

// roleSlot is the constant type of the entry in roles, by which an Okta mapping
// such as roles.^[type=='suger'].value finds it again.
const roleSlot = "suger"

// A userView is a user as SCIM shows it.
type userView struct {
	*suger
	user    *user
	held    []*role
	one     [1]*role // room for held, as most hold one
	version string   // "" until it is asked for
}

// view returns a user with the roles that he or she holds.
func (s *suger) view(u *user, roles *catalogue) *userView {
	v := &userView{suger: s, user: u}
	v.held = roles.appendOf(v.one[:0], u)
	return v
}

// ID returns the user's id.
func (v *userView) ID() string { return v.user.id }

// Version returns the user's version, a digest of all that the resource is made
// of and may change.
func (v *userView) Version() string {
	if v.version == "" {
		v.version = v.versionOf(v.user, v.held)
	}
	return v.version
}

// Resource returns the user as a resource.
func (v *userView) Resource() scim.Resource { return scim.ResourceOf(v) }

// WriteTo writes the user into a form.
func (v *userView) WriteTo(form *scim.Form) { v.model.layout.writeTo(form, v) }

// versionOf makes the version of a user.
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

// of returns the roles that a user holds.
func (c *catalogue) of(u *user) []*role { return c.appendOf(nil, u) }

// appendOf appends the roles that a user holds. A role that is not in the
// catalogue is shown as Suger writes it.
func (c *catalogue) appendOf(held []*role, u *user) []*role {
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

// meta returns a resource's metadata; the gateway adds the location.
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

// versioned adds the version to a resource that is not shared yet.
func versioned(r scim.Resource) scim.Resource {
	if m, ok := r["meta"].(map[string]any); ok {
		m["version"] = scim.Version(r)
	}
	return r
}

// A layout is what a user's resource consists of, in the order of names, made
// once for a mapping.
type layout []member

// A member is one attribute of a resource, or of an object in it.
type member struct {
	name  string
	text  func(*userView) string              // of a simple attribute; "" leaves it out
	write func(*scim.Form, string, *userView) // of any other; it writes the name too
	inner layout                              // of an object, which is left out if all of it is
}

// writeTo writes the members of a user that there are.
func (l layout) writeTo(form *scim.Form, v *userView) {
	for i := range l {
		switch m := &l[i]; {
		case m.write != nil:
			m.write(form, m.name, v)
		case m.text != nil:
			if text := m.text(v); text != "" {
				form.Text(m.name, text)
			}
		default:
			form.Object(m.name)
			m.inner.writeTo(form, v)
			form.End()
		}
	}
}

// newLayout puts together what every user has and what this mapping holds.
func (m *model) newLayout() layout {
	l := layout{
		{name: "schemas", write: writeSchemas},
		{name: "id", text: func(v *userView) string { return v.user.id }},
		{name: "emails", write: writeEmails},
		{name: "active", write: func(form *scim.Form, name string, v *userView) { form.Flag(name, v.user.access.active) }},
		{name: "roles", write: writeRoles},
		{name: "groups", write: writeGroups},
		{name: "meta", write: writeMeta},
		{name: URNSuger, write: writeExtension},
	}
	for i, a := range m.attributes {
		l.add(a.name, func(v *userView) string { return v.user.values[i] })
	}
	for _, name := range []string{"name.formatted", "displayName"} {
		if !m.holds(name) {
			l.add(name, func(v *userView) string { return v.model.formatted(v.user) })
		}
	}
	l.sort()
	return l
}

// add adds an attribute that is a text, by its full name.
func (l *layout) add(name string, text func(*userView) string) {
	object, local := spec.SplitAttribute(name)
	if object == "" {
		*l = append(*l, member{name: local, text: text})
		return
	}
	at := slices.IndexFunc(*l, func(m member) bool { return m.name == object })
	if at < 0 {
		at = len(*l)
		*l = append(*l, member{name: object})
	}
	(*l)[at].inner.add(local, text)
}

func (l layout) sort() {
	slices.SortFunc(l, func(a, b member) int { return strings.Compare(a.name, b.name) })
	for i := range l {
		l[i].inner.sort()
	}
}

func writeSchemas(form *scim.Form, name string, v *userView) {
	form.List(name)
	form.Text("", scim.URNUser)
	form.Text("", URNSuger)
	for i, a := range v.model.attributes {
		if v.user.values[i] == "" || !strings.HasPrefix(a.name, scim.URNEnterpriseUser) {
			continue
		}
		form.Text("", scim.URNEnterpriseUser)
		break
	}
	form.End()
}

func writeEmails(form *scim.Form, name string, v *userView) {
	form.List(name)
	form.Object("")
	form.Flag("primary", true)
	form.Text("type", "work")
	form.Text("value", v.model.email(v.user))
	form.End()
	form.End()
}

func writeRoles(form *scim.Form, name string, v *userView) {
	top := highest(v.held)
	writeHeld(form, name, v, func(r *role) {
		form.Text("display", r.name)
		form.Flag("primary", r == top)
		form.Text("type", roleSlot)
	})
}

func writeGroups(form *scim.Form, name string, v *userView) {
	writeHeld(form, name, v, func(r *role) {
		form.Reference("$ref", v.groupType.Endpoint, r.id)
		form.Text("display", r.group)
	})
}

// writeHeld writes an object for each role of a user, if there are any; all of them
// have the role's id as the value.
func writeHeld(form *scim.Form, name string, v *userView, write func(*role)) {
	if len(v.held) == 0 {
		return
	}
	form.List(name)
	for _, r := range v.held {
		form.Object("")
		write(r)
		form.Text("value", r.id)
		form.End()
	}
	form.End()
}

func writeExtension(form *scim.Form, name string, v *userView) {
	form.Object(name)
	form.Text("organizationId", v.Organization)
	if top := highest(v.held); top != nil {
		form.Text("role", top.word)
	}
	if word := v.user.access.word; word != "" {
		form.Text("status", word)
	}
	form.End()
}

func writeMeta(form *scim.Form, name string, v *userView) {
	form.Object(name)
	if v.user.created != "" {
		form.Text("created", v.user.created)
	}
	if v.user.modified != "" {
		form.Text("lastModified", v.user.modified)
	}
	form.Reference("location", v.userType.Endpoint, v.user.id)
	form.Text("resourceType", v.userType.Name)
	form.Text("version", v.Version())
	form.End()
}
