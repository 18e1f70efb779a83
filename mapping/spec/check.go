package spec

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

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
	c.checkUser()
	for _, op := range c.doc.Operations.All() {
		if op.Operation != nil {
			c.checkOperation(op)
		}
	}
	c.checkStatusField()
	c.checkRoles()
	c.checkCredential()
	for name, words := range map[string][]any{"domain": c.doc.Refusals.Domain, "seats": c.doc.Refusals.Seats, "duplicate": c.doc.Refusals.Duplicate, "not there": c.doc.Refusals.NotThere} {
		c.checkWords("refusals."+name, words)
	}
	if c.doc.Errors != nil {
		c.checkWords("errors.success", c.doc.Errors.Success)
	}
}

// checkCredential makes sure that the API key can be sent.
func (c *checker) checkCredential() {
	is := &c.doc.Credential
	if is.Header != "" && (!headerName.MatchString(is.Header) || slices.Contains(ownHeaders, strings.ToLower(is.Header))) {
		c.problem("credential.header", "write a name such as X-Api-Key", "%q is not a header for a key", is.Header)
	}
	if is.Scheme != "" && !headerName.MatchString(is.Scheme) {
		c.problem("credential.scheme", "write one word such as Key, or none", "%q is not a scheme", is.Scheme)
	}
}

// checkWords makes sure that a word can be found in an answer.
func (c *checker) checkWords(at string, words []any) {
	for i, word := range words {
		if text, isText := Text(word); !isText || text == "" {
			c.problem(fmt.Sprintf("%s[%d]", at, i), "write a text or a number", "nothing could be compared with this")
		}
	}
}

