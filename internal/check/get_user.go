package check

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"suger-scim-gateway/mapping/spec"
	"suger-scim-gateway/sugerclient"
)

const opGetUser = spec.OpGetUser

// getUser compares single users with their rows in the list, and looks at how
// Suger answers for a user who does not exist.
func (r *run) getUser(ctx context.Context) {
	if r.Document.Operations.GetUser == nil {
		r.note(opGetUser, OK, "operations", "Not in the mapping: the gateway finds users in the list.")
		return
	}
	if len(r.users.ids) == 0 || len(r.users.ids) < r.users.readable() {
		return // no ids to ask for, which has been reported
	}
	alone := newFieldCounts(r.Document)
	for _, s := range r.users.samples {
		if line := r.compare(ctx, s, alone); line.Level != OK {
			r.add(line)
			return
		}
	}
	line := r.line(opGetUser, OK, "operations.get user", "Same fields as in the list, for %s.", count(len(r.users.samples), "user"))
	if r.coversEverybody() {
		line.Text += " The answer has no role and covers non-members too, so the list decides who is a member."
	}
	r.add(line)
	r.severalRoles(alone, " of these answers")
	r.add(r.missingUser(ctx))
}

// getOne makes a call of "get user". user is what the answer has where the mapping
// looks for the user.
func (r *run) getOne(ctx context.Context, call sugerclient.Call) (answer *sugerclient.Answer, user any, err error) {
	if answer, err = r.probe.Do(ctx, call); err != nil {
		return nil, nil, err
	}
	return answer, r.userIn(opGetUser, answer.Body), nil
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
	answer, user, err := r.getOne(ctx, call)
	if err != nil {
		return r.failed(ctx, call, err)
	}
	record, err := r.probe.ReadUser(user)
	switch {
	case err != nil:
		return r.line(opGetUser, Fail, "operations.get user.answer", "The answer has no user where the mapping looks.").
			propose(r.answerFix(opGetUser, decoded(answer.Body))...)
	case record.ID != s.record.ID:
		return r.line(opGetUser, Fail, "operations.get user", "Suger answers with another user than the one asked for.").
			advise("Correct the path of the call: {user} is the id.")
	}
	alone.take(user)
	return r.sameFields(user, s)
}

// sameFields compares the mapped fields of a user in two answers.
func (r *run) sameFields(user any, s sample) Line {
	var differ []string
	line := r.line(opGetUser, Warn, "operations.get user", "")
	for _, u := range r.users.fields.uses {
		one, has := u.field.In(user)
		other, _ := u.field.In(s.raw)
		path := r.alternative(user, other)
		switch {
		case u.name == "role" && r.coversEverybody() && has:
			return r.line(opGetUser, Warn, "operations.get user.covers", "The answer has the role, as the list does.").propose(fix("operations.get user.covers", "members")).
				advise("If Suger answers 404 for people of other organizations, say covers: members: then reading one user does not need the list.")
		case r.coversEverybody() && (!has || strings.HasPrefix(u.name, "id ")): // the list has what belongs to the membership
		case !has && path != "":
			return r.line(opGetUser, Fail, u.entry, "The list has it in %s, the answer for one user in %s.", u.field, path).
				propose(fix(fieldEntry(u), anys(append(u.field.Scalars(), path))))
		case !reflect.DeepEqual(one, other):
			differ, line.Mapping = append(differ, u.field.String()), r.at(u.entry)
		}
	}
	if len(differ) == 0 {
		return Line{Level: OK}
	}
	line.Text = fmt.Sprintf("A user's %s differs from the list, or has just changed.", series(differ))
	return line.propose(Fix{Entry: "operations.get user"}).advise(`If a second check finds the same, leave "get user" out: then the list decides.`)
}

// alternative returns where a single user has a value of the list under a name
// that the list does not have, which the mapping can name beside the other; "" if
// nowhere.
func (r *run) alternative(user, value any) string {
	for _, spot := range spotsIn(user) {
		if spot.path != "" && !isEmpty(value) && reflect.DeepEqual(spot.value, value) && r.users.fields.leaves[spot.path] == nil {
			return spot.path
		}
	}
	return ""
}

