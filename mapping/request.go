package mapping

import "suger-scim-gateway/mapping/spec"

// ids are what the placeholders of a path, a query or a header stand for. A body
// gets them as Suger writes them, since an id may be a number.
type ids map[string]any

// ids are the caller's organization and, where not nil, a user and a role.
func (s *suger) ids(u *user, r *role) ids {
	named := ids{"organization": s.Organization}
	if u != nil {
		named["user"] = u.rawID()
	}
	if r != nil {
		named[spec.RolePlaceholder], named[spec.RoleNamePlaceholder] = r.raw, r.name
	}
	return named
}

// texts are the ids as a path holds them.
func (i ids) texts() map[string]string {
	texts := make(map[string]string, len(i))
	for name, id := range i {
		texts[name], _ = spec.Text(id)
	}
	return texts
}

// fillAll replaces the placeholders in the values of a query or of headers.
func (i ids) fillAll(templates map[string]string) map[string]string {
	filled := make(map[string]string, len(templates))
	for key, template := range templates {
		filled[key] = spec.FillText(template, func(name string) string {
			id, _ := spec.Text(i[name])
			return id
		})
	}
	return filled
}
