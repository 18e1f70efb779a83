package mapping

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"strconv"
	"strings"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping/spec"
)

// roleSlot is the constant type of the entry in roles, by which an Okta mapping
// such as roles.^[type=='suger'].value finds it again.
const roleSlot = "suger"

type userView struct {
	*suger
	user    *user
	held    []*role
	version string // "" until it is asked for
}

// view returns a user with the roles that he or she holds.
func (s *suger) view(u *user, roles *catalogue) *userView {
	return &userView{suger: s, user: u, held: roles.of(u)}
}

// ID returns the user's id.
func (v *userView) ID() string { return v.user.id }

// Version returns the user's version, a digest of all that the resource is made
// of and may change.
func (v *userView) Version() string {
	if v.version != "" {
		return v.version
	}
	const usual = 512 // bytes
	content := make([]byte, 0, usual)
	add := func(words ...string) {
		for _, word := range words {
			content = append(binary.AppendUvarint(content, uint64(len(word))), word...)
		}
	}
	u := v.user
	add(v.Organization, u.id, u.created, u.modified, strconv.FormatBool(u.access.active), u.access.word)
	add(u.values...)
	for _, r := range v.held {
		add(r.id, r.name, r.group, r.word)
	}
	v.version = scim.VersionOf(content)
	return v.version
}

// Resource returns the user as a resource.
func (v *userView) Resource() scim.Resource { return scim.ResourceOf(v) }

// WriteTo writes the user into a form.
func (v *userView) WriteTo(form *scim.Form) { v.model.layout.writeTo(form, v) }

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
	write writer // nil for an object
	inner layout // of an object, which is left out if all of it is
}

// A writer writes an attribute with its name, or leaves it out.
type writer func(*scim.Form, string, *userView)

func (l layout) writeTo(form *scim.Form, v *userView) {
	for i := range l {
		m := &l[i]
		if m.write != nil {
			m.write(form, m.name, v)
			continue
		}
		form.Object(m.name)
		m.inner.writeTo(form, v)
		form.End()
	}
}

// newLayout puts together what every user has and what this mapping holds.
func (m *model) newLayout() (l layout) {
	text := func(of func(*userView) string) writer {
		return func(form *scim.Form, name string, v *userView) {
			if text := of(v); text != "" {
				form.Text(name, text)
			}
		}
	}
	formatted := text(func(v *userView) string { return v.model.formatted(v.user) })
	writers := map[string]writer{ // by an attribute's full name
		"schemas": writeSchemas, "emails": writeEmails, "roles": writeRoles, "groups": writeGroups, "meta": writeMeta,
		"id":             text(func(v *userView) string { return v.user.id }),
		"active":         func(form *scim.Form, name string, v *userView) { form.Flag(name, v.user.access.active) },
		"name.formatted": formatted, "displayName": formatted,
		URNSuger + ":organizationId": text(func(v *userView) string { return v.Organization }),
		URNSuger + ":status":         text(func(v *userView) string { return v.user.access.word }),
		URNSuger + ":role": text(func(v *userView) string {
			if top := highest(v.held); top != nil {
				return top.word
			}
			return ""
		}),
	}
	for i, a := range m.attributes {
		writers[a.name] = text(func(v *userView) string { return v.user.values[i] })
	}
	for _, name := range sortedKeys(writers) {
		l.add(name, writers[name])
	}
	return l
}

func (l *layout) add(name string, write writer) {
	object, local := spec.SplitAttribute(name)
	if object == "" {
		*l = append(*l, member{name: local, write: write})
		return
	}
	if last := len(*l) - 1; last < 0 || (*l)[last].name != object {
		*l = append(*l, member{name: object})
	}
	(*l)[len(*l)-1].inner.add(local, write)
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
