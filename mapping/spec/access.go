package spec

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Access defines who has access, and how access ends and is restored.
type Access struct {
	End      End        `yaml:"end" required:"true" doc:"remove user: by that operation. set status: by update user, with {status}. Else the call that ends access."`
	Give     *Operation `yaml:"give" doc:"The call that restores access. Without it, update user does, with {status}, or add user."`
	Field    Field      `yaml:"field" doc:"The user's field that shows who has access. Without it, everybody in the list has."`
	Active   []any      `yaml:"active" types:"string,integer,boolean,null" doc:"Values that mean access. The first is written to restore access; null writes null, {now} the time."`
	Pending  []any      `yaml:"pending" types:"string,integer,boolean,null" doc:"Active values of people who never signed in. Such administrators do not count as the last one."`
	Inactive []any      `yaml:"inactive" types:"string,integer,boolean,null" doc:"Values that mean no access. The first is written to end access."`
	Absent   string     `yaml:"absent" enum:"active,inactive" doc:"What a missing, null or empty field means. If no value is listed for the opposite, every other value except false, 0 and a zero time means that, such as a time of removal."`
}

// Shows reports whether a field shows who has access.
func (a *Access) Shows() bool { return a.Field.Given() }

// An End is how access ends: by one of two keywords, or by its own call.
type End struct {
	Way Strategy
	Operation
}

// A Strategy is a way to end a user's access.
type Strategy string

// Ways to end access. The first two are keywords of the file.
const (
	ByRemoval    Strategy = "remove user"
	BySetStatus  Strategy = "set status"
	ByDeactivate Strategy = "deactivate user"
)

func isWay(text string) bool { return text == string(ByRemoval) || text == string(BySetStatus) }

// UnmarshalYAML reads one of the words, or an operation.
func (e *End) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode && isWay(n.Value) {
		e.Way = Strategy(n.Value)
		return nil
	}
	e.Way = ByDeactivate
	return e.Operation.UnmarshalYAML(n)
}

// OperationPath returns where an operation is in the file.
func OperationPath(name string) string {
	switch name {
	case OpDeactivateUser:
		return "access.end"
	case OpActivateUser:
		return "access.give"
	}
	return "operations." + name
}

// checkAccess checks that access can be ended, and be restored in exactly one way.
func (c *checker) checkAccess() {
	access, writes := &c.doc.Access, c.doc.WritesStatus()
	if access.End.Way == BySetStatus && (!writes || len(access.Inactive) == 0) {
		c.Add("access.end", fmt.Sprintf("give access a field and an inactive value and let %q send {status}, or end it otherwise", OpUpdateUser), "%q cannot be done", BySetStatus)
	}
	switch {
	case access.Give != nil && writes:
		c.Add("access.give", "remove it, or {status} there", "it is never called: %q sends {status}", OpUpdateUser)
	case access.Shows() && access.Give == nil && access.End.Way != ByRemoval && (!writes || len(access.Active) == 0):
		c.Add("access", fmt.Sprintf("give it an active value and let %q send {status}, or say with give by which call", OpUpdateUser), "access could be ended but not given back")
	}
}

func (c *checker) checkStatusField() {
	access := &c.doc.Access
	if !access.Shows() {
		return
	}
	active := WordsOf(access.Active)
	c.checkStatusValues("access.active", access.Active, access.Absent == "active")
	c.checkStatusValues("access.inactive", access.Inactive, access.Absent == "inactive")
	for i, value := range access.Inactive {
		if word, _ := Text(value); active.Has(word) {
			c.Add(fmt.Sprintf("access.inactive[%d]", i), "remove it from one of the two", "%q is both active and inactive", word)
		}
	}
	for i, value := range access.Pending {
		if word, _ := Text(value); !active.Has(word) {
			c.Add(fmt.Sprintf("access.pending[%d]", i), "add it to active", "%q is not among the active values", word)
		}
	}
}

// checkStatusValues checks that the values of a list can be read and written.
// Null and the empty text count as absent, so only the list that absent names
// can have them.
func (c *checker) checkStatusValues(at string, values []any, whenAbsent bool) {
	seen := make(map[string]bool)
	for i, value := range values {
		place := fmt.Sprintf("%s[%d]", at, i)
		word, _ := Text(value)
		switch {
		case word == "" && !whenAbsent:
			c.Add(place, "say with absent what it means", "null and the empty text count as absent")
		case PlaceholderName(word) != "" && (PlaceholderName(word) != NowPlaceholder || i > 0):
			c.Add(place, "only {now} can be written, as the first value", "%s has no value here", word)
		}
		c.checkOnce(seen, place, word, strings.ToLower(word))
	}
}
