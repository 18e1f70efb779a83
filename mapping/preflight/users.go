package preflight

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"suger-scim-gateway/mapping"
	"suger-scim-gateway/sugerclient"
)

const opListUsers = "list users"

// samplesKept is how many users are kept whole, for comparison with "get user".
const samplesKept = 3

// A userList is what the list of users told. Of most users only their marks are
// kept, since an organization may have very many.
type userList struct {
	count     int
	pages     int
	firstPage int      // rows of the first page
	total     int      // as Suger says, -1 if it does not
	opening   []string // the first rows, as they came
	samples   []sample

	ids       map[string]bool
	addresses map[string]int // users by folded address
	fields    *fieldCounts
	unread    map[string]int // users that the gateway would refuse, by the field at fault
	statuses  map[string]int
	unknown   map[string]int // of these, the words that the mapping does not know
	access    int            // users with access
	pending   int
	roleRefs  map[mapping.RoleName]int
	noRole    int
	manyRoles int

	holders []holder // users with access who have signed in, by role
}

// A sample is one user.
type sample struct {
	raw    any
	record *mapping.Record
}

// A holder counts users who hold a role, have access and have signed in.
type holder struct {
	role  mapping.RoleName
	users int
}

func (r *run) newUserList() *userList {
	return &userList{
		total: -1, ids: make(map[string]bool), addresses: make(map[string]int), fields: newFieldCounts(r.Document),
		unread: make(map[string]int), statuses: make(map[string]int), unknown: make(map[string]int),
		roleRefs: make(map[mapping.RoleName]int),
	}
}

// listUsers reads the list as the gateway does. It is nil if it cannot.
func (r *run) listUsers(ctx context.Context) *userList {
	call, _ := r.probe.Call(opListUsers, nil) // no mapping is without it
	list := r.newUserList()
	err := r.probe.Pages(ctx, call, r.probe.Paging(opListUsers), func(page sugerclient.Page) error {
		if page.Index == 0 {
			list = r.newUserList()
			list.firstPage = len(page.Items)
		}
		list.pages, list.total = page.Index+1, page.Total
		for _, row := range page.Items {
			if len(list.opening) < 2*pageProbe {
				list.opening = append(list.opening, string(row))
			}
			list.take(r, decoded(row))
		}
		return nil
	})
	if err != nil {
		r.noUsers(ctx, call, err)
		return nil
	}
	r.add(Line{Check: "credential", Level: OK, Text: "Accepted: " + r.credentialKind() + "."})
	if list.count == 0 {
		r.add(Line{Check: opListUsers, Level: Fail, Mapping: r.at("operations.list users"),
			Text:   fmt.Sprintf("The list of organization %q is empty, though the credential belongs to somebody.", r.Caller.Organization),
			Change: "Compare the organization id with Suger's console, and the path of the call with Suger's documentation."})
		return nil
	}
	r.add(Line{Check: opListUsers, Level: OK, Text: fmt.Sprintf("%s in %s, by %s.", count(list.count, "user"), count(list.pages, "answer"), call.Method+" "+call.Path)})
	return list
}

// readable is how many users the gateway can read.
func (l *userList) readable() int {
	n := l.count
	for _, unread := range l.unread {
		n -= unread
	}
	return n
}

// take adds one user.
func (l *userList) take(r *run, raw any) {
	l.count++
	l.fields.take(raw)
	record, err := r.probe.ReadUser(raw)
	if err != nil {
		var misfit *mapping.RecordError
		errors.As(err, &misfit) // ReadUser has no other error
		l.unread[misfit.Field]++
		return
	}
	l.ids[record.ID] = true
	if len(l.samples) < samplesKept || !record.Active && l.samples[samplesKept-1].record.Active {
		l.samples = append(l.samples[:min(len(l.samples), samplesKept-1)], sample{raw, record})
	}
	l.addresses[fold(record.UserName)]++
	l.takeStatus(record)
	l.takeRoles(record)
}

func (l *userList) takeStatus(record *mapping.Record) {
	l.statuses[record.Status]++
	if record.Unknown {
		l.unknown[record.Status]++
	}
	if record.Active {
		l.access++
	}
	if record.Pending {
		l.pending++
	}
}

func (l *userList) takeRoles(record *mapping.Record) {
	if len(record.Roles) == 0 {
		l.noRole++
	}
	if len(record.Roles) > 1 {
		l.manyRoles++
	}
	for _, ref := range record.Roles {
		l.roleRefs[ref]++
		if record.Active && !record.Pending {
			l.hold(ref)
		}
	}
}

