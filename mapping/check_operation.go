package mapping

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"suger-scim-gateway/mapping/spec/strict"
)

// subjects are the placeholders that operations have for what they are about,
// besides the organization.
var subjects = map[string][]string{
	opGetUser: {"user"}, opUpdateUser: {"user"}, opRemoveUser: {"user"}, opActivateUser: {"user"}, opDeactivateUser: {"user"},
	opSetRole:    {"user", rolePlaceholder, roleNamePlaceholder},
	opGrantRole:  {"user", rolePlaceholder, roleNamePlaceholder},
	opRevokeRole: {"user", rolePlaceholder, roleNamePlaceholder},
	opUpdateRole: {rolePlaceholder, roleNamePlaceholder}, opRemoveRole: {rolePlaceholder, roleNamePlaceholder},
}

// checkOperation makes sure that an operation can be carried out.
func (c *checker) checkOperation(op namedOperation) {
	at := "operations." + op.name
	used := c.checkTexts(at, op)
	for name := range c.checkBody(at, op) {
		used[name] = true
	}
	about := func(subject, suggestion string, names ...string) {
		if slices.Contains(subjects[op.name], names[0]) && !slices.ContainsFunc(names, func(name string) bool { return used[name] }) {
			c.problem(at, suggestion, "%q does not say which %s it is for", op.name, subject)
		}
	}
	if op.name == opGetUser || op.name == opUpdateUser {
		about("user", "put {user} into the path", "user")
	} else {
		about("user", "put {user} into the path or the body", "user", "userName")
	}
	about("role", "put {role} or {role.name} into the path or the body", rolePlaceholder, roleNamePlaceholder, rolesPlaceholder, roleNamesPlaceholder)
	if (op.name == opAddRole || op.name == opUpdateRole) && !used["displayName"] {
		c.problem(at, "add it to the body", "%q does not send {displayName}, the role's name", op.name)
	}
	c.checkSends(at, op)
	c.checkList(at, op)
}

// textPlaceholderLike is what looks like a placeholder, known or not.
var textPlaceholderLike = regexp.MustCompile(`\{([^{}]*)\}`)

// checkTexts makes sure that every placeholder of the path, the query and the
// headers has a value, and lists those that are used.
func (c *checker) checkTexts(at string, op namedOperation) map[string]bool {
	used, known := make(map[string]bool), append([]string{"organization"}, subjects[op.name]...)
	check := func(place, text string) {
		for _, match := range textPlaceholderLike.FindAllStringSubmatch(text, -1) {
			used[match[1]] = true
			if !slices.Contains(known, match[1]) {
				c.problem(place, strict.Suggest(match[1], known), "{%s} has no value in %q here", match[1], op.name)
			}
		}
	}
	check(at+".call", op.Call.Path)
	for _, name := range sortedKeys(op.Query) {
		check(at+".query."+name, op.Query[name])
		if p := op.Paging; p != nil && (name == p.Limit || name == p.Next) {
			c.problem(at+".query."+name, "remove it here", "paging sends %q", name)
		}
	}
	for _, name := range sortedKeys(op.Headers) {
		check(at+".headers."+name, op.Headers[name])
		c.checkHeader(at+".headers."+name, name, op.Headers[name])
	}
	return used
}

var (
	headerName  = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$") // a token, RFC 9110 section 5.6.2
	headerValue = regexp.MustCompile(`^[\t\x20-\x7e]*$`)
	ownHeaders  = []string{"authorization", "host", "content-length", "connection", "transfer-encoding", "accept-encoding"}
)

// checkHeader makes sure that a header can be sent.
func (c *checker) checkHeader(at, name, value string) {
	switch {
	case !headerName.MatchString(name):
		c.problem(at, "a name has letters, digits and -", "%q is not the name of a header", name)
	case slices.Contains(ownHeaders, fold(name)):
		c.problem(at, "remove it", "the gateway sets the header %s itself", name)
	case !headerValue.MatchString(value):
		c.problem(at, "write it in ASCII, on one line", "the value of %s cannot be sent in a header", name)
	}
}

