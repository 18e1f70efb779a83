package spec

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Names of the operations, as in the mapping file.
const (
	OpListUsers      = "list users"
	OpGetUser        = "get user"
	OpFindUser       = "find user"
	OpAddUser        = "add user"
	OpAddMember      = "add member"
	OpUpdateUser     = "update user"
	OpRemoveUser     = "remove user"
	OpActivateUser   = "activate user"
	OpDeactivateUser = "deactivate user"
	OpSetRole        = "set role"
	OpGrantRole      = "grant role"
	OpRevokeRole     = "revoke role"
	OpListRoles      = "list roles"
	OpAddRole        = "add role"
	OpUpdateRole     = "update role"
	OpRemoveRole     = "remove role"
)

// Operations are the named calls. A nil one does not exist in this Suger.
type Operations struct {
	ListUsers      *Operation `yaml:"list users" required:"true" doc:"Every user of the organization, page by page."`
	GetUser        *Operation `yaml:"get user" doc:"One user. Without it, users are found in the list."`
	FindUser       *Operation `yaml:"find user" doc:"The user with the address {userName}: an object, a list, or nothing. If it finds nobody, the gateway reads the list, unless this decides."`
	AddUser        *Operation `yaml:"add user" required:"true" doc:"A new user."`
	AddMember      *Operation `yaml:"add member" doc:"The second call, where adding needs two; {user} is the id that add user answered."`
	UpdateUser     *Operation `yaml:"update user" doc:"Changes to a user."`
	RemoveUser     *Operation `yaml:"remove user" doc:"Removes a user from the organization."`
	ActivateUser   *Operation `yaml:"-"` // access.give in the file
	DeactivateUser *Operation `yaml:"-"` // access.end
	SetRole        *Operation `yaml:"set role" doc:"Replaces a user's role, where that is a separate call."`
	GrantRole      *Operation `yaml:"grant role" doc:"Gives a user one more role, where users hold many."`
	RevokeRole     *Operation `yaml:"revoke role" doc:"Removes one role from a user, where users hold many."`
	ListRoles      *Operation `yaml:"list roles" doc:"Every role of the organization. Without it, only the known roles exist."`
	AddRole        *Operation `yaml:"add role" doc:"A new custom role."`
	UpdateRole     *Operation `yaml:"update role" doc:"Changes to a custom role."`
	RemoveRole     *Operation `yaml:"remove role" doc:"Deletes a custom role."`
}

// An Operation is one call of Suger's API. The short form is just the call.
type Operation struct {
	Call    Request           `yaml:"call" required:"true" doc:"The call. {organization}, {user} and {role} are ids, {role.name} is the role's name, {user.NAME} an id in user.ids."`
	Headers map[string]string `yaml:"headers" keys:"^[A-Za-z0-9!#$%&'*+.^_|~-]+$" of:"ascii" doc:"Headers to send besides the usual ones, by names of letters, digits and -; they may hold the placeholders of paths."`
	Body    any               `yaml:"body" doc:"JSON to send. A string {name} is replaced by its value, or left out without one. A list element that holds {role} or {role.name} is repeated for each role."`
	Repeat  bool              `yaml:"repeat" doc:"The call may be sent twice, such as when an answer is lost."`
	Answer  Field             `yaml:"answer" not:"list users,list roles" doc:"Where the object is in the answer, unless the answer is the object."`
	Items   Path              `yaml:"items" for:"list users,list roles" doc:"Path of the array, unless the answer is the array."`
	Total   Path              `yaml:"total" for:"list users,list roles" doc:"Path of the number of all rows."`
	Paging  *PagingMap        `yaml:"paging" for:"list users,list roles" doc:"How the list is paged. Without it, one answer holds everything."`
	Sends   string            `yaml:"sends" for:"update user,update role" enum:"changes,whole object" default:"changes" doc:"changes: only what differs. whole object: the user as get user answers it, with the changes applied; without get user, and for a role, all that the mapping knows."`
	Covers  string            `yaml:"covers" for:"get user" enum:"members,everybody" default:"members" doc:"Whom the call finds. everybody: also non-members, without their role, so that the list decides who is a member."`
	Decides bool              `yaml:"decides" for:"find user" doc:"An empty answer proves that nobody has the address, in any letter case."`
	Within  time.Duration     `yaml:"shows within" for:"add user" doc:"How long the list may lack the new user; at most 1m. The gateway looks again until then."`
}

// UnmarshalYAML reads an operation, or the short form, just the call.
func (o *Operation) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		return n.Decode(&o.Call)
	}
	type long Operation
	return n.Decode((*long)(o))
}

// Values of the keys of an operation, where they are not the default.
const (
	SendsWholeObject = "whole object" // a body also holds unchanged values
	CoversEverybody  = "everybody"    // the call also finds people who are not members
)

