package mapping

import (
	"regexp"
	"strings"
)

// values are what the placeholders of a body stand for: SCIM attribute names
// ("name.givenName"), "role", "role.name", "roles", "roles.names", "status" and
// so on. A name that is absent has nothing to send.
type values map[string]any

var placeholder = regexp.MustCompile(`^\{([A-Za-z][A-Za-z. ]*)\}$`)

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
		array := make([]any, 0, len(t))
		for _, part := range t {
			if value, ok := fill(part, with); ok {
				array = append(array, value)
			}
		}
		return array, len(array) > 0 || len(t) == 0
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
