package mapping

import (
	"slices"
	"strings"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping/spec"
)

// A layout is what a user's resource consists of, in the order of names, made
// once for a mapping.
type layout []member

// A member is one attribute of a resource, or of an object in it.
type member struct {
	name  string
	text  func(*userView) string             // of a simple attribute; "" leaves it out
	write func(scim.Form, string, *userView) // of any other; it writes the name too
	inner layout                             // of an object, which is left out if all of it is
}

// writeTo writes the members of a user that there are.
func (l layout) writeTo(form scim.Form, v *userView) {
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
		{name: "active", write: func(form scim.Form, name string, v *userView) { form.Flag(name, v.user.standing.active) }},
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
			l.add(name, func(v *userView) string { return v.formatted() })
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

func writeSchemas(form scim.Form, name string, v *userView) {
	form.List(name)
	form.Plain("", scim.URNUser)
	form.Plain("", URNSuger)
	if v.hasEnterprise() {
		form.Plain("", scim.URNEnterpriseUser)
	}
	form.End()
}

func writeEmails(form scim.Form, name string, v *userView) {
	form.List(name)
	form.Object("")
	form.Flag("primary", true)
	form.Plain("type", "work")
	form.Text("value", v.model.email(v.user))
	form.End()
	form.End()
}

func writeRoles(form scim.Form, name string, v *userView) {
	if len(v.held) == 0 {
		return
	}
	top := highest(v.held)
	form.List(name)
	for _, r := range v.held {
		form.Object("")
		form.Text("display", r.name)
		form.Flag("primary", r == top)
		form.Plain("type", roleSlot)
		form.Text("value", r.id)
		form.End()
	}
	form.End()
}

func writeGroups(form scim.Form, name string, v *userView) {
	if len(v.held) == 0 {
		return
	}
	form.List(name)
	for _, r := range v.held {
		form.Object("")
		form.Reference("$ref", v.groupType.Endpoint, r.id)
		form.Text("display", r.group)
		form.Text("value", r.id)
		form.End()
	}
	form.End()
}

func writeExtension(form scim.Form, name string, v *userView) {
	form.Object(name)
	form.Text("organizationId", v.Organization)
	if top := highest(v.held); top != nil {
		form.Text("role", top.word)
	}
	if word := v.user.standing.word; word != "" {
		form.Text("status", word)
	}
	form.End()
}

func writeMeta(form scim.Form, name string, v *userView) {
	form.Object(name)
	if v.user.created != "" {
		form.Plain("created", v.user.created)
	}
	if v.user.modified != "" {
		form.Plain("lastModified", v.user.modified)
	}
	form.Reference("location", v.userType.Endpoint, v.user.id)
	form.Plain("resourceType", v.userType.Name)
	form.Text("version", v.Version())
	form.End()
}
