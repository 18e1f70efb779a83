package mapping

import (
	"fmt"
	"slices"
	"strings"

	"suger-scim-gateway/gateway/scim"
	"suger-scim-gateway/mapping/strict"
)

// A checker finds what is wrong with a document beyond its form.
type checker struct {
	doc       *Document
	file      string
	positions strict.Positions
	problems  strict.Problems
}

// problem notes what is wrong at a place of the document.
func (c *checker) problem(path, format string, args ...any) {
	line, column := c.positions.At(path)
	c.problems = append(c.problems, strict.Problem{
		File: c.file, Line: line, Column: column, Path: path, Message: fmt.Sprintf(format, args...),
	})
}

func (c *checker) check() {
	if c.doc.Version != 1 {
		c.problem("version", "this program reads version 1, not %d", c.doc.Version)
	}
	c.checkAttributes()
	for _, op := range c.doc.Operations.all() {
		if op.Operation != nil {
			c.checkOperation(op)
		}
	}
	c.checkMainJob()
	c.checkStatus()
	c.checkRoles()
	c.checkWritable()
}

// checkAttributes makes sure that attributes are ones that a field can hold.
func (c *checker) checkAttributes() {
	if _, ok := c.doc.User.Attributes["userName"]; !ok {
		c.problem("user.attributes", "userName is missing: it must be the field with the e-mail address")
	}
	seen := make(map[string]string)
	for _, name := range sortedKeys(c.doc.User.Attributes) {
		at := "user.attributes." + name
		path, ok := fullUserType.Lookup(name)
		switch {
		case !ok:
			c.unknownAttribute(at, name)
			continue
		case madeByGateway(path.String()):
			c.problem(at, "%s is made by the gateway and needs no field", name)
		case path.Attr.Name == "password" || path.Attr.Mutability == scim.ReadOnly:
			c.problem(at, "%s is not for a client to write", name)
		case !isPlainText(path):
			c.problem(at, "%s cannot be held in one field; there are single texts such as title or name.givenName", name)
		}
		if other, twice := seen[path.String()]; twice {
			c.problem(at, "%s and %s are the same attribute", other, name)
		}
		seen[path.String()] = name
	}
}

func (c *checker) unknownAttribute(at, name string) {
	var known []string
	for _, a := range fullUserType.Schema.Attributes {
		known = append(known, a.Name)
		for _, sub := range a.SubAttributes {
			known = append(known, a.Name+"."+sub.Name)
		}
	}
	c.problem(at, "SCIM has no user attribute %q", name)
	if near, ok := strict.Nearest(name, known); ok {
		c.problems[len(c.problems)-1].Suggestion = near
	}
}

// madeByGateway reports whether an attribute comes of others.
func madeByGateway(name string) bool {
	return slices.Contains([]string{"id", "externalId", "meta", "schemas", "active", "roles", "groups", "emails", "name.formatted", "name"}, name) ||
		strings.HasPrefix(name, "meta.")
}

// isPlainText reports whether an attribute is one text.
func isPlainText(path scim.AttrPath) bool {
	if path.Attr.MultiValued {
		return false
	}
	leaf := path.Attr
	if path.Sub != nil {
		leaf = path.Sub
	}
	return leaf.Type == scim.String || leaf.Type == scim.Reference
}

// allowedParams are the ids that an operation's path may and must name.
var allowedParams = map[string]struct{ may, must []string }{
	opListUsers: {[]string{"organization"}, nil}, opAddUser: {[]string{"organization"}, nil},
	opListRoles: {[]string{"organization"}, nil}, opAddRole: {[]string{"organization"}, nil},
	opGetUser:   {[]string{"organization", "user"}, []string{"user"}},
	opGrantRole: {pathPlaceholders, []string{"user"}}, opRevokeRole: {pathPlaceholders, []string{"user"}},
	opSetRole:    {pathPlaceholders, []string{"user"}},
	opUpdateUser: {[]string{"organization", "user"}, []string{"user"}}, opRemoveUser: {[]string{"organization", "user"}, []string{"user"}},
	opActivateUser: {[]string{"organization", "user"}, []string{"user"}}, opDeactivateUser: {[]string{"organization", "user"}, []string{"user"}},
	opUpdateRole: {[]string{"organization", "role"}, []string{"role"}}, opRemoveRole: {[]string{"organization", "role"}, []string{"role"}},
}

// checkOperation makes sure that an operation can be carried out.
func (c *checker) checkOperation(op namedOperation) {
	at := "operations." + op.name
	params := allowedParams[op.name]
	used := placeholdersIn(op.Call.Path)
	for _, name := range used {
		if !slices.Contains(params.may, name) {
			c.problem(at+".call", "{%s} has no value in %q", name, op.name)
		}
	}
	for _, name := range params.must {
		if _, inBody := placeholdersOf(op.Body)[name]; !slices.Contains(used, name) && !inBody {
			c.problem(at+".call", "%q does not say which {%s} it is for", op.name, name)
		}
	}
	c.checkBody(at, op)
	c.checkList(at, op)
	for _, path := range []string{op.Answer, op.Items, op.Total} {
		if path != "" {
			if err := new(Field).UnmarshalScalar(path); err != nil {
				c.problem(at, "%v", err)
			}
		}
	}
}

// checkBody makes sure that every placeholder of a body has a value.
func (c *checker) checkBody(at string, op namedOperation) {
	known := c.placeholders(op.name)
	found := placeholdersOf(op.Body)
	for _, name := range sortedKeys(found) {
		if slices.Contains(known, name) {
			continue
		}
		c.problem(strings.TrimSuffix(at+".body."+found[name], "."), "{%s} has no value in %q", name, op.name)
		if near, ok := strict.Nearest(name, known); ok {
			c.problems[len(c.problems)-1].Suggestion = "{" + near + "}"
		}
	}
	if op.Body != nil && op.Call.Method == "GET" {
		c.problem(at+".body", "a GET call has no body")
	}
}

// placeholders lists the names that an operation's body can use.
func (c *checker) placeholders(operation string) []string {
	known := []string{"organization"}
	switch operation {
	case opAddRole, opUpdateRole, opRemoveRole:
		return append(known, "role", "displayName", "description", "permissions")
	case opListUsers, opListRoles, opGetUser:
		return known
	}
	known = append(known, "user", "role", "role.name", "roles", "roles.names", "name.formatted", "displayName")
	if c.doc.User.Status != nil {
		known = append(known, "status")
	}
	for name := range c.doc.User.Attributes {
		known = append(known, canonicalAttribute(name))
	}
	return known
}

// checkList makes sure that only lists have what belongs to lists.
func (c *checker) checkList(at string, op namedOperation) {
	isList := op.name == opListUsers || op.name == opListRoles
	switch p := op.Paging; {
	case !isList && (p != nil || op.Items != "" || op.Total != ""):
		c.problem(at, "paging, items and total belong to lists")
	case p == nil:
	case p.Style == "cursor" && (p.Cursor == "") == (p.CursorHeader == ""):
		c.problem(at+".paging", "style cursor needs either cursor or cursor header")
	case p.Style != "cursor" && (p.Size <= 0 || p.Limit == "" && p.Style == "offset"):
		c.problem(at+".paging", "style %s needs a size and the name of the limit parameter", p.Style)
	case p.Size < 0 || p.Size > 10000:
		c.problem(at+".paging.size", "a page has 1 to 10000 rows")
	case p.First < 0 || p.First > 1:
		c.problem(at+".paging.first", "the first page is 0 or 1")
	}
}
