package proof

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A state is what Suger holds: a line for each role by its id, and for each user
// by the address. An id that was not there at first is "new".
type state map[string]string

func (s *stand) state() state {
	held := state{}
	for _, role := range s.suger.Roles() {
		held["role "+s.atFirst(role.ID)] = role.Name
	}
	for _, user := range s.suger.Users() {
		held["user "+user.Email] = strings.Join([]string{s.atFirst(user.ID), s.atFirst(user.Role), user.Status, user.FirstName, user.LastName}, " ")
	}
	return held
}

func (s *stand) atFirst(id string) string {
	if s.ids[id] {
		return id
	}
	return "new"
}

// between reports which lines are neither as before nor as wanted.
func (now state) between(before, wanted state) (wrong []string) {
	for _, all := range []state{now, before, wanted} {
		for name := range all {
			if now[name] != before[name] && now[name] != wanted[name] {
				wrong = append(wrong, name+": "+now[name])
			}
		}
	}
	return wrong
}

// loopback is the address of one of our servers.
var loopback = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// comparable is an answer without what differs from one run to the next: ports,
// times and what is made of them, and the order of lists, which is by time.
func (a answer) comparable() string {
	text, _ := json.MarshalIndent(constant(a.body), "", " ") // it came from JSON
	return loopback.ReplaceAllString(string(text), "")
}

func constant(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			value[name] = constant(member)
		}
		for _, name := range []string{"created", "lastModified", "version"} {
			delete(value, name)
		}
	case []any:
		for i, element := range value {
			value[i] = constant(element)
		}
		slices.SortFunc(value, func(a, b any) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	}
	return value
}