func (l *userList) hold(ref mapping.RoleName) {
	for i := range l.holders {
		if l.holders[i].role == ref {
			l.holders[i].users++
			return
		}
	}
	l.holders = append(l.holders, holder{role: ref, users: 1})
}

// credentialKind says what kind of credential is shown to Suger.
func (r *run) credentialKind() string {
	switch r.Auth {
	case "oauth":
		return "an OAuth App, exchanged for a token at " + r.TokenURL
	case "legacy":
		return "an older bearer API client, exchanged for a token"
	}
	return `an API key, sent as "Authorization: Key"`
}

// noUsers says why the list cannot be read: the credential, the organization,
// the call, the shape of the answer or the paging.
func (r *run) noUsers(ctx context.Context, call sugerclient.Call, err error) {
	fail := asFailure(err)
	r.blocked = true
	switch {
	case fail == nil || fail.Kind == sugerclient.Canceled:
		r.add(r.failed(ctx, call, err))
	case tokenFailure(fail) != nil:
		r.add(r.noToken(tokenFailure(fail)))
	case fail.Status == http.StatusUnauthorized:
		r.add(r.credentialRefused(fail))
	case fail.Kind == sugerclient.Unreadable && fail.Status < 300:
		r.unreadableList(ctx, call, fail)
	case fail.Status == http.StatusNotFound && !r.isUnknownPath(ctx, call, fail):
		r.add(Line{Check: "organization", Level: Fail,
			Text:   fmt.Sprintf("Suger does not know organization %q, or does not show it to this credential (404).", r.Caller.Organization) + said(fail),
			Change: "Compare SUGER_ORG_ID with the organization id in Suger's console."})
	default:
		r.blocked = fail.Kind == sugerclient.Throttled || fail.Kind == sugerclient.Unavailable && fail.Status == 0 || fail.Kind == sugerclient.Unreadable
		r.add(r.failed(ctx, call, err))
	}
}

// credentialRefused explains a 401.
func (r *run) credentialRefused(fail *sugerclient.Error) Line {
	line := Line{Check: "credential", Level: Fail, Text: fmt.Sprintf("Not accepted (401): %s.", r.credentialKind()) + said(fail),
		Change: "Set SUGER_CREDENTIAL to a valid one: a rotated or deleted key stops working at once."}
	pair := strings.Count(string(r.Caller.Credential), ":") == 1
	if r.Auth == "key" && pair {
		line.Change = "It looks like client_id:client_secret: set SUGER_AUTH=oauth for an OAuth App, SUGER_AUTH=legacy for an older API client."
	}
	return line
}

// noToken explains a failed exchange of the credential.
func (r *run) noToken(fail *sugerclient.Error) Line {
	line := Line{Check: "credential", Level: Fail, Change: "Correct SUGER_TOKEN_URL."}
	if r.Auth == "legacy" {
		line.Change, line.Mapping = "Correct the call.", r.at("token.call")
	}
	switch {
	case fail.Status == http.StatusUnauthorized:
		line.Text = "Not accepted: " + r.credentialKind() + " refuses it."
		line.Change, line.Mapping = "Set SUGER_CREDENTIAL to a valid client_id:client_secret.", nil
	case fail.Status != 0:
		line.Text = fmt.Sprintf("No token: the token endpoint answers %d.", fail.Status)
	case fail.Kind == sugerclient.Unreadable:
		line.Text = "No token: the answer of the token endpoint cannot be used: " + causeOf(fail) + "."
	default:
		line.Text = "No token: the token endpoint did not answer: " + causeOf(fail) + "."
	}
	return line
}

// unreadableList looks at the answer that is not the list the mapping says.
func (r *run) unreadableList(ctx context.Context, call sugerclient.Call, fail *sugerclient.Error) {
	line := r.failed(ctx, call, fail)
	defer func() { r.add(line) }()
	answer, err := r.probe.Do(ctx, firstPage(call, r.probe.Paging(call.Operation), 0))
	if err != nil {
		return // the same failure as before, not of the shape
	}
	paging := r.probe.Paging(call.Operation)
	r.blocked = false
	body := decoded(answer.Body)
	if rows, ok := rowsIn(body, paging.Items); ok {
		line.Check, line.Text = "paging", fmt.Sprintf("The list cannot be read to its end: %s.", causeOf(fail))
		line.Mapping = r.at("operations." + call.Operation + ".paging")
		line.Change = fmt.Sprintf("The first answer has %s. Compare paging and total with Suger's documentation.", count(len(rows), "row"))
		return
	}
	line.Text = fmt.Sprintf("The answer holds no list where the mapping says: %s.", causeOf(fail))
	line.Mapping = r.at("operations." + call.Operation + ".items")
	if advice := itemsAdvice(body); advice != "" {
		line.Change = advice
	}
}
