package mapping

import (
	"strings"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping/spec"
)

// attributeOf reads a held attribute from a client's resource. given is false
// if the client did not mention it; one that was emptied is "" and given.
func attributeOf(r scim.Resource, name string) (value string, given bool) {
	object, local := spec.SplitAttribute(name)
	if object == "" {
		value, given = r[local].(string)
		return value, given
	}
	inner, ok := r[object].(map[string]any)
	if !ok {
		return "", false
	}
	if len(inner) == 0 { // emptied as a whole, where it is not an extension that merely came without content
		return "", !strings.HasPrefix(object, "urn:")
	}
	return attributeOf(inner, local) // which is manager.value in the enterprise extension
}
