package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"suger-scim-gateway/mapping/spec/strict"
)

// A checker finds parts of a document that do not fit each other.
type checker struct {
	doc *Document
	*strict.Report
}

// checkAccess checks that access can be ended and shown, and restored in one way.
func (c *checker) checkAccess() {
	access, writes := &c.doc.Access, c.doc.WritesStatus()
	if access.End.Way == BySetStatus && (!writes || len(access.Inactive) == 0) {
		c.Add("access.end", "%q cannot be done; give access a field and an inactive value and let %q send {status}, or end it otherwise", BySetStatus, OpUpdateUser)
	}
	switch {
	case access.Give != nil && writes:
		c.Add("access.give", "it is never called: %q sends {status}; remove it, or {status} there", OpUpdateUser)
	case access.Shows() && access.Give == nil && access.End.Way != ByRemoval && (!writes || len(access.Active) == 0):
		c.Add("access", "access could be ended but not given back; give it an active value and let %q send {status}, or say with give by which call", OpUpdateUser)
	}
	active := WordsOf(access.Active)
	for i, value := range access.Inactive {
		if word, _ := Text(value); active.Has(word) {
			c.Add(fmt.Sprintf("access.inactive[%d]", i), "%q is both active and inactive; remove it from one of the two", word)
		}
	}
	for i, value := range access.Pending {
		if word, _ := Text(value); !active.Has(word) {
			c.Add(fmt.Sprintf("access.pending[%d]", i), "%q is not among the active values; add it to active", word)
		}
	}
}

// checkAttributes checks that no two attributes share a field, that a full name in one
// field has two parts, and that operations send an attribute exactly when it may
// change.
func (c *checker) checkAttributes() {
	attributes, ops := c.doc.User.Attributes, &c.doc.Operations
	held := make(map[string]string) // by the field
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		at, attribute, names := "user.attributes."+name, attributes[name], []string{name}
		for _, field := range attribute.Field.Scalars() {
			place := field + " " + attribute.Part
			if other, twice := held[place]; twice {
				c.Add(at, "%s and %s are the same field; for a full name in one field, say which part is which: part: first names, part: last name", other, name)
				break
			}
			held[place] = name
		}
		if strings.HasPrefix(name, "name.") {
			names = append(names, c.fullNames()...)
		}
		fixed, never := attribute.Write == WriteCreate, attribute.Write == WriteNever
		added, updated := BodySends(ops.AddUser, names...) || BodySends(ops.AddMember, names...), BodySends(ops.UpdateUser, names...)
		switch {
		case never && (added || updated), fixed && updated:
			c.Add(at, "an operation sends %s, against write: %s; remove one of the two", name, attribute.Write)
		case fixed && !added:
			c.Add(at, "no operation sends %s; add {%[1]s} to the body of %q", name, OpAddUser)
		case !fixed && !never && !updated:
			c.Add(at, "%q does not send %s; add {%[2]s} to its body, or say write: create (fixed once the user exists) or write: never (ignored)", OpUpdateUser, name)
		}
	}
	given, family := attributes["name.givenName"], attributes["name.familyName"]
	split := given.Part == FirstNames || family.Part == LastName
	if split && (given.Part != FirstNames || family.Part != LastName || given.Field.String() != family.Field.String()) {
		c.Add("user.attributes", "only one part of a full name is mapped; give name.givenName and name.familyName the same field, with part: first names and part: last name")
	}
}

// fullNames returns the placeholders that are made of the parts of a name.
func (c *checker) fullNames() []string {
	if _, held := c.doc.User.Attributes["displayName"]; held {
		return []string{"name.formatted"}
	}
	return []string{"name.formatted", "displayName"}
}

// checkRoles checks that roles can be distinguished, ranked and changed.
func (c *checker) checkRoles() {
	role, ops, names := &c.doc.Role, &c.doc.Operations, []string{}
	is := func(name string) func(string) bool {
		return func(other string) bool { return strings.EqualFold(name, other) }
	}
	seen := make(map[string]bool)
	for i, known := range role.Known {
		at := fmt.Sprintf("role.known[%d]", i)
		for key, value := range map[string]string{"name": known.Name, "id": known.IDText()} {
			word := key + " " + strings.ToLower(value)
			if value != "" && seen[word] {
				c.Add(at+"."+key, "%q is given twice; remove one of them", value)
			}
			seen[word] = true
		}
		names = append(names, known.Name)
		if known.Administrator && strings.EqualFold(known.Name, role.Default) {
			c.Add("role.default", "%s is an administrator's role, which everybody without a role would get; take a lesser role", role.Default)
		}
		if known.Administrator && !slices.ContainsFunc(role.Precedence, is(known.Name)) {
			c.Add(at, "the administrator's role %s is not in precedence; put it into role.precedence, before *", known.Name)
		}
	}
	exists := func(at, name string) {
		if ops.ListRoles == nil && name != "*" && !slices.ContainsFunc(names, is(name)) {
			c.Add(at, "%q is not among the known roles, and there is no %q; %s", name, OpListRoles, strict.Suggest(name, names, "the known roles are"))
		}
	}
	exists("role.default", role.Default)
	for i, name := range role.Precedence {
		exists(fmt.Sprintf("role.precedence[%d]", i), name)
	}
	switch {
	case ops.SetRole == nil && ops.GrantRole == nil && !c.doc.WritesRole():
		c.Add("operations", "no operation changes a role; send {role} or {role.name} in %q, or add %q", OpUpdateUser, OpSetRole)
	case c.doc.ManyRoles() && ops.GrantRole == nil && !BodySends(ops.UpdateUser, RolesPlaceholder, RoleNamesPlaceholder) && !listsRoles(ops.UpdateUser.Body):
		c.Add("operations."+OpUpdateUser, "users hold many roles, and %q sends one; send {roles} or {roles.names}, or a list of {role}, or add %q and %q", OpUpdateUser, OpGrantRole, OpRevokeRole)
	}
}

