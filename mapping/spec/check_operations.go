package spec

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"suger-scim-gateway/mapping/spec/strict"
)

// subjects maps operations to the placeholders of their object, besides the
// organization.
var subjects = map[string][]string{
	OpGetUser: {"user"}, OpFindUser: {"userName"}, OpAddMember: {"user"}, OpUpdateUser: {"user"}, OpRemoveUser: {"user"}, OpActivateUser: {"user"}, OpDeactivateUser: {"user"},
	OpSetRole:    {"user", RolePlaceholder, RoleNamePlaceholder},
	OpGrantRole:  {"user", RolePlaceholder, RoleNamePlaceholder},
	OpRevokeRole: {"user", RolePlaceholder, RoleNamePlaceholder},
	OpUpdateRole: {RolePlaceholder, RoleNamePlaceholder}, OpRemoveRole: {RolePlaceholder, RoleNamePlaceholder},
}

// furtherIDs returns the placeholders for further ids of the user whom an
// operation is about. They are in the user's record, which get user and add member
// do not have.
func (c *checker) furtherIDs(operation string) []string {
	var names []string
	if operation != OpGetUser && operation != OpAddMember && slices.Contains(subjects[operation], "user") {
		for _, name := range slices.Sorted(maps.Keys(c.doc.User.IDs)) {
			names = append(names, userIDs+name)
		}
	}
	return names
}

// ownHeaders are those that the gateway sets itself, in lower case.
var ownHeaders = []string{"host", "content-length", "connection", "transfer-encoding", "accept-encoding"}

// checkOperation checks that every placeholder of an operation has a value, and
// that the operation says what it is for.
func (c *checker) checkOperation(op NamedOperation) {
	at, used := OperationPath(op.Name), make(map[string]bool)
	texts, body := c.placeholders(op)
	use := func(place, name string, known []string) {
		if used[name] = true; !slices.Contains(known, name) {
			c.Add(place, strict.Suggest(name, known), "{%s} has no value in %q", name, op.Name)
		}
	}
	check := func(place, text string) {
		for _, name := range PlaceholdersIn(text) {
			use(place, name, texts)
		}
	}
	check(at+".call", op.Call.Path)
	for _, name := range slices.Sorted(maps.Keys(op.Call.Query)) {
		check(at+".call", op.Call.Query[name])
		if p := op.Paging; p != nil && (name == p.Limit || name == p.Next) {
			c.Add(at+".call", "remove it here", "paging sends %q", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(op.Headers)) {
		check(at+".headers."+name, op.Headers[name])
		if slices.Contains(ownHeaders, strings.ToLower(name)) || strings.EqualFold(name, cmp.Or(c.doc.Credential.Header, "Authorization")) {
			c.Add(at+".headers."+name, "remove it", "the gateway sets the header %s itself", name)
		}
	}
	eachText(op.Body, at+".body", func(place, text string) {
		switch name := PlaceholderName(text); {
		case name != "":
			use(place, name, body)
		case inBraces.MatchString(text):
			c.Add(place, `write it alone, in quotes: "{user}"`, "in a body, a placeholder is the whole text")
		}
	})
	says := func(names ...string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return used[name] })
	}
	about, user := subjects[op.Name], append(c.furtherIDs(op.Name), "user")
	inPath := op.Name == OpGetUser || op.Name == OpUpdateUser
	switch {
	case !slices.Contains(about, "user") || says(user...):
	case inPath:
		c.Add(at, "put {user} into the path", "%q does not say which user it is for", op.Name)
	case !used["userName"]:
		c.Add(at, "put {user} into the path or the body", "%q does not say which user it is for", op.Name)
	}
	switch {
	case op.Name == OpFindUser && !used["userName"]:
		c.Add(at, "put {userName} into the query, the path or the body", "%q does not say which address it is for", op.Name)
	case slices.Contains(about, RolePlaceholder) && !says(roleValues...):
		c.Add(at, "put {role} or {role.name} into the path or the body", "%q does not say which role it is for", op.Name)
	}
	if (op.Name == OpAddRole || op.Name == OpUpdateRole) && !used["displayName"] {
		c.Add(at, "add it to the body", "%q does not send {displayName}, the role's name", op.Name)
	}
}

// placeholders lists the names that an operation can use: in its path, its query and
// its headers, and in its body.
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
	attributes := append([]string{"userName"}, slices.Sorted(maps.Keys(c.doc.User.Attributes))...) // if it is missing, that is reported once
	if slices.Contains(attributes, "name.givenName") || slices.Contains(attributes, "name.familyName") {
		attributes = append(attributes, "name.formatted", "displayName")
	}
	for _, name := range attributes {
		if !slices.Contains(body, name) {
			body = append(body, name)
		}
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
