package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"suger-scim-gateway/mapping/spec/strict"
)

// A checker finds errors in a document that satisfies the schema.
type checker struct {
	doc *Document
	*strict.Report
}

// checkRoleChange checks that an operation changes roles as users hold them.
func (c *checker) checkRoleChange() {
	ops := &c.doc.Operations
	switch {
	case ops.SetRole == nil && ops.GrantRole == nil && !c.doc.WritesRole():
		c.Add("operations", fmt.Sprintf("send {role} or {role.name} in %q, or add %q", OpUpdateUser, OpSetRole), "no operation changes a role")
	case c.doc.ManyRoles() && ops.GrantRole == nil && !BodySends(ops.UpdateUser, RolesPlaceholder, RoleNamesPlaceholder) && !listsRoles(ops.UpdateUser.Body):
		c.Add("operations."+OpUpdateUser, fmt.Sprintf("send {roles} or {roles.names}, or a list of {role}, or add %q and %q", OpGrantRole, OpRevokeRole), "users hold many roles, and %q sends one", OpUpdateUser)
	}
}

// checkWritable checks that operations send an attribute exactly when it may
// change.
func (c *checker) checkWritable() {
	ops := &c.doc.Operations
	if !BodySends(ops.AddUser, "userName") {
		c.Add("operations."+OpAddUser, "add it to the body", "%q does not send {userName}", OpAddUser)
	}
	for _, name := range slices.Sorted(maps.Keys(c.doc.User.Attributes)) {
		names := []string{name}
		if strings.HasPrefix(name, "name.") {
			names = append(names, "name.formatted")
			if _, held := c.doc.User.Attributes["displayName"]; !held {
				names = append(names, "displayName")
			}
		}
		at := "user.attributes." + name
		write := c.doc.User.Attributes[name].Write
		fixed, never := write == WriteCreate, write == WriteNever
		added, updated := BodySends(ops.AddUser, names...) || BodySends(ops.AddMember, names...), BodySends(ops.UpdateUser, names...)
		switch {
		case c.Has(at):
		case never && (added || updated), fixed && updated:
			c.Add(at, "remove one of the two", "an operation sends %s, against write: %s", name, write)
		case fixed && !added:
			c.Add(at, fmt.Sprintf("add {%s} to the body of %q", name, OpAddUser), "no operation sends %s", name)
		case !fixed && !never && !updated:
			c.Add(at, fmt.Sprintf("add {%s} to its body, or say write: create (fixed once the user exists) or write: never (ignored)", name), "%q does not send %s", OpUpdateUser, name)
		}
	}
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

func (c *checker) checkUser() {
	user := &c.doc.User
	for _, name := range slices.Sorted(maps.Keys(user.IDs)) {
		// Another of several names may be the membership's.
		if user.ID.Given() && slices.Contains(user.IDs[name].Scalars(), user.ID.Scalars()[0]) {
			c.Add("user.ids."+name, "remove it", "%s is the user's id, for which there is {user}", user.IDs[name])
		}
	}
}

// checkRoles checks that roles can be distinguished and ranked.
func (c *checker) checkRoles() {
	role, names := &c.doc.Role, []string{}
	named, placed, ids := make(map[string]bool), make(map[string]bool), make(map[string]bool)
	for i, known := range role.Known {
		at := fmt.Sprintf("role.known[%d]", i)
		c.checkOnce(named, at+".name", known.Name, strings.ToLower(known.Name))
		c.checkOnce(ids, at+".id", known.IDText(), known.IDText())
		names = append(names, known.Name)
		if known.Administrator && strings.EqualFold(known.Name, role.Default) {
			c.Add("role.default", "take a lesser role", "%s is an administrator's role, which everybody without a role would get", role.Default)
		}
	}
	exists := func(at, name string) {
		if c.doc.Operations.ListRoles == nil && name != "" && !named[strings.ToLower(name)] {
			c.Add(at, strict.Suggest(name, names), "%q is not among the known roles, and there is no %q", name, OpListRoles)
		}
	}
	exists("role.default", role.Default)
	for i, name := range role.Precedence {
		at := fmt.Sprintf("role.precedence[%d]", i)
		c.checkOnce(placed, at, name, strings.ToLower(name))
		if name != "*" {
			exists(at, name)
		}
	}
	for i, known := range role.Known {
		if known.Administrator && known.Name != "" && !placed[strings.ToLower(known.Name)] {
			c.Add(fmt.Sprintf("role.known[%d]", i), "put it into role.precedence, before *", "the administrator's role %s is not in precedence", known.Name)
		}
	}
	if length := utf8.RuneCountInString(role.Template.Description); role.DescriptionMax > 0 && length > role.DescriptionMax {
		c.Add("role.new role.description", "shorten it", "it has %d characters, and description max is %d", length, role.DescriptionMax)
	}
}

// checkOnce checks that a value, which key identifies, is not among those seen.
func (c *checker) checkOnce(seen map[string]bool, at, value, key string) {
	if value != "" && seen[key] {
		c.Add(at, "remove one of them", "%q is given twice", value)
	}
	seen[key] = true
}
