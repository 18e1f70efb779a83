package mapping

import (
	"fmt"
	"slices"
	"strings"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping/spec/strict"
)

// A checker finds what is wrong with a document beyond its form.
type checker struct {
	doc       *Document
	file      string
	positions strict.Positions
	problems  strict.Problems
}

// problem notes what is wrong at a place of the document, and what to do.
func (c *checker) problem(path, suggestion, format string, args ...any) {
	line, column := c.positions.At(path)
	c.problems = append(c.problems, strict.Problem{
		File: c.file, Line: line, Column: column, Path: path, Message: fmt.Sprintf(format, args...), Suggestion: suggestion,
	})
}

// reported tells whether a place has a problem already.
func (c *checker) reported(path string) bool {
	return slices.ContainsFunc(c.problems, func(p strict.Problem) bool { return p.Path == path })
}

// checkParts looks at each part by itself.
func (c *checker) checkParts() {
	c.checkAttributes()
	for _, op := range c.doc.Operations.all() {
		if op.Operation != nil {
			c.checkOperation(op)
		}
	}
	c.checkStatus()
	c.checkRoles()
	c.checkToken()
}

// checkWhole looks at how the parts fit together.
func (c *checker) checkWhole() {
	if c.doc.Version != 1 {
		c.problem("version", "write version: 1", "this program reads version 1, not %d", c.doc.Version)
	}
	c.checkMainJob()
	m := newModel(c.doc)
	c.checkRoleChange(m)
	c.checkEndOfAccess(m)
	c.checkGivenBack(m)
	c.checkWritable(m)
}

// beside are the problems at places where the document itself could be read, so
// that no mistake is reported twice.
func (c *checker) beside(unreadable strict.Problems) strict.Problems {
	return slices.DeleteFunc(c.problems, func(p strict.Problem) bool {
		return slices.ContainsFunc(unreadable, func(q strict.Problem) bool {
			return q.Path == p.Path || strings.HasPrefix(q.Path, p.Path+".") || strings.HasPrefix(q.Path, p.Path+"[")
		})
	})
}

// checkAttributes makes sure that attributes are ones that a field can hold.
func (c *checker) checkAttributes() {
	attributes := c.doc.User.Attributes
	if attributes == nil {
		return // reported as missing
	}
	named, held := make(map[string]string), make(map[string]string) // canonical name, and field, to name
	for _, name := range sortedKeys(attributes) {
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
		field, part := attributes[name].Field.String(), attributes[name].Part
		if other, twice := held[field+string(part)]; twice {
			c.problem(at, "for a full name in one field, say which part is which: part: first names, part: last name", "%s and %s are the same field", other, name)
		}
		held[field+string(part)] = name
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
	for _, name := range sortedKeys(c.doc.User.Attributes) {
		part := c.doc.User.Attributes[name].Part
		isName := part == FirstNames && canonicalAttribute(name) == "name.givenName" || part == LastName && canonicalAttribute(name) == "name.familyName"
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
	for _, possible := range possibleAttributes() {
		known[withoutURN(possible)] = possible
	}
	names := sortedKeys(known)
	if near, ok := strict.Nearest(withoutURN(name), names); ok {
		return fmt.Sprintf("did you mean %q?", known[near])
	}
	return "there are " + strings.Join(names, ", ")
}

func withoutURN(name string) string { return name[strings.LastIndex(name, ":")+1:] }

// possibleAttributes lists the attributes that a field can hold.
func possibleAttributes() []string {
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
