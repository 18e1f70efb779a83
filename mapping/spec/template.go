package spec

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Values are the values of the placeholders of a body, by their names: SCIM attributes
// ("name.givenName"), "role", "status" and so on. A name that is absent is not sent.
type Values map[string]any

// Placeholders for the roles of a user, or for one of them.
const (
	RolePlaceholder      = "role"
	RoleNamePlaceholder  = "role.name"
	RolesPlaceholder     = "roles"
	RoleNamesPlaceholder = "roles.names"
)

// userIDs is what the names of placeholders for further ids of a user begin with.
const userIDs = "user."

// NowPlaceholder is the time of the call.
const NowPlaceholder = "now"

var placeholder = regexp.MustCompile(`^\{([A-Za-z][A-Za-z0-9:. ]*)\}$`)

// PlaceholderName returns the name in s if s is "{name}", or "".
func PlaceholderName(s string) string {
	if match := placeholder.FindStringSubmatch(s); match != nil {
		return match[1]
	}
	return ""
}

// Fill replaces the placeholders of a body, and leaves out those without a value and objects
// that become empty. ok is false if nothing is left of a part that had placeholders.
func Fill(template any, with Values) (body any, ok bool) {
	switch t := template.(type) {
	case map[string]any:
		object := make(map[string]any, len(t))
		held := false // did anything depend on a placeholder
		for key, part := range t {
			value, ok := Fill(part, with)
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
		name := PlaceholderName(t)
		if name == "" {
			return t, true
		}
		value, ok := with[name]
		return value, ok
	}
	return template, true
}

// fillList fills a list. An element about a role is repeated for each role, so that a user
// without one has an empty list.
func fillList(template []any, with Values) (list []any, ok bool) {
	list, ok = make([]any, 0, len(template)), len(template) == 0
	for _, part := range template {
		each := []Values{with}
		if aboutRole(part) {
			each = with.eachRole()
			ok = ok || each != nil
		}
		for _, one := range each {
			if value, ok := Fill(part, one); ok {
				list = append(list, value)
			}
		}
	}
	return list, ok || len(list) > 0
}

func aboutRole(part any) bool { return hasPlaceholder(part, RolePlaceholder, RoleNamePlaceholder) }

// eachRole returns the values once for each role, nil if there is nothing to say of roles.
func (v Values) eachRole() []Values {
	ids, given := v[RolesPlaceholder].([]any)
	names, _ := v[RoleNamesPlaceholder].([]any)
	if !given {
		return nil
	}
	each := make([]Values, len(ids))
	for i := range ids {
		each[i] = maps.Clone(v)
		each[i][RolePlaceholder], each[i][RoleNamePlaceholder] = ids[i], names[i]
	}
	return each
}

// Overlay returns an object from Suger, overridden by a body.
func Overlay(object, body any) any {
	below, isObject := object.(map[string]any)
	above, ok := body.(map[string]any)
	if !isObject || !ok {
		return body
	}
	laid := maps.Clone(below)
	for key, value := range above {
		laid[key] = Overlay(below[key], value)
	}
	return laid
}

// eachText calls found for every text in a part of a body, with its place: "body.roles[0]".
func eachText(part any, path string, found func(path, text string)) {
	switch p := part.(type) {
	case map[string]any:
		for key, inner := range p {
			eachText(inner, path+"."+key, found)
		}
	case []any:
		for i, inner := range p {
			eachText(inner, fmt.Sprintf("%s[%d]", path, i), found)
		}
	case string:
		found(path, p)
	}
}

var roleValues = []string{RolePlaceholder, RoleNamePlaceholder, RolesPlaceholder, RoleNamesPlaceholder}

// BodySends reports whether an operation's body has one of the placeholders.
func BodySends(op *Operation, names ...string) bool {
	return op != nil && hasPlaceholder(op.Body, names...)
}

func hasPlaceholder(part any, names ...string) (has bool) {
	eachText(part, "", func(_, text string) { has = has || slices.Contains(names, PlaceholderName(text)) })
	return has
}

// listsRoles reports whether a body has a list with an element for each role.
func listsRoles(body any) (lists bool) {
	eachText(body, "", func(path, text string) { lists = lists || strings.Contains(path, "[") && aboutRole(text) })
	return lists
}

var inBraces = regexp.MustCompile(`\{([^{}]*)\}`)

// PlaceholdersIn lists the names in braces of a path, a query or a header.
func PlaceholdersIn(text string) []string {
	var names []string
	for _, match := range inBraces.FindAllStringSubmatch(text, -1) {
		names = append(names, match[1])
	}
	return names
}
