package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"time"

	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
	"suger-scim-gateway/sugerclient"
)

const (
	opListUsers = spec.OpListUsers
	opGetUser   = spec.OpGetUser
)

const samplesKept = 3 // users to compare with "get user"

// A userList is the result of reading the list of users.
type userList struct {
	count   int
	read    int // of these, those whom the gateway can read
	total   int // as Suger says, -1 if it does not
	samples []sample
	opening []any // the first rows

	ids       map[string]bool
	addresses map[string]int // users by folded address
	fields    *fieldCounts
	unread    map[string]int // users that the gateway would refuse, by the field at fault
	unknown   map[string]int // statuses that the mapping does not know
	access    int            // users with access
	pending   int
	holders   map[holding]int
}

// A holding is a role of users, the zero RoleName for none.
type holding struct {
	mapping.RoleName
	access bool // and not only an invitation
}

type sample struct {
	raw    any
	record *mapping.Record
}

// listUsers reads the list as the gateway does. It is nil if it cannot.
func (r *run) listUsers(ctx context.Context) *userList {
	call, _ := r.probe.Call(opListUsers, nil) // no mapping is without it
	rows, report, err := r.readRows(ctx, call, r.probe.Paging(opListUsers), mostRows)
	if err != nil {
		r.noUsers(ctx, call, err)
		return nil
	}
	list := &userList{
		total: report.Total, ids: make(map[string]bool), addresses: make(map[string]int), fields: newFieldCounts(r.Document),
		unread: make(map[string]int), unknown: make(map[string]int), holders: make(map[holding]int),
	}
	for _, row := range rows {
		list.take(r, decoded([]byte(row)))
	}
	r.note("credential", OK, "", "Accepted: %s.", r.credentialKind())
	if list.count == 0 {
		r.add(r.line(opListUsers, Fail, "operations.list users", "The list of organization %q is empty, though the credential belongs to somebody.", r.Caller.Organization).
			advise("Compare the organization id with Suger's console, and the path of the call with Suger's documentation."))
		return nil
	}
	r.note(opListUsers, OK, "", "%s, by %s %s.", count(list.count, "user"), call.Method, call.Path)
	return list
}

const clocksDiffer = time.Minute // as far as Suger's clock may be behind this machine's

// clock compares Suger's clock, which an answer shows, with this machine's.
func (r *run) clock(answer http.Header) {
	suger, err := http.ParseTime(answer.Get("Date"))
	off := r.Now().Sub(suger).Round(time.Second)
	line := r.line("clock", Fail, "", "Suger's clock is %s behind this machine's: a new user would seem to have existed before.", off)
	if off < 0 {
		line.Level, line.Text = Warn, fmt.Sprintf("Suger's clock is %s ahead of this machine's.", -off)
	}
	if err == nil && off.Abs() > clocksDiffer {
		r.add(line.advise("Synchronize this machine's clock with a time server."))
	}
}

func (l *userList) take(r *run, raw any) {
	if l.count++; l.count <= sampledUsers {
		l.opening = append(l.opening, raw)
	}
	l.fields.take(raw)
	record, err := r.probe.ReadUser(raw)
	if err != nil {
		var misfit *mapping.RecordError
		errors.As(err, &misfit) // ReadUser has no other error
		l.unread[misfit.Field]++
		return
	}
	l.read++
	l.ids[record.ID] = true
	if len(l.samples) < samplesKept || !record.Active && l.samples[samplesKept-1].record.Active {
		l.samples = append(l.samples[:min(len(l.samples), samplesKept-1)], sample{raw, record})
	}
	l.addresses[fold(record.UserName)]++
	if record.Unknown {
		l.unknown[record.Status]++
	}
	if record.Active {
		l.access++
	}
	if record.Pending {
		l.pending++
	}
	roles := record.Roles
	if len(roles) == 0 {
		roles = []mapping.RoleName{{}}
	}
	for _, role := range roles {
		l.holders[holding{role, record.Active && !record.Pending}]++
	}
}

// errNoEnd means that a list exceeds the bounds.
var errNoEnd = errors.New("the list does not end")

// Bounds above which a list counts as endless.
const (
	mostRows     = 500_000
	mostListTime = 5 * time.Minute
)

// A rowReader collects the rows of a list.
type rowReader struct {
	most int // after which a list is taken for one without end
	rows []string
}

// Keep drops what came after the first n rows.
func (p *rowReader) Keep(n int) { p.rows = p.rows[:min(n, len(p.rows))] }

func (p *rowReader) Row(row []byte) error {
	if len(p.rows) == p.most {
		return errNoEnd
	}
	p.rows = append(p.rows, string(row))
	return nil
}

// readRows reads a list, as far as it has an end.
func (r *run) readRows(ctx context.Context, call sugerclient.Call, paging sugerclient.Paging, most int) ([]string, sugerclient.ListReport, error) {
	limited, cancel := context.WithTimeout(ctx, mostListTime)
	defer cancel()
	reader := &rowReader{most: most}
	report, err := r.probe.Rows(limited, call, paging, reader)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		err = errNoEnd
	}
	return reader.rows, report, err
}

