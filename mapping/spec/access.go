package spec

import "go.yaml.in/yaml/v3"

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
	if isWay(n.Value) {
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
