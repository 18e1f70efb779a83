package check

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"suger-scim-gateway/mapping"
	"suger-scim-gateway/sugerclient"
)

const opListUsers = "list users"

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