// checkBody makes sure that every placeholder of a body has a value, and lists
// those that are used with their places in the body.
func (c *checker) checkBody(at string, op namedOperation) map[string]string {
	known := c.placeholders(op)
	found := placeholdersOf(op.Body)
	for _, name := range sortedKeys(found) {
		if !slices.Contains(known, name) {
			place := strings.TrimSuffix(at+".body."+found[name], ".")
			c.problem(place, bracedSuggestion(name, known), "{%s} has no value in %q", name, op.name)
		}
	}
	c.checkBodyTexts(at+".body", op.Body)
	if op.Body != nil && op.Call.Method == "GET" {
		c.problem(at+".body", "send it in the query, or use another method", "a GET call has no body")
	}
	return found
}

func bracedSuggestion(name string, known []string) string {
	if near, ok := strict.Nearest(name, known); ok {
		return fmt.Sprintf("did you mean {%s}?", near)
	}
	return "there are {" + strings.Join(known, "}, {") + "}"
}

// checkBodyTexts makes sure that no text has a placeholder beside other text.
func (c *checker) checkBodyTexts(at string, part any) {
	switch p := part.(type) {
	case map[string]any:
		for _, key := range sortedKeys(p) {
			c.checkBodyTexts(at+"."+key, p[key])
		}
	case []any:
		for i, inner := range p {
			c.checkBodyTexts(fmt.Sprintf("%s[%d]", at, i), inner)
		}
	case string:
		if placeholderName(p) == "" && textPlaceholderLike.MatchString(p) {
			c.problem(at, `write it alone, in quotes: "{user}"`, "in a body, a placeholder is the whole text")
		}
	}
}

// placeholders lists the names that an operation's body can use.
func (c *checker) placeholders(op namedOperation) []string {
	known := append([]string{"organization", nowPlaceholder}, subjects[op.name]...)
	switch op.name {
	case opListUsers, opListRoles, opGetUser, opRemoveRole:
		return known
	case opAddRole:
		return append(known, "displayName", "description", "permissions")
	case opUpdateRole:
		known = append(known, "displayName")
		if op.Sends == SendsEverything && c.doc.Role.Description.Given() {
			known = append(known, "description")
		}
		if op.Sends == SendsEverything && c.doc.Role.Permissions.Given() {
			known = append(known, "permissions")
		}
		return known
	}
	known = append(known, c.attributePlaceholders()...)
	switch op.name {
	case opAddUser, opUpdateUser:
		known = append(known, rolePlaceholder, roleNamePlaceholder, rolesPlaceholder, roleNamesPlaceholder)
		if c.doc.User.Status != nil {
			known = append(known, "status")
		}
	case opSetRole, opGrantRole, opRevokeRole:
		known = append(known, rolesPlaceholder, roleNamesPlaceholder)
	}
	return known
}

// attributePlaceholders lists the attributes of a user, and the full name if it
// can be made of them.
func (c *checker) attributePlaceholders() []string {
	known := []string{"userName"} // if it is missing, that is reported once
	for _, name := range sortedKeys(c.doc.User.Attributes) {
		if name = canonicalAttribute(name); name != "userName" {
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

// checkSends makes sure that an update can send what it is to send.
func (c *checker) checkSends(at string, op namedOperation) {
	switch {
	case op.Sends == SendsChanges || op.Sends == "":
	case op.name != opUpdateUser && op.name != opUpdateRole:
		c.problem(at+".sends", "remove it", "%q belongs to %q and %q", op.Sends, opUpdateUser, opUpdateRole)
	case op.Sends != SendsWholeObject:
	case op.name == opUpdateRole:
		c.problem(at+".sends", "say everything, and name role.description and role.permissions", "%q belongs to %q", op.Sends, opUpdateUser)
	case c.doc.Operations.GetUser == nil:
		c.problem(at+".sends", "say everything", "%q needs %q", op.Sends, opGetUser)
	}
}

// checkToken makes sure that the token call can be made.
func (c *checker) checkToken() {
	if c.doc.Token == nil {
		return
	}
	for _, name := range placeholdersIn(c.doc.Token.Call.Path) {
		if name != "organization" {
			c.problem("token.call", "there is {organization}", "{%s} has no value in the token call", name)
		}
	}
	c.checkDotted("token.access token", c.doc.Token.AccessToken)
	c.checkDotted("token.expires in", c.doc.Token.ExpiresIn)
}
