package check

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"suger-scim-gateway/mapping/spec"
)

const opGetUser = "get user"

// getUser compares single users with their rows in the list, and looks at how a
// user who does not exist is answered.
func (r *run) getUser(ctx context.Context) {
	if r.Document.Operations.GetUser == nil {
		r.add(Line{Check: opGetUser, Level: OK, Mapping: r.at("operations"), Text: "Not in the mapping: users are found in the list."})
		return
	}
	if len(r.users.ids) == 0 || len(r.users.ids) < r.users.readable() {
		return // no ids to ask for, which has been said
	}
	alone := newFieldCounts(r.Document)
	for _, s := range r.users.samples {
		if line := r.compare(ctx, s, alone); line.Level != OK {
			r.add(line)
			return
		}
	}
	text := "%s answered one by one as in the list."
	if r.coversEverybody() {
		text = "%s answered one by one, without a role: the call answers everybody whom Suger knows, so the list decides who is a member."
	}
	text = fmt.Sprintf(text, count(len(r.users.samples), "user"))
	if more := r.onlyAlone(alone); len(more) > 0 {
		text += fmt.Sprintf(" Only these answers have %s.", shortList(more, 15))
	}
	r.add(Line{Check: opGetUser, Level: OK, Mapping: r.at("operations.get user"), Text: text})
	r.unreadRoles(alone, " of these answers")
	r.add(r.missingUser(ctx))
}

// onlyAlone are the fields that the rows of the list do not have.
func (r *run) onlyAlone(alone *fieldCounts) []string {
	return slices.DeleteFunc(sortedNames(alone.leaves), func(path string) bool {
		_, listed := r.users.fields.leaves[path]
		return listed || alone.isUsed(path) || alone.leads(path) || strings.ContainsAny(path, "[.")
	})
}

// coversEverybody reports whether the mapping says that "get user" answers people
// of other organizations too, so that it proves neither membership nor role.
func (r *run) coversEverybody() bool {
	op := r.Document.Operations.GetUser
	return op != nil && op.Covers == spec.CoversEverybody
}

// compare reads one user by id, and counts the fields of the answer.
func (r *run) compare(ctx context.Context, s sample, alone *fieldCounts) Line {
	call, _ := r.probe.Call(opGetUser, s.record.RawID)
	line := Line{Check: opGetUser, Level: Fail, Mapping: r.at("operations.get user")}
	answer, err := r.probe.Do(ctx, call)
	if err != nil {
		return r.failed(ctx, call, err)
	}
	user, ok := r.userIn(opGetUser, answer.Body)
	record, err := r.probe.ReadUser(user)
	switch {
	case !ok || err != nil:
		line.Mapping = r.at("operations.get user.answer")
		line.Text = "The answer holds no user where the mapping says."
		line.propose(r.answerFix(opGetUser, decoded(answer.Body))...)
	case record.ID != s.record.ID:
		line.Text = "Suger answers another user than the one asked for."
		line.Change = "Correct the path of the call: {user} is the id."
	default:
		alone.take(user)
		return r.sameFields(line, user, s)
	}
	return line
}

// proves says of an answer about everybody that it has what only members have.
func (r *run) proves() Line {
	return Line{Check: opGetUser, Level: Look, Mapping: r.at("operations.get user.covers"),
		Text: "The answer has the role, as the list does.", Fixes: []Fix{fix("operations.get user.covers", "members")},
		Change: "If people of other organizations are answered 404, say covers: members: then single reads need no list."}
}

// sameFields compares the mapped fields of a user in two answers.
func (r *run) sameFields(line Line, user any, s sample) Line {
	var differ []string
	for _, u := range r.users.fields.uses {
		one, has := u.field.In(user)
		other, _ := u.field.In(s.raw)
		if u.name == "role" && r.coversEverybody() {
			if has {
				return r.proves()
			}
			continue
		}
		if r.coversEverybody() && (!has || strings.HasPrefix(u.name, "id ")) {
			continue // what belongs to the membership is in the list
		}
		if !has && r.alternative(&line, u, user, other) {
			return line
		}
		if !reflect.DeepEqual(one, other) {
			differ = append(differ, u.field.String())
			line.Mapping = r.at(u.entry)
		}
	}
	if len(differ) == 0 {
		line.Level = OK
		return line
	}
	line.Level = Look
	line.Text = fmt.Sprintf("A user's %s differs from the list, or changed meanwhile.", both(differ))
	line.Fixes = []Fix{{Entry: "operations.get user"}}
	line.Change = "If a second check says so too, leave \"get user\" out: then the list decides."
	return line
}

// alternative reports whether a single user has a value of the list's by another
// name, which the mapping can name beside the one in the list.
func (r *run) alternative(line *Line, u *use, user, value any) bool {
	for _, spot := range spotsIn(user) {
		if spot.path == "" || isEmpty(value) || !reflect.DeepEqual(spot.value, value) || r.users.fields.leaves[spot.path] != nil {
			continue
		}
		names := make([]any, 0, 2)
		for _, name := range append(u.field.Scalars(), spot.path) {
			names = append(names, name)
		}
		line.Level, line.Mapping = Fail, r.at(u.entry)
		line.Text = fmt.Sprintf("In the list it is %s, in the answer for one user %s.", u.field, spot.path)
		line.propose(fix(fieldEntry(u), names))
		return true
	}
	return false
}

// missingUser asks for a user who does not exist. The gateway tells by a 404 that
// a removed user is gone.
func (r *run) missingUser(ctx context.Context) Line {
	line := Line{Check: "get missing user", Level: OK, Mapping: r.at("operations.get user"), Text: "Answered 404: the gateway can tell that a user is gone."}
	if r.coversEverybody() {
		line.Text = "Answered 404: the gateway can tell an id that Suger has never given."
	}
	call, _ := r.probe.Call(opGetUser, r.freeID())
	answer, err := r.probe.Do(ctx, call)
	if status(err) == http.StatusNotFound {
		return line
	}
	line.Level = Fail
	line.Fixes = []Fix{{Entry: "operations.get user"}}
	line.Change = "Leave \"get user\" out: then the list tells who is gone."
	switch {
	case err == nil:
		line.Text = fmt.Sprintf("An id that nobody has is answered %d, not 404: a removed user would not be known to be gone.", answer.Status)
	case status(err) != 0:
		line.Text = fmt.Sprintf("An id that nobody has is answered %d, not 404: a removal could not be confirmed.", status(err)) + said(asFailure(err))
	default:
		line = r.failed(ctx, call, err)
		line.Check = "get missing user"
	}
	return line
}

// freeID is an id of the same form as a user's that no user has.
func (r *run) freeID() any {
	id := freeID(r.users.samples[0].record.ID, r.users.ids)
	if _, number := r.users.samples[0].record.RawID.(json.Number); number {
		return json.Number(id)
	}
	return id
}

// freeID is an id of the same form as another that is not taken.
func freeID(id string, taken map[string]bool) string {
	for range 100 {
		if id = neighbour(id); !taken[id] {
			break
		}
	}
	return id
}

// neighbour is another id of the same form: digits stay digits, and the digits
// of hexadecimal numbers stay such.
func neighbour(id string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= '0' && c <= '9':
			return '0' + (c-'0'+3)%10
		case c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F':
			first := c&0x60 + 1 // a or A
			return first + (c-first+2)%6
		case unicode.IsLower(c) && c <= 'z':
			return 'g' + (c-'g'+7)%20
		case unicode.IsUpper(c) && c <= 'Z':
			return 'G' + (c-'G'+7)%20
		}
		return c
	}, id)
}
