package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// A contract is one way to reach the organization over HTTP: paths, fields,
// paging and the form of errors. The rules are in the store.
type contract struct {
	name       string
	refuse     func(status int, text string) answer // an error
	global     bool                                 // users are global, as in Suger's own data layer
	numericIDs bool                                 // user ids are numbers
	noStates   bool                                 // there is no invited or inactive user, only removal
	manyRoles  bool                                 // a user holds any number of roles
	routes     []route
}

// A handler performs one operation. It runs while it holds the lock of the store.
type handler func(*request) (answer, error)

// A route is an operation of a contract.
type route struct {
	operation string // "update user"; faults and call counts use this name
	pattern   string // as for [http.ServeMux]; {organization} is checked before handle is called
	handle    handler
	open      bool // needs no credential
}

// writes reports whether the operation may change something.
func (r *route) writes() bool { return !r.open && !strings.HasPrefix(r.pattern, "GET ") }

var contracts = []*contract{
	&membershipContract, &statusContract, &envelopeContract, &removalContract, &multiroleContract,
	&documentedContract, &twostepContract,
}

// Contracts lists the names that [Options] accepts as Contract, the default first.
func Contracts() []string {
	names := make([]string, 0, len(contracts))
	for _, c := range contracts {
		names = append(names, c.name)
	}
	return names
}

func contractNamed(name string) (*contract, error) {
	if name == "" {
		return contracts[0], nil
	}
	for _, c := range contracts {
		if c.name == name {
			return c, nil
		}
	}
	return nil, fmt.Errorf("sandbox: no contract %q; there are %s", name, strings.Join(Contracts(), ", "))
}

// A refusal is an error that the sandbox answers to its caller.
type refusal struct {
	status int
	text   string
	allow  string // the allowed methods, of a 405
}

func (r *refusal) Error() string { return r.text }

func refuse(status int, format string, args ...any) error {
	return &refusal{status: status, text: fmt.Sprintf(format, args...)}
}

var (
	errNoUser = refuse(404, "user not found")
	errNoPath = refuse(404, "no such operation")
)

// refuseText answers the text alone, as a sibling service of Suger's data layer does.
func refuseText(status int, text string) answer {
	return answer{status: status, header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}}, body: []byte(text)}
}

// refuseString answers a JSON string, which Suger documents for one resource
// (github.com/sugerio/suger-sdk-ts, api/openapi.yaml).
func refuseString(status int, text string) answer { return reply(status, text) }

func refuseMessage(status int, text string) answer { return reply(status, object{"message": text}) }

func refuseNested(status int, text string) answer {
	return reply(status, object{"error": object{"message": text}})
}

// A show renders a user.
type show func(*request, *User) any

func getUser(shown show) handler {
	return func(q *request) (answer, error) {
		user, err := q.organization.user(q.PathValue("id"))
		return q.answerUser(http.StatusOK, shown, user, err)
	}
}

// addUser adds a user; made and known are the statuses of a new user and of a
// known e-mail.
func addUser(allowed fields, shown show, made, known int) handler {
	return func(q *request) (answer, error) {
		var user User
		if err := q.fill(&user, allowed); err != nil {
			return answer{}, err
		}
		user, existed, err := q.organization.add(user)
		switch {
		case existed && known == http.StatusConflict:
			return answer{}, refuse(known, "a user with this email already exists")
		case existed:
			return q.answerUser(known, shown, user, err)
		}
		return q.answerUser(made, shown, user, err)
	}
}

func updateUser(allowed fields, shown show) handler {
	return editUser(http.StatusOK, shown, func(q *request, user *User) error { return q.fill(user, allowed) })
}

func editUser(status int, shown show, edit func(*request, *User) error) handler {
	return func(q *request) (answer, error) {
		user, err := q.organization.update(q.PathValue("id"), func(user *User) error { return edit(q, user) })
		return q.answerUser(status, shown, user, err)
	}
}

// answerUser answers the user, or no body if nothing is shown.
func (q *request) answerUser(status int, shown show, user User, err error) (answer, error) {
	if err != nil || shown == nil {
		return noBody(status), err
	}
	return reply(status, shown(q, &user)), nil
}

func removeUser(removed answer) handler {
	return func(q *request) (answer, error) {
		return removed, q.organization.remove(q.PathValue("id"))
	}
}

func listRoles(render func(roles []any) any, shown func(Role) any) handler {
	return func(q *request) (answer, error) {
		roles := []any{}
		for _, role := range q.organization.roles {
			roles = append(roles, shown(role))
		}
		return reply(http.StatusOK, render(roles)), nil
	}
}

func addRole(status int, shown func(Role) any) handler {
	return func(q *request) (answer, error) {
		var role Role
		if err := q.fillRole(&role); err != nil {
			return answer{}, err
		}
		role, err := q.organization.addRole(role)
		return reply(status, shown(role)), err
	}
}

// updateRole changes a role; whole means that what the body leaves out is cleared.
func updateRole(whole bool, shown func(Role) any) handler {
	return func(q *request) (answer, error) {
		role, err := q.organization.updateRole(q.PathValue("id"), func(role *Role) error {
			if whole {
				role.Name, role.Description, role.Permissions = "", "", nil
			}
			return q.fillRole(role)
		})
		return reply(http.StatusOK, shown(role)), err
	}
}

func removeRole(removed answer) handler {
	return func(q *request) (answer, error) {
		return removed, q.organization.removeRole(q.PathValue("id"))
	}
}

// A field reads one value of a body into a user.
type field func(q *request, user *User, value any) error

// fields lists what a body may have, by dotted path.
type fields map[string]field

// text reads a string.
func text(target func(*User) *string) field {
	return func(_ *request, user *User, value any) error { return readText(target(user), value) }
}

func readText(target *string, value any) error {
	given, ok := value.(string)
	if !ok {
		return errType
	}
	*target = given
	return nil
}

func readTexts(target *[]string, value any) error {
	list, ok := value.([]any)
	if !ok {
		return errType
	}
	texts := make([]string, len(list))
	for i := range list {
		if err := readText(&texts[i], list[i]); err != nil {
			return err
		}
	}
	*target = texts
	return nil
}

var (
	email     = text(func(u *User) *string { return &u.Email })
	firstName = text(func(u *User) *string { return &u.FirstName })
	lastName  = text(func(u *User) *string { return &u.LastName })
	status    = text(func(u *User) *string { return &u.Status })
	userID    = text(func(u *User) *string { return &u.ID })

	// role reads the id of the only role.
	role field = func(_ *request, user *User, value any) error {
		var id string
		if err := readText(&id, value); err != nil {
			return err
		}
		user.Role, user.OtherRoles = id, nil
		return nil
	}

	// ignored accepts anything.
	ignored field = func(*request, *User, any) error { return nil }
)

// grant adds a role to those of the user.
func grant(user *User, id string) error {
	if id == "" {
		return refuse(400, "a role id is empty")
	}
	if held := user.roles(); !slices.Contains(held, id) {
		user.setRoles(append(held, id))
	}
	return nil
}
