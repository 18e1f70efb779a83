package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping/spec/strict"
)

// SplitAttribute takes the name of a held attribute apart into the object it is
// in, "" for the resource itself, and its name there.
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

// CanonicalAttribute spells an attribute's name as its schema does.
func CanonicalAttribute(name string) string {
	if path, ok := fullUserType.Lookup(name); ok {
		return path.String()
	}
	return name
}

// fullUserType knows every standard attribute of a user, whether held or not.
var fullUserType = &scim.ResourceType{
	Name: "User", Endpoint: "/Users", Schema: scim.CoreUser(),
	Extensions: []*scim.Schema{scim.EnterpriseUser()},
}

// checkAttributes makes sure that attributes are ones that a field can hold.
func (c *checker) checkAttributes() {
	attributes := c.doc.User.Attributes
	if attributes == nil {
		return // reported as missing
	}
	named, held := make(map[string]string), make(map[string]string) // canonical name, and field, to name
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		at := "user.attributes." + name
		path, ok := fullUserType.Lookup(name)
		if !ok {
			c.problem(at, suggestAttribute(name), "SCIM has no user attribute %q", name)
			continue
		}
		c.checkAttribute(at, path)
		if other, twice := named[path.String()]; twice {
			c.problem(at, "remove one of them", "%s and %s are the same attribute", other, name)
		}
		named[path.String()] = name
		for _, field := range attributes[name].Field.Scalars() {
			place := field + " " + string(attributes[name].Part)
			if other, twice := held[place]; twice {
				c.problem(at, "for a full name in one field, say which part is which: part: first names, part: last name", "%s and %s are the same field", other, name)
				break
			}
			held[place] = name
		}
	}
	if named["userName"] == "" {
		c.problem("user.attributes", "add userName with the field that holds the e-mail address", "userName is missing")
	}
	c.checkNameParts(attributes[named["name.givenName"]], attributes[named["name.familyName"]])
}

// checkAttribute makes sure that an attribute can be held in a field.
func (c *checker) checkAttribute(at string, path scim.AttrPath) {
	switch name := path.String(); {
	case madeByGateway(path):
		c.problem(at, "remove it", "%s is made by the gateway and needs no field", name)
	case !isWritable(path):
		c.problem(at, "remove it", "%s is not for a client to write", name)
	case !isPlainText(path):
		c.problem(at, "take a single text such as title or name.givenName", "%s cannot be held in one field", name)
	}
}

// checkNameParts makes sure that a full name in one field has two parts.
func (c *checker) checkNameParts(given, family Attribute) {
	for _, name := range slices.Sorted(maps.Keys(c.doc.User.Attributes)) {
		part := c.doc.User.Attributes[name].Part
		isName := part == FirstNames && CanonicalAttribute(name) == "name.givenName" || part == LastName && CanonicalAttribute(name) == "name.familyName"
		if part != WholeField && !isName {
			c.problem("user.attributes."+name+".part", "name.givenName is the first names, name.familyName the last name", "%s is not the %s", name, part)
		}
	}
	split := given.Part == FirstNames || family.Part == LastName
	if split && (given.Part != FirstNames || family.Part != LastName || given.Field.String() != family.Field.String()) {
		c.problem("user.attributes", "give name.givenName and name.familyName the same field, with part: first names and part: last name", "only one part of a full name is mapped")
	}
}

// suggestAttribute is the advice for a name that SCIM does not know. An
// attribute of an extension is also found without the URN.
func suggestAttribute(name string) string {
	known := make(map[string]string) // by the name without the URN
	for _, possible := range PossibleAttributes() {
		known[withoutURN(possible)] = possible
	}
	names := slices.Sorted(maps.Keys(known))
	if near, ok := strict.Nearest(withoutURN(name), names); ok {
		return fmt.Sprintf("did you mean %q?", known[near])
	}
	return "there are " + strings.Join(names, ", ")
}

func withoutURN(name string) string { return name[strings.LastIndex(name, ":")+1:] }

// PossibleAttributes lists the attributes that a field can hold.
func PossibleAttributes() []string {
	var names []string
	add := func(urn string, attributes []*scim.Attribute) {
		for _, a := range attributes {
			for _, sub := range append([]*scim.Attribute{nil}, a.SubAttributes...) {
				path := scim.AttrPath{URN: urn, Attr: a, Sub: sub}
				if !madeByGateway(path) && isPlainText(path) && isWritable(path) {
					names = append(names, path.String())
				}
			}
		}
	}
	add("", fullUserType.Schema.Attributes)
	for _, extension := range fullUserType.Extensions {
		add(extension.ID, extension.Attributes)
	}
	return names
}

// madeByGateway reports whether an attribute comes of others.
func madeByGateway(path scim.AttrPath) bool {
	made := []string{"id", "externalId", "meta", "schemas", "active", "roles", "groups", "emails", "name"}
	return path.URN == "" && (path.Sub == nil && slices.Contains(made, path.Attr.Name) || path.String() == "name.formatted" || path.Attr.Name == "meta")
}

// isWritable reports whether an attribute is for a client to write.
func isWritable(path scim.AttrPath) bool {
	return path.Attr.Name != "password" && path.Attr.Mutability != scim.ReadOnly && leafOf(path).Mutability != scim.ReadOnly
}

// isPlainText reports whether an attribute is one text.
func isPlainText(path scim.AttrPath) bool {
	leaf := leafOf(path)
	return !path.Attr.MultiValued && leaf.Name != "$ref" && (leaf.Type == scim.String || leaf.Type == scim.Reference)
}

func leafOf(path scim.AttrPath) *scim.Attribute {
	if path.Sub != nil {
		return path.Sub
	}
	return path.Attr
}
