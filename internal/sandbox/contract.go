package sandbox

import (
	"fmt"
	"strings"
)

// A contract is one way to reach the organization over HTTP: paths, fields,
// paging and the form of errors. The rules are not its affair but the store's.
type contract struct {
	name       string
	routes     []route
	errorBody  func(text string) any // what an error answers
	numericIDs bool                  // user ids are numbers
	noStates   bool                  // there is no invited or inactive user, only removal
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

var contracts = []*contract{&workingContract, &envelopeContract, &removalContract, &multiroleContract}

// Contracts are the names that [Options] takes as Contract, the working
// contract first.
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
}

func (r *refusal) Error() string { return r.text }

func refuse(status int, format string, args ...any) error {
	return &refusal{status: status, text: fmt.Sprintf(format, args...)}
}

var (
	errNoUser = refuse(404, "user not found")
	errNoPath = refuse(404, "no such operation")
)

// bareText is the form of Suger's documented errors: a JSON string.
func bareText(text string) any { return text }