// checkWhole looks at how the parts fit together.
func (c *checker) checkWhole() {
	if c.doc.Version != 1 {
		c.problem("version", "write version: 1", "this program reads version 1, not %d", c.doc.Version)
	}
	c.checkMainJob()
	c.checkRoleChange()
	c.checkEndOfAccess()
	c.checkGivenBack()
	c.checkWritable()
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

// checkMainJob makes sure that the mapping can do what the gateway is for: list
// users, add one, change a role and end access.
func (c *checker) checkMainJob() {
	ops := &c.doc.Operations
	if ops.ListUsers == nil {
		c.problem("operations", "add it", "%q is missing: without it users cannot be found", OpListUsers)
	}
	if ops.AddUser == nil {
		c.problem("operations", "add it", "%q is missing: without it nobody can be given access", OpAddUser)
	} else if !BodySends(ops.AddUser, "userName") {
		c.problem("operations."+OpAddUser, "add it to the body", "%q does not send {userName}", OpAddUser)
	}
	if ops.AddMember != nil && ops.AddUser == nil {
		c.problem("operations."+OpAddMember, "add that, or remove this", "%q needs %q, which answers whom it is about", OpAddMember, OpAddUser)
	}
}

// checkRoleChange makes sure that there is one way to change a role.
func (c *checker) checkRoleChange() {
	ops := &c.doc.Operations
	single := ops.GrantRole != nil || ops.RevokeRole != nil
	switch {
	case (ops.GrantRole == nil) != (ops.RevokeRole == nil):
		c.problem("operations", "add the other one", "%q and %q belong together", OpGrantRole, OpRevokeRole)
	case ops.SetRole != nil && single:
		c.problem("operations."+OpSetRole, "remove one of the two ways", "%q, and %q and %q, do the same", OpSetRole, OpGrantRole, OpRevokeRole)
	case ops.SetRole != nil && c.doc.ManyRoles():
		c.problem("operations."+OpSetRole, fmt.Sprintf("use %q and %q", OpGrantRole, OpRevokeRole), "users hold many roles, and %q is for one", OpSetRole)
	case ops.SetRole == nil && !single && !c.doc.WritesRole():
		c.problem("operations", fmt.Sprintf("let %q send {role} or {role.name}, or add %q", OpUpdateUser, OpSetRole), "no operation changes a role")
	case c.doc.ManyRoles() && !single && !BodySends(ops.UpdateUser, RolesPlaceholder, RoleNamesPlaceholder) && !listsRoles(ops.UpdateUser.Body):
		c.problem("operations."+OpUpdateUser, fmt.Sprintf("send {roles} or {roles.names}, or a list of {role}, or add %q and %q", OpGrantRole, OpRevokeRole), "users hold many roles, and %q sends one", OpUpdateUser)
	}
}

// checkWritable makes sure that an attribute can be sent when it may change.
func (c *checker) checkWritable() {
	ops := &c.doc.Operations
	for _, name := range slices.Sorted(maps.Keys(c.doc.User.Attributes)) {
		names := []string{CanonicalAttribute(name)}
		if strings.HasPrefix(names[0], "name.") {
			names = append(names, "name.formatted")
			if !c.doc.holds("displayName") {
				names = append(names, "displayName")
			}
		}
		at := "user.attributes." + name
		write := c.doc.User.Attributes[name].Write
		fixed, never := write == WriteCreate, write == WriteNever
		added := BodySends(ops.AddUser, names...) || BodySends(ops.AddMember, names...)
		switch {
		case c.reported(at):
		case never && names[0] == "userName":
			c.problem(at, "say write: create if it is fixed once the user exists", "userName is never written, but Suger must learn whom to add")
		case never && (added || BodySends(ops.UpdateUser, names...)):
			c.problem(at, "remove one of the two", "%s is never written, but an operation sends it", name)
		case never:
		case fixed && BodySends(ops.UpdateUser, names...):
			c.problem(at, "remove one of the two", "%s is fixed once the user exists, but %q sends it", name, OpUpdateUser)
		case fixed && ops.AddUser != nil && !added:
			c.problem(at, fmt.Sprintf("add {%s} to the body of %q", names[0], OpAddUser), "no operation sends %s", name)
		case !fixed && !BodySends(ops.UpdateUser, names...):
			c.problem(at, fmt.Sprintf("add {%s} to its body, or say write: create (fixed once the user exists) or write: never (ignored)", names[0]), "%q does not send %s", OpUpdateUser, name)
		}
	}
}

// idName is the NAME in {user.NAME}.
var idName = regexp.MustCompile(`^[A-Za-z0-9]+$`)

// checkUser makes sure that a user's ids and times mean what they are for.
func (c *checker) checkUser() {
	user := &c.doc.User
	for _, name := range slices.Sorted(maps.Keys(user.IDs)) {
		at := "user.ids." + name
		switch {
		case !idName.MatchString(name):
			c.problem(at, "take letters and digits, such as membershipId", "%q cannot be the name in {user.NAME}", name)
		case user.ID.Given() && slices.Contains(user.IDs[name].Scalars(), user.ID.Scalars()[0]): // another of several names may be the membership's
			c.problem(at, "remove it", "%s is the user's id, for which there is {user}", user.IDs[name])
		}
	}
}

// checkRoles makes sure that roles can be told apart and ranked.
func (c *checker) checkRoles() {
	names := c.checkKnownRoles()
	c.checkPrecedence(names)
	role, listed := &c.doc.Role, c.doc.Operations.ListRoles != nil
	if !listed {
		c.checkIsKnown("role.default", role.Default, names)
		c.checkRoleWrites()
	}
	for _, known := range role.Known {
		if known.Administrator && strings.EqualFold(known.Name, role.Default) {
			c.problem("role.default", "take a lesser role", "%s is an administrator's role, which everybody without a role would get", role.Default)
		}
	}
	if listed && role.ID.Given() != role.Name.Given() {
		c.problem("role", "give both, or neither where Suger's roles are plain strings", "only one of id and name is given")
	}
	if length := utf8.RuneCountInString(role.Template.Description); role.DescriptionMax > 0 && length > role.DescriptionMax {
		c.problem("role.new role.description", "shorten it", "it has %d characters, and description max is %d", length, role.DescriptionMax)
	}
}

// checkKnownRoles makes sure that the known roles are different ones, and that
// one of them is an administrator's. It answers their names.
func (c *checker) checkKnownRoles() []string {
	var names []string
	taken := make(map[string]bool)
	administrators := 0
	for i, known := range c.doc.Role.Known {
		at := fmt.Sprintf("role.known[%d]", i)
		if known.Name == "" {
			continue
		}
		if taken["name "+strings.ToLower(known.Name)] {
			c.problem(at+".name", "remove one of them", "%q is given twice", known.Name)
		}
		id := known.IDText()
		if known.ID != nil && id == "" || isBool(known.ID) {
			c.problem(at+".id", "write it as Suger does", "the id of %s is neither a string nor a whole number", known.Name)
		}
		if id != "" && taken["id "+id] {
			c.problem(at+".id", "remove one of them", "%q is given twice", id)
		}
		taken["name "+strings.ToLower(known.Name)], taken["id "+id] = true, true
		names = append(names, known.Name)
		if known.Administrator {
			administrators++
		}
	}
	if c.doc.Role.Known != nil && administrators == 0 {
		c.problem("role.known", "say administrator: true of the role that manages users", "no role is an administrator's, so the last one could not be protected")
	}
	return names
}

func isBool(value any) bool {
	_, is := value.(bool)
	return is
}

// checkRoleWrites makes sure that a role that is written can be found again.
func (c *checker) checkRoleWrites() {
	for _, op := range c.doc.Operations.All() {
		isWrite := op.Name == OpAddRole || op.Name == OpUpdateRole || op.Name == OpRemoveRole
		if op.Operation != nil && isWrite {
			c.problem("operations."+op.Name, "add that, or remove this", "%q needs %q: only the known roles could be found", op.Name, OpListRoles)
		}
	}
}

// checkPrecedence makes sure that the order of roles is one.
func (c *checker) checkPrecedence(known []string) {
	placed := make(map[string]bool)
	for i, name := range c.doc.Role.Precedence {
		at := fmt.Sprintf("role.precedence[%d]", i)
		if placed[strings.ToLower(name)] {
			c.problem(at, "remove one of them", "%q is given twice", name)
		}
		placed[strings.ToLower(name)] = true
		if name != "*" && c.doc.Operations.ListRoles == nil {
			c.checkIsKnown(at, name, known)
		}
	}
	for i, role := range c.doc.Role.Known {
		if role.Administrator && role.Name != "" && !placed[strings.ToLower(role.Name)] {
			c.problem(fmt.Sprintf("role.known[%d]", i), "put it into role.precedence, before *", "the administrator's role %s is not in precedence", role.Name)
		}
	}
}

// checkIsKnown makes sure that a role exists where no list of roles can tell.
func (c *checker) checkIsKnown(at, name string, known []string) {
	for _, one := range known {
		if strings.EqualFold(one, name) {
			return
		}
	}
	if name != "" {
		c.problem(at, strict.Suggest(name, known), "%q is not among the known roles, and there is no %q", name, OpListRoles)
	}
}
