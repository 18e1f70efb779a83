package spec

import (
	"maps"
	"slices"
	"strings"
)

// SplitAttribute splits the name of an attribute into its object, "" for the
// resource itself, and its name in it.
func SplitAttribute(name string) (object, local string) {
	if strings.HasPrefix(name, "urn:") {
		at := strings.LastIndex(name, ":")
		return name[:at], name[at+1:]
	}
	if parent, sub, dotted := strings.Cut(name, "."); dotted {
		return parent, sub
	}
	return "", name
}

// checkAttributes checks that no two attributes share a field, and that a full
// name in one field has two parts.
func (c *checker) checkAttributes() {
	attributes := c.doc.User.Attributes
	held := make(map[string]string) // by the field
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		for _, field := range attributes[name].Field.Scalars() {
			place := field + " " + string(attributes[name].Part)
			if other, twice := held[place]; twice {
				c.Add("user.attributes."+name, "for a full name in one field, say which part is which: part: first names, part: last name", "%s and %s are the same field", other, name)
				break
			}
			held[place] = name
		}
	}
	given, family := attributes["name.givenName"], attributes["name.familyName"]
	split := given.Part == FirstNames || family.Part == LastName
	if split && (given.Part != FirstNames || family.Part != LastName || given.Field.String() != family.Field.String()) {
		c.Add("user.attributes", "give name.givenName and name.familyName the same field, with part: first names and part: last name", "only one part of a full name is mapped")
	}
}
