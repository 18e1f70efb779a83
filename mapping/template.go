package mapping

import (
	"maps"
	"regexp"
	"strings"
)

// values are what the placeholders of a body stand for: SCIM attribute names
// ("name.givenName"), "role", "role.name", "roles", "roles.names", "status" and
// so on. A name that is absent has nothing to send.
type values map[string]any

// Placeholders that stand for the roles of a user, or for one of them.
const (
	rolePlaceholder      = "role"
	roleNamePlaceholder  = "role.name"
	rolesPlaceholder     = "roles"
	roleNamesPlaceholder = "roles.names"
)

// nowPlaceholder stands for the time of the call.
const nowPlaceholder = "now"

var placeholder = regexp.MustCompile(`^\{([A-Za-z][A-Za-z0-9:. ]*)\}$`)

// placeholderName is the name in s if s is "{name}", or "".
func placeholderName(s string) string {
	if match := placeholder.FindStringSubmatch(s); match != nil {
		return match[1]
	}
	return ""
}

// fill makes a body out of its template: placeholders are replaced, and what
// has no value is left out, with the objects that become empty by it. ok is
// false if nothing is left of a part that held placeholders.
func fill(template any, with values) (body any, ok bool) {
	switch t := template.(type) {
	case map[string]any:
		object := make(map[string]any, len(t))
		held := false // did anything depend on a placeholder
		for key, part := range t {
			value, ok := fill(part, with)
			if !ok {
				held = true
				continue
			}
			object[key] = value
		}
		return object, len(object) > 0 || !held
	case []any:
		return fillList(t, with)
	case string:
		name := placeholderName(t)
		if name == "" {
			return t, true
		}
		value, ok := with[name]
		return value, ok
	}
	return template, true
}

// fillList makes a list out of its template. An element about a role comes once
// for each role, so that a user without one has an empty list.
func fillList(template []any, with values) (list []any, ok bool) {
	list, ok = make([]any, 0, len(template)), len(template) == 0
	for _, part := range template {
		each := []values{with}
		if aboutRole(part) {
			each = with.eachRole()
			ok = ok || each != nil
		}
		for _, one := range each {
			if value, ok := fill(part, one); ok {
				list = append(list, value)
			}
		}
	}
	return list, ok || len(list) > 0
}

// aboutRole reports whether a part of a body is about one role.
func aboutRole(part any) bool {
	found := placeholdersOf(part)
	_, id := found[rolePlaceholder]
	_, name := found[roleNamePlaceholder]
	return id || name
}

// eachRole is the values once for each of the roles, nil if there is nothing to
// say of roles.
func (v values) eachRole() []values {
	ids, given := v[rolesPlaceholder].([]any)
	names, _ := v[roleNamesPlaceholder].([]any)
	if !given {
		return nil
	}
	each := make([]values, len(ids))
	for i := range ids {
		each[i] = maps.Clone(v)
		each[i][rolePlaceholder], each[i][roleNamePlaceholder] = ids[i], names[i]
	}
	return each
}

// overlay lays a body over an object that Suger has answered.
func overlay(object, body any) any {
	below, isObject := object.(map[string]any)
	above, ok := body.(map[string]any)
	if !isObject || !ok {
		return body
	}
	laid := maps.Clone(below)
	for key, value := range above {
		laid[key] = overlay(below[key], value)
	}
	return laid
}

// placeholdersOf lists the placeholder names of a body template with the path
// of each below the template, "" for the template itself.
func placeholdersOf(template any) map[string]string {
	found := make(map[string]string)
	var walk func(part any, path string)
	walk = func(part any, path string) {
		switch p := part.(type) {
		case map[string]any:
			for key, inner := range p {
				walk(inner, strings.TrimPrefix(path+"."+key, "."))
			}
		case []any:
			for _, inner := range p {
				walk(inner, path)
			}
		case string:
			if name := placeholderName(p); name != "" {
				found[name] = path
			}
		}
	}
	walk(template, "")
	return found
}