// subjects maps operations to the placeholders of their object.
var subjects = map[string][]string{
	OpGetUser: {"user"}, OpFindUser: {"userName"}, OpAddMember: {"user"}, OpUpdateUser: {"user"}, OpRemoveUser: {"user"}, OpActivateUser: {"user"}, OpDeactivateUser: {"user"},
	OpSetRole:    {"user", RolePlaceholder, RoleNamePlaceholder},
	OpGrantRole:  {"user", RolePlaceholder, RoleNamePlaceholder},
	OpRevokeRole: {"user", RolePlaceholder, RoleNamePlaceholder},
	OpUpdateRole: {RolePlaceholder, RoleNamePlaceholder}, OpRemoveRole: {RolePlaceholder, RoleNamePlaceholder},
}

// needed maps operations to the value without which they do nothing.
var needed = map[string]string{OpFindUser: "userName", OpAddUser: "userName", OpAddRole: "displayName", OpUpdateRole: "displayName"}

// checkOperation checks that all placeholders have values, and the needed ones are there.
func (c *checker) checkOperation(op NamedOperation) {
	at, used := OperationPath(op.Name), []string{}
	texts, body := c.placeholders(op)
	use := func(place string, known []string, names ...string) {
		used = append(used, names...)
		for _, name := range names {
			if !slices.Contains(known, name) {
				c.Add(place, "{%s} has no value in %q; %s", name, op.Name, strict.Suggest(name, known, "use one of"))
			}
		}
	}
	use(at+".call", texts, PlaceholdersIn(op.Call.Path)...)
	for _, value := range op.Call.Query {
		use(at+".call", texts, PlaceholdersIn(value)...)
	}
	for name, value := range op.Headers {
		use(at+".headers."+name, texts, PlaceholdersIn(value)...)
	}
	eachText(op.Body, at+".body", func(place, text string) {
		switch name := PlaceholderName(text); {
		case name != "":
			use(place, body, name)
		case inBraces.MatchString(text):
			c.Add(place, `in a body, a placeholder is the whole text; write it alone, in quotes: "{user}"`)
		}
	})
	need := func(names ...string) {
		if !slices.ContainsFunc(names, func(name string) bool { return slices.Contains(used, name) }) {
			c.Add(at, "%q does not send {%s}, so it does not say what it is for; add it", op.Name, names[0])
		}
	}
	if name := needed[op.Name]; name != "" {
		need(name)
	}
	if slices.Contains(subjects[op.Name], "user") {
		user := append([]string{"user"}, c.furtherIDs(op.Name)...)
		if op.Name != OpUpdateUser { // which can send another address
			user = append(user, "userName")
		}
		need(user...)
	}
	if slices.Contains(subjects[op.Name], RolePlaceholder) {
		need(roleValues...)
	}
}

// furtherIDs returns the placeholders for further ids of the user whom an operation is about.
// They are in the user's record, which get user and add member do not have.
func (c *checker) furtherIDs(operation string) (names []string) {
	if operation != OpGetUser && operation != OpAddMember && slices.Contains(subjects[operation], "user") {
		for _, name := range slices.Sorted(maps.Keys(c.doc.User.IDs)) {
			names = append(names, userIDs+name)
		}
	}
	return names
}

// placeholders lists what an operation can use in its path, query and headers, and its body.
func (c *checker) placeholders(op NamedOperation) (texts, body []string) {
	texts = slices.Concat([]string{"organization"}, subjects[op.Name], c.furtherIDs(op.Name))
	body = append(slices.Clone(texts), NowPlaceholder)
	switch op.Name {
	case OpListUsers, OpListRoles, OpGetUser, OpFindUser, OpRemoveRole:
		return texts, body
	case OpAddRole:
		return texts, append(body, "displayName", "description", "permissions")
	case OpUpdateRole:
		body = append(body, "displayName")
		if op.Sends == SendsWholeObject && c.doc.Role.Description.Given() {
			body = append(body, "description")
		}
		if op.Sends == SendsWholeObject && c.doc.Role.Permissions.Given() {
			body = append(body, "permissions")
		}
		return texts, body
	}
	attributes := slices.Sorted(maps.Keys(c.doc.User.Attributes))
	body = append(body, attributes...)
	if slices.ContainsFunc(attributes, func(name string) bool { return strings.HasPrefix(name, "name.") }) {
		body = append(body, c.fullNames()...)
	}
	switch op.Name {
	case OpAddUser, OpAddMember, OpUpdateUser:
		body = append(body, roleValues...)
		if c.doc.Access.Shows() {
			body = append(body, "status")
		}
	case OpSetRole, OpGrantRole, OpRevokeRole:
		body = append(body, RolesPlaceholder, RoleNamesPlaceholder)
	}
	return texts, body
}
