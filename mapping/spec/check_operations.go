package spec

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
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

// subjects returns the placeholders for what an operation is about.
func (c *checker) subjects(operation string) []string {
	return append(slices.Clone(subjects[operation]), c.furtherIDs(operation)...)
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

// checkOperation checks that an operation can be executed.
func (c *checker) checkOperation(op NamedOperation) {
	at := OperationPath(op.Name)
	used := c.checkTexts(at, op)
	c.checkBody(at, op, used)
	about := func(subject, suggestion string, names ...string) {
		if slices.Contains(subjects[op.Name], names[0]) && !slices.ContainsFunc(names, func(name string) bool { return used[name] }) {
			c.Add(at, suggestion, "%q does not say which %s it is for", op.Name, subject)
		}
	}
	identified := append([]string{"user"}, c.furtherIDs(op.Name)...)
	if op.Name == OpGetUser || op.Name == OpUpdateUser {
		about("user", "put {user} into the path", identified...)
	} else {
		about("user", "put {user} into the path or the body", append(identified, "userName")...)
	}
	if op.Name == OpFindUser && !used["userName"] {
		c.Add(at, "put {userName} into the query, the path or the body", "%q does not say which address it is for", op.Name)
	}
	about("role", "put {role} or {role.name} into the path or the body", RolePlaceholder, RoleNamePlaceholder, RolesPlaceholder, RoleNamesPlaceholder)
	if (op.Name == OpAddRole || op.Name == OpUpdateRole) && !used["displayName"] {
		c.Add(at, "add it to the body", "%q does not send {displayName}, the role's name", op.Name)
	}
}

// textPlaceholderLike matches anything that looks like a placeholder.
var textPlaceholderLike = regexp.MustCompile(`\{([^{}]*)\}`)

// checkTexts checks that every placeholder of the path, the query and the
// headers has a value, and returns those that are used.
func (c *checker) checkTexts(at string, op NamedOperation) map[string]bool {
	used, known := make(map[string]bool), append([]string{"organization"}, c.subjects(op.Name)...)
	check := func(place, text string) {
		for _, match := range textPlaceholderLike.FindAllStringSubmatch(text, -1) {
			used[match[1]] = true
			if !slices.Contains(known, match[1]) {
				c.Add(place, strict.Suggest(match[1], known), "{%s} has no value in %q here", match[1], op.Name)
			}
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
	return used
}

var (
	headerName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$") // a token, RFC 9110 section 5.6.2
	ownHeaders = []string{"host", "content-length", "connection", "transfer-encoding", "accept-encoding"}
)

// checkBody checks that every placeholder of a body has a value and is a whole
// string, and adds those that are used.
func (c *checker) checkBody(at string, op NamedOperation, used map[string]bool) {
	known := c.placeholders(op)
	eachText(op.Body, at+".body", func(place, text string) {
		switch name := PlaceholderName(text); {
		case name != "":
			if used[name] = true; !slices.Contains(known, name) {
				c.Add(place, bracedSuggestion(name, known), "{%s} has no value in %q", name, op.Name)
			}
		case textPlaceholderLike.MatchString(text):
			c.Add(place, `write it alone, in quotes: "{user}"`, "in a body, a placeholder is the whole text")
		}
	})
}

func bracedSuggestion(name string, known []string) string {
	if near, ok := strict.Nearest(name, known); ok {
		return fmt.Sprintf("did you mean {%s}?", near)
	}
	return "there are {" + strings.Join(known, "}, {") + "}"
}

// placeholders lists the names that an operation's body can use.
func (c *checker) placeholders(op NamedOperation) []string {
	known := append([]string{"organization", NowPlaceholder}, c.subjects(op.Name)...)
	switch op.Name {
	case OpListUsers, OpListRoles, OpGetUser, OpFindUser, OpRemoveRole:
		return known
	case OpAddRole:
		return append(known, "displayName", "description", "permissions")
	case OpUpdateRole:
		known = append(known, "displayName")
		if op.Sends == SendsWholeObject && c.doc.Role.Description.Given() {
			known = append(known, "description")
		}
		if op.Sends == SendsWholeObject && c.doc.Role.Permissions.Given() {
			known = append(known, "permissions")
		}
		return known
	}
	known = append(known, c.attributePlaceholders()...)
	switch op.Name {
	case OpAddUser, OpAddMember, OpUpdateUser:
		known = append(known, RolePlaceholder, RoleNamePlaceholder, RolesPlaceholder, RoleNamesPlaceholder)
		if c.doc.Access.Shows() {
			known = append(known, "status")
		}
	case OpSetRole, OpGrantRole, OpRevokeRole:
		known = append(known, RolesPlaceholder, RoleNamesPlaceholder)
	}
	return known
}

// attributePlaceholders lists the attributes of a user, and the full name if it
// can be made of them.
func (c *checker) attributePlaceholders() []string {
	known := []string{"userName"} // if it is missing, that is reported once
	for _, name := range slices.Sorted(maps.Keys(c.doc.User.Attributes)) {
		if name != "userName" {
			known = append(known, name)
		}
	}
	if slices.Contains(known, "name.givenName") || slices.Contains(known, "name.familyName") {
		known = append(known, "name.formatted")
		if !slices.Contains(known, "displayName") {
			known = append(known, "displayName")
		}
	}
	return known
}
