package sandbox

import (
	"fmt"
	"net/http"
	"strings"
)

// A contract is one way to reach the organization over HTTP: paths, fields,
// paging and the form of errors. The rules are in the store.
type contract struct {
	name       string
	routes     []route
	errors     ErrorForm // what an error answers
	global     bool      // users are global, as in Suger's own data layer
	numericIDs bool      // user ids are numbers
	noStates   bool      // there is no invited or inactive user, only removal
}

// A route is an operation of a contract.
type route struct {
	operation string // "update user"; the name that faults and call counts go by
	pattern   string // as for [http.ServeMux]; {organization} is checked before handle is called
	handle    func(*request) (answer, error)
	open      bool // needs no credential
}

// writes says whether the operation may change something.
func (r *route) writes() bool { return !r.open && !strings.HasPrefix(r.pattern, "GET ") }

var contracts = []*contract{
	&membershipContract, &statusContract, &envelopeContract, &removalContract, &multiroleContract,
	&documentedContract, &twostepContract,
}

// Contracts are the names that [Options] takes as Contract, the default first.
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

// A refusal is an error that the caller of the API is told about.
type refusal struct {
	status int
	text   string
	allow  string // the methods that there are, of a 405
}

func (r *refusal) Error() string { return r.text }

func refuse(status int, format string, args ...any) error {
	return &refusal{status: status, text: fmt.Sprintf(format, args...)}
}

var (
	errNoUser = refuse(404, "user not found")
	errNoPath = refuse(404, "no such operation")
)

// An ErrorForm is the body that an error answers. Suger documents JSON strings
// for one resource (github.com/sugerio/suger-sdk-ts, api/openapi.yaml), and a
// sibling service of its data layer answers plain text.
type ErrorForm string

// Forms of an error.
const (
	ErrorText    ErrorForm = "text"    // the text alone, unquoted
	ErrorString  ErrorForm = "string"  // a JSON string
	ErrorMessage ErrorForm = "message" // {"message": …}
	ErrorNested  ErrorForm = "nested"  // {"error": {"message": …}}
)

var errorForms = []ErrorForm{ErrorText, ErrorString, ErrorMessage, ErrorNested}

// answer is an error in this form.
func (f ErrorForm) answer(status int, text string) (answer, error) {
	switch f {
	case ErrorMessage:
		return replyStatus(status, object{"message": text})
	case ErrorNested:
		return replyStatus(status, object{"error": object{"message": text}})
	case ErrorString:
		return replyStatus(status, text)
	default:
		return answer{status: status, header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}}, body: []byte(text)}, nil
	}
}

// fill sets the target if the body had the field.
func fill(target, value *string) {
	if value != nil {
		*target = *value
	}
}

// oneRole gives the user this role and no other.
func oneRole(user *User, id *string) error {
	if id == nil || *id == "" {
		return refuse(400, "role is required")
	}
	user.setRoles([]string{*id})
	return nil
}

// edit updates the user of the path and answers no body.
func (q *request) edit(change func(*User) error) (answer, error) {
	if _, err := q.organization.update(q.PathValue("id"), q.pretend, change); err != nil {
		return answer{}, err
	}
	return done()
}

// removeUser removes the user of the path and answers no body.
func removeUser(q *request) (answer, error) {
	if err := q.organization.remove(q.PathValue("id"), q.pretend); err != nil {
		return answer{}, err
	}
	return done()
}

// readRole reads the fields of a role that can be written, which are the
// same in every contract that lets roles be written.
func (q *request) readRole() (func(*Role), error) {
	body, err := q.read(form{"name": text, "description": text, "permissions": texts})
	if err != nil {
		return nil, err
	}
	return func(role *Role) {
		fill(&role.Name, body.text("name"))
		fill(&role.Description, body.text("description"))
		if permissions := body.texts("permissions"); permissions != nil {
			role.Permissions = permissions
		}
	}, nil
}

// showRoles turns the organization's roles into what the contract shows.
func showRoles[T any](q *request, show func(Role) T) []T {
	shown := []T{}
	for _, role := range q.organization.listRoles() {
		shown = append(shown, show(role))
	}
	return shown
}

// nonNil makes an empty list [] in JSON rather than null.
func nonNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