// PagingMap describes how a list is paged.
type PagingMap struct {
	Style  string `yaml:"style" required:"true" enum:"offset,page,cursor,link,none" doc:"offset: rows to skip. page: page number. cursor: a token from the page before. link: the URL of the next page, on the same host. none: one answer holds everything, up to the size."`
	Size   int    `yaml:"size" min:"1" max:"10000" doc:"Rows to ask for in a page."`
	Limit  string `yaml:"limit" doc:"Query parameter with the size."`
	Next   string `yaml:"next" doc:"Query parameter with the offset, page number or cursor."`
	First  int    `yaml:"first" min:"0" max:"1" doc:"Number of the first page (style page): 0 if left out, or 1."`
	Cursor Cursor `yaml:"cursor" doc:"Style cursor: where the next cursor is, as its path, header NAME, or last row FIELD. Style link: the path of the URL, or the header Link if left out."`
}

// A NamedOperation is an operation under its name in the file.
type NamedOperation struct {
	Name string
	*Operation
}

// All lists the operations in the order of the file.
func (o *Operations) All() []NamedOperation {
	return []NamedOperation{
		{OpListUsers, o.ListUsers}, {OpGetUser, o.GetUser}, {OpFindUser, o.FindUser}, {OpAddUser, o.AddUser}, {OpAddMember, o.AddMember}, {OpUpdateUser, o.UpdateUser},
		{OpRemoveUser, o.RemoveUser}, {OpActivateUser, o.ActivateUser}, {OpDeactivateUser, o.DeactivateUser},
		{OpSetRole, o.SetRole}, {OpGrantRole, o.GrantRole}, {OpRevokeRole, o.RevokeRole},
		{OpListRoles, o.ListRoles}, {OpAddRole, o.AddRole}, {OpUpdateRole, o.UpdateRole}, {OpRemoveRole, o.RemoveRole},
	}
}

// Named returns the operation with a name, as in the mapping file, or nil.
func (o *Operations) Named(name string) *Operation {
	for _, op := range o.All() {
		if op.Name == name {
			return op.Operation
		}
	}
	return nil
}

// OperationNames returns the operations that a mapping can have, in the order of the file.
func OperationNames() []string {
	var names []string
	for _, op := range new(Operations).All() {
		names = append(names, op.Name)
	}
	return names
}

// A Cursor is where the cursor of the next page is: "next.token", "header X-Next" or "last
// row id". At most one of its fields is given.
type Cursor struct{ Path, Header, Row string }

// cursorForm has a token of HTTP (RFC 9110 section 5.6.2), or a path.
var cursorForm = regexp.MustCompile("^(?:(header) +([A-Za-z0-9!#$%&'*+.^_`|~-]+)|(?:(last row) +)?([^.\\[\\]]+(?:\\.[^.\\[\\]]+)*))$")

// UnmarshalText reads the cursor.
func (c *Cursor) UnmarshalText(written []byte) error {
	switch parts := cursorForm.FindSubmatch(written); {
	case parts == nil || strings.HasPrefix(string(parts[4]), "header "):
		return fmt.Errorf("%q is not a cursor; write its path in the answer, such as next.token, or header X-Next, or last row id", written)
	case parts[3] != nil:
		*c = Cursor{Row: string(parts[4])}
	default:
		*c = Cursor{Path: string(parts[4]), Header: string(parts[2])}
	}
	return nil
}

// String returns the cursor as it is written in a mapping file.
func (c Cursor) String() string {
	switch {
	case c.Header != "":
		return "header " + c.Header
	case c.Row != "":
		return "last row " + c.Row
	}
	return c.Path
}

// A Path leads through objects to a value in an answer: names with dots between them.
type Path string

var dottedNames = regexp.MustCompile(`^[^.\[\]]+(\.[^.\[\]]+)*$`)

func checkPath(text string) error {
	if !dottedNames.MatchString(text) {
		return fmt.Errorf("%q is not a path in an answer; write names with dots between them, such as data.users", text)
	}
	return nil
}

// A Request is written as "GET /org/{organization}/user?expand=roles".
type Request struct {
	Method string
	Path   string
	Query  map[string]string
}

var (
	requestForm = regexp.MustCompile(`^(GET|POST|PUT|PATCH|DELETE) +((?:/(?:[A-Za-z0-9._~:@-]+|\{[A-Za-z0-9.]+\}))+)(?:\?(.*))?$`)
	dotSegment  = regexp.MustCompile(`/\.\.?(/|$)`) // names another resource
)

// UnmarshalText reads the request.
func (r *Request) UnmarshalText(written []byte) error {
	parts := requestForm.FindStringSubmatch(string(written))
	if parts == nil || dotSegment.MatchString(parts[2]) {
		return fmt.Errorf("%q is not a call; write GET, POST, PUT, PATCH or DELETE, and a path without the host, such as GET /org/{organization}/user?expand=roles", written)
	}
	values, err := url.ParseQuery(parts[3])
	query := make(map[string]string, len(values))
	for name, all := range values {
		if query[name] = all[0]; name == "" || len(all) > 1 {
			err = errors.New("a name is missing or given twice")
		}
	}
	if err != nil {
		return fmt.Errorf("%q is not a call; its query needs parameters with different names: %w", written, err)
	}
	*r = Request{Method: parts[1], Path: parts[2], Query: query}
	return nil
}