// getUser compares single users with their rows in the list, and asks for one who does
// not exist: by a 404 the gateway knows that a removed user is gone.
func (r *run) getUser(ctx context.Context) {
	const entry = "operations.get user"
	if r.Document.Operations.GetUser == nil {
		r.note(opGetUser, OK, "operations", "Not in the mapping: the gateway finds users in the list.")
		return
	}
	if len(r.users.ids) == 0 || len(r.users.ids) < r.users.read {
		return // no ids to ask for, which has been reported
	}
	alone := newFieldCounts(r.Document)
	for _, s := range r.users.samples {
		if line := r.compare(ctx, s, alone); line.Level != OK {
			r.add(line)
			return
		}
	}
	r.note(opGetUser, OK, entry, "Same fields as in the list, for %s.", count(len(r.users.samples), "user"))
	r.severalRoles(alone, " of these answers")

	free := freeID(r.users.samples[0].record.ID, func(id string) bool { return r.users.ids[id] })
	call, _ := r.probe.Call(opGetUser, free)
	answer, err := r.probe.Do(ctx, call)
	code := cmp.Or(status(err), http.StatusOK)
	if code == http.StatusNotFound {
		r.note("get missing user", OK, entry, "An unknown id is answered 404, by which the gateway knows that a user is gone.")
		return
	}
	line := r.line("get missing user", Fail, entry, "An unknown id is answered %d, not 404: the gateway could not confirm a removal.", code).
		propose(Fix{Entry: entry}).advise(`Leave "get user" out: then the list shows who is gone.`)
	if err == nil {
		body := decoded(answer.Body)
		if signs := errorSigns(body); signs != nil {
			line = line.propose(append(signs, notThere(body, free)...)...)
			line.Mapping = r.at("errors")
		}
	}
	r.add(line)
}

// coversEverybody reports whether the mapping says that "get user" answers people
// of other organizations too, so that it proves neither membership nor role.
func (r *run) coversEverybody() bool {
	op := r.Document.Operations.GetUser
	return op != nil && op.Covers == spec.CoversEverybody
}

// compare reads one user by id, counts the fields of the answer, and compares the mapped
// ones with the list.
func (r *run) compare(ctx context.Context, s sample, alone *fieldCounts) Line {
	call, _ := r.probe.Call(opGetUser, s.record.RawID)
	answer, err := r.probe.Do(ctx, call)
	if err != nil {
		return r.failed(ctx, call, err)
	}
	user := r.userIn(opGetUser, answer.Body)
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
	line := r.line(opGetUser, Warn, "operations.get user", "")
	var differ []string
	for _, u := range r.users.fields.uses {
		one, has := u.field.In(user)
		other, _ := u.field.In(s.raw)
		if r.coversEverybody() && (!has || strings.HasPrefix(u.name, "id ")) || reflect.DeepEqual(one, other) {
			continue // where it covers everybody, the list has what belongs to the membership
		}
		if differ, line.Mapping = append(differ, u.field.String()), r.at(u.entry); !has && !isEmpty(other) {
			line.Level = Fail // it may have another name
		}
	}
	if differ == nil {
		line.Level = OK
	}
	line.Text = fmt.Sprintf("A user's %s differs from the list, or has just changed.", series(differ))
	return line.propose(Fix{Entry: "operations.get user"}).advise(`If a second check finds the same, leave "get user" out: then the list decides.`)
}

// findUser checks "find user" with addresses as in the list and in capital letters. A
// call that decides and misses a user would hide the user from Okta; one that does not
// decide only costs time.
func (r *run) findUser(ctx context.Context) {
	tried := 0
	for _, s := range r.users.samples {
		if r.Document.Operations.FindUser == nil || !s.record.Active {
			continue // the list decides about those without access
		}
		tried++
		written := s.record.UserName
		for _, as := range []struct{ words, address string }{{"as the list writes it", written}, {"in capital letters", strings.ToUpper(written)}} {
			found, decided, err := r.probe.Find(ctx, as.address)
			line := r.line(spec.OpFindUser, Fail, "operations.find user", "The call does not find a user by the address %s", as.words).advise("Correct the call, or leave it out.")
			switch {
			case err != nil:
				call, _ := r.probe.Call(spec.OpFindUser, nil)
				line = r.failed(ctx, call, err)
			case found == s.record.ID:
				continue
			case found != "":
				line.Text = "The call finds a user who has another address."
			case decided:
				line.Text += ", and decides: the gateway would tell Okta that there is no such user."
				line = line.propose(fix("operations.find user.decides", false))
			default:
				line.Level, line.Text = Warn, line.Text+", so it saves nothing."
			}
			r.add(line)
			return
		}
	}
	if tried > 0 {
		r.note(spec.OpFindUser, OK, "operations.find user", "%s found by the address, in any letter case.", count(tried, "user"))
	}
}

// freeID returns an id of the same form as another that is not taken: digits stay digits,
// also hexadecimal ones, and letters stay letters.
func freeID(id string, taken func(string) bool) string {
	for range 100 {
		id = strings.Map(func(c rune) rune {
			for _, alphabet := range []string{"0123456789", "abcdef", "ABCDEF", "ghijklmnopqrstuvwxyz", "GHIJKLMNOPQRSTUVWXYZ"} {
				if i := strings.IndexRune(alphabet, c); i >= 0 {
					return rune(alphabet[(i+3)%len(alphabet)])
				}
			}
			return c
		}, id)
		if !taken(id) {
			break
		}
	}
	return id
}