// missingUser asks for a user who does not exist. By a 404 the gateway knows that a
// removed user is gone.
func (r *run) missingUser(ctx context.Context) Line {
	call, _ := r.probe.Call(opGetUser, r.freeID())
	answer, _, err := r.getOne(ctx, call)
	line := r.line("get missing user", Fail, "operations.get user", "").
		propose(Fix{Entry: "operations.get user"}).advise(`Leave "get user" out: then the list shows who is gone.`)
	switch {
	case status(err) == http.StatusNotFound:
		what := "removed users"
		if r.coversEverybody() {
			what = "ids that do not exist"
		}
		return r.line(line.Check, OK, "operations.get user", "Answered 404: the gateway recognizes %s.", what)
	case err == nil:
		line.Text = fmt.Sprintf("An unknown id is answered %d, not 404: the gateway would not recognize a removed user.", answer.Status)
	case status(err) != 0:
		line.Text = fmt.Sprintf("An unknown id is answered %d, not 404: the gateway could not confirm a removal.", status(err)) + said(asFailure(err))
	default:
		check := line.Check
		line = r.failed(ctx, call, err)
		line.Check = check
	}
	return line
}

// findUser checks "find user" with addresses as in the list and in capital
// letters.
func (r *run) findUser(ctx context.Context) {
	find, tried := r.Document.Operations.FindUser, 0
	for _, s := range r.users.samples {
		if find == nil || !s.record.Active {
			continue // the list decides about those without access
		}
		tried++
		for _, as := range []string{"", " in capital letters"} {
			address := s.record.UserName
			if as != "" {
				address = strings.ToUpper(address)
			}
			if line := r.found(ctx, s, address, as); line.Level != OK {
				r.add(line)
				return
			}
		}
	}
	if tried == 0 {
		return
	}
	line := r.line(spec.OpFindUser, OK, "operations.find user", "%s found by the address, in any letter case.", count(tried, "user"))
	if !find.Decides {
		line.Text += " If the call finds nobody, the gateway reads the list."
	}
	r.add(line)
}

// found looks one user up by an address. A call that decides and misses a user
// would hide the user from Okta; one that does not decide only costs time.
func (r *run) found(ctx context.Context, s sample, address, as string) Line {
	line := r.line(spec.OpFindUser, Warn, "operations.find user", "").advise("Correct the call, or leave it out.")
	found, decided, err := r.probe.Find(ctx, address)
	switch {
	case err != nil:
		call, _ := r.probe.Call(spec.OpFindUser, nil)
		return r.failed(ctx, call, err)
	case found == s.record.ID:
		return Line{Level: OK}
	case found != "":
		line.Level, line.Text = Fail, "The call finds a user who has another address."
	case decided:
		line.Level, line.Mapping = Fail, r.at("operations.find user.decides")
		line.Text = "The call does not find a user of the list" + as + ", and decides: the gateway would tell Okta that there is no such user."
		return line.propose(fix("operations.find user.decides", false))
	default:
		line.Text = "The call does not find a user of the list" + as + ", so it saves nothing."
	}
	return line
}

// freeID returns an id of the same form as a user's that no user has.
func (r *run) freeID() any {
	sample := r.users.samples[0].record
	id := freeID(sample.ID, func(id string) bool { return r.users.ids[id] })
	if _, number := sample.RawID.(json.Number); number {
		return json.Number(id)
	}
	return id
}

// freeID returns an id of the same form as another that is not taken.
func freeID(id string, taken func(string) bool) string {
	for range 100 {
		if id = neighbour(id); !taken(id) {
			break
		}
	}
	return id
}

// neighbour returns another id of the same form: digits stay digits, also
// hexadecimal ones, and letters stay letters.
func neighbour(id string) string {
	return strings.Map(func(c rune) rune {
		for _, alphabet := range []string{"0123456789", "abcdef", "ABCDEF", "ghijklmnopqrstuvwxyz", "GHIJKLMNOPQRSTUVWXYZ"} {
			if i := strings.IndexRune(alphabet, c); i >= 0 {
				return rune(alphabet[(i+3)%len(alphabet)])
			}
		}
		return c
	}, id)
}
