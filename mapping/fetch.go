package mapping

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"suger-scim-gateway/mapping/spec"
	"suger-scim-gateway/sugerclient"
)

// hints are what was learnt of an organization's Suger, to save calls. They grow
// old, so that a Suger that changes is noticed.
type hints struct {
	mu        sync.Mutex
	list      sugerclient.ListHint
	listAt    time.Time
	notById   bool // a record by id proved to lack the role
	notByIDAt time.Time
}

func (h *hints) listHint(now time.Time) sugerclient.ListHint {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now.Sub(h.listAt) > hintLifetime {
		return sugerclient.ListHint{}
	}
	return h.list
}

func (h *hints) learnList(hint sugerclient.ListHint, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if hint != h.list || now.Sub(h.listAt) > hintLifetime {
		h.list, h.listAt = hint, now
	}
}

func (h *hints) byIDProves(now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return !h.notById || now.Sub(h.notByIDAt) > hintLifetime
}

func (h *hints) learnByID(proves bool, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.notById, h.notByIDAt = !proves, now
}

// shelf is where the caller's lists are.
func (s *suger) shelf() *shelf { return s.memory.shelf(s.memory.key(s.Caller)) }

// toShow is how old a list may be that is only shown: at most GATEWAY_LIST_TTL,
// and not older than the last write of this process to the organization.
func (s *suger) toShow() need {
	if s.config.ListTTL <= 0 {
		return s.fromNow()
	}
	return need{after: s.memory.lastWrite(organizationName(s.Organization)), age: s.config.ListTTL}
}

// rolesToShow is toShow for the list of roles.
func (s *suger) rolesToShow() need {
	if s.config.ListTTL <= 0 {
		return s.fromNow()
	}
	return need{after: s.memory.lastWrite(s.rolesName()), age: s.config.ListTTL}
}

// fromNow is for a list whose fetch begins after this call.
func (s *suger) fromNow() need { return need{after: s.memory.next()} }

// people is a snapshot of the whole organization that fits a need, with the
// roles that are known without asking.
func (s *suger) people(ctx context.Context, n need) (*snapshot, error) {
	key := s.memory.key(s.Caller)
	shelf := s.memory.shelf(key)
	result, reused, err := shelf.users.get(ctx, n, func(ctx context.Context) (*snapshot, error) {
		snap, err := s.fetchPeople(ctx, shelf)
		if err == nil {
			s.memory.filled(key, shelf)
		}
		return snap, err
	})
	s.config.Observer.List(hitOrMiss(reused))
	if err != nil {
		return nil, err
	}
	snap := *result.value
	snap.tick, snap.began, snap.done = result.tick, result.began, result.done
	return &snap, nil
}

func hitOrMiss(hit bool) string {
	if hit {
		return "hit"
	}
	return "miss"
}

// withRolesOf completes a snapshot by the roles that its users hold. Suger is
// only asked if one of them is not known without.
func (s *suger) withRolesOf(ctx context.Context, snap *snapshot, n need) (*snapshot, error) {
	if snap.roles.whole || snap.roles.knows(snap.users) {
		return snap, nil
	}
	roles, err := s.roles(ctx, n)
	if err != nil {
		return nil, err
	}
	if !roles.knows(snap.users) { // another replica may have just made one
		if roles, err = s.roles(ctx, s.fromNow()); err != nil {
			return nil, err
		}
	}
	return snap.withRoles(roles), nil
}

// roles is the organization's catalogue of roles that fits a need.
func (s *suger) roles(ctx context.Context, n need) (*catalogue, error) {
	key := s.memory.key(s.Caller)
	shelf := s.memory.shelf(key)
	result, _, err := shelf.roles.get(ctx, n, s.fetchRoles)
	return result.value, err
}

// A userReader collects the users of a list as it streams in.
type userReader struct {
	suger *suger
	users []*user
	left  []leftOut
	marks []struct{ users, left int } // after each row
	seen  misfits
	row   recordReader
}

// Keep drops the rows after the first n.
func (r *userReader) Keep(n int) {
	if n == 0 {
		r.users, r.left, r.marks, r.seen = r.users[:0], r.left[:0], r.marks[:0], misfits{}
		return
	}
	r.marks = r.marks[:n]
	last := r.marks[n-1]
	r.users, r.left = r.users[:last.users], r.left[:last.left]
}

// Row reads one user. A record that cannot be used is left out, so that it stops
// nobody else; one of another organization ends the list.
func (r *userReader) Row(row []byte) error {
	m := r.suger.model
	record, err := r.row.read(row)
	if err != nil {
		record = nil
	}
	u, drift, err := m.readUser(record, r.suger.Organization)
	switch {
	case errors.Is(err, errForeign):
		return err
	case err != nil:
		r.left = append(r.left, m.leftOut(record, err))
	default:
		r.seen.add(drift)
		r.users = append(r.users, u)
	}
	r.marks = append(r.marks, struct{ users, left int }{len(r.users), len(r.left)})
	return nil
}

// A recordReader decodes the fields of a row that the mapping names. Its record
// is only valid until the next one is read.
type recordReader struct {
	wanted map[string]bool
	record map[string]any
	input  bytes.Reader
	dec    *jsontext.Decoder
}

func (r *recordReader) read(row []byte) (any, error) {
	r.input.Reset(row)
	if r.dec == nil {
		r.record = make(map[string]any, len(r.wanted))
		r.dec = jsontext.NewDecoder(&r.input, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	} else {
		r.dec.Reset(&r.input, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	}
	clear(r.record)
	if r.dec.PeekKind() != '{' {
		return nil, misfit("", "a user that is not an object")
	}
	if _, err := r.dec.ReadToken(); err != nil {
		return nil, err
	}
	for r.dec.PeekKind() != '}' {
		token, err := r.dec.ReadToken()
		if err != nil {
			return nil, err
		}
		name := token.String()
		if !r.wanted[name] {
			if err := r.dec.SkipValue(); err != nil {
				return nil, err
			}
			continue
		}
		value, err := r.value()
		if err != nil {
			return nil, err
		}
		r.record[name] = value
	}
	return r.record, nil
}

func (r *recordReader) value() (any, error) {
	switch r.dec.PeekKind() {
	case '"':
		token, err := r.dec.ReadToken()
		return token.String(), err
	case '{', '[':
		raw, err := r.dec.ReadValue()
		if err != nil {
			return nil, err
		}
		return decodeJSON(raw)
	case '0':
		raw, err := r.dec.ReadValue()
		return json.Number(string(raw)), err
	}
	token, err := r.dec.ReadToken()
	if err != nil {
		return nil, err
	}
	switch token.Kind() {
	case 't':
		return true, nil
	case 'f':
		return false, nil
	}
	return nil, nil
}

// fetchPeople reads every user of the organization.
func (s *suger) fetchPeople(ctx context.Context, shelf *shelf) (*snapshot, error) {
	op := s.model.doc.Operations.ListUsers
	reader := &userReader{suger: s, row: recordReader{wanted: s.model.rowFields}}
	report, err := s.client.List(ctx, s.Credential, s.request(spec.OpListUsers, op, s.ids(nil, nil), nil),
		pagingOf(op), shelf.hints.listHint(s.config.Now()), reader)
	s.driftOf(err)
	s.drifted(spec.OpListUsers, &reader.seen)
	if err == nil {
		shelf.hints.learnList(report.Hint, s.config.Now())
		err = s.model.checkUsable(reader.users, reader.left)
	}
	if err != nil {
		return nil, s.asRecordError(spec.OpListUsers, err)
	}
	s.reportLeft(reader.left)
	snap := newSnapshot(s.model, slices.Clip(reader.users), reader.left)
	snap.roles = s.fixed
	s.reportDuplicates(snap)
	return snap, nil
}

// checkUsable refuses a list that is unusable as a whole: nobody in it can be
// read, or nobody has a role. Somebody always has one, so the field is not where
// the mapping says; and users without roles would pass for ones who may safely be
// removed.
func (m *model) checkUsable(users []*user, left []leftOut) error {
	if len(users) == 0 && len(left) > 0 {
		return left[0].err
	}
	if len(users) > 0 && !slices.ContainsFunc(users, func(u *user) bool { return len(u.roles) > 0 }) {
		field := m.doc.User.Roles.Field
		return misfit(field.String(), "a list of users of whom nobody has %s", field)
	}
	return nil
}

// global reads the record that Suger has by an id, whoever it belongs to. It is
// nil if Suger has none. offered is false if Suger does not offer the call, or
// the mapping does not have it.
func (s *suger) global(ctx context.Context, id string) (record any, offered bool, err error) {
	op := s.model.doc.Operations.GetUser
	if op == nil || strings.ContainsAny(id, `/\`) { // there are proxies that take an escaped one for a real one
		return nil, false, nil
	}
	record, err = s.call(ctx, spec.OpGetUser, op, ids{"organization": s.Organization, "user": id}, nil)
	var refused *sugerclient.Error
	if !errors.As(err, &refused) {
		return record, true, err
	}
	switch {
	case refused.Kind == sugerclient.Invalid:
		return nil, false, nil
	case refused.Kind == sugerclient.Refused && refused.Status == http.StatusNotFound:
		return nil, true, nil
	case callMissing(err):
		return nil, false, nil
	}
	return nil, true, err
}

// person is a snapshot of one user, by the call for one user where that proves
// membership and role, and else by the list that fits the need. A user who is not
// found is only believed to be no member if a list shows it.
func (s *suger) person(ctx context.Context, id string, n need) (*snapshot, error) {
	if shelf := s.shelf(); s.provesByID() && shelf.hints.byIDProves(s.config.Now()) {
		began, at := s.config.Now(), s.memory.next()
		record, _, err := s.global(ctx, id)
		if err != nil {
			return nil, err
		}
		if record != nil {
			u, err := s.member(record, id)
			if err != nil {
				return nil, err
			}
			shelf.hints.learnByID(u != nil, s.config.Now())
			if u != nil {
				snap := onePerson(s.model, u, s.fixed, began, s.config.Now())
				snap.tick = at
				s.memory.filled(s.memory.key(s.Caller), shelf)
				return snap, nil
			}
		}
	}
	snap, err := s.people(ctx, n)
	if err != nil {
		return nil, err
	}
	if err := snap.unusable(id, ""); err != nil {
		return nil, s.unreadable(spec.OpListUsers, err)
	}
	return snap, nil
}

// provesByID reports whether the mapping says that a record by id is a member's.
func (s *suger) provesByID() bool {
	op := s.model.doc.Operations.GetUser
	return op != nil && op.Covers != spec.CoversEverybody
}

// member reads a record by id. It is nil if the record lacks the role and so
// proves nothing.
func (s *suger) member(record any, id string) (*user, error) {
	if _, there := s.model.doc.User.Roles.Field.In(record); !there {
		return nil, nil
	}
	u, drift, err := s.model.readUser(record, s.Organization)
	if err != nil {
		return nil, s.asRecordError(spec.OpGetUser, err)
	}
	if u.id != id {
		return nil, s.unreadable(spec.OpGetUser, misfit(s.model.doc.User.ID.String(), "another user"))
	}
	s.drift(spec.OpGetUser, drift)
	return u, nil
}

// fetchRoles reads the organization's roles, or takes the known ones if Suger
// has no list of them.
func (s *suger) fetchRoles(ctx context.Context) (*catalogue, error) {
	op := s.model.doc.Operations.ListRoles
	if op == nil {
		return s.knownRoles(ctx)
	}
	reader := &roleReader{model: s.model}
	_, err := s.client.List(ctx, s.Credential, s.request(spec.OpListRoles, op, s.ids(nil, nil), nil),
		pagingOf(op), sugerclient.ListHint{}, reader)
	if callMissing(err) || isGone(err) {
		s.missing(spec.OpListRoles)
		return s.knownRoles(ctx)
	}
	s.driftOf(err)
	s.drifted(spec.OpListRoles, &reader.seen)
	if err != nil {
		return nil, s.asRecordError(spec.OpListRoles, err)
	}
	return s.model.newCatalogue(reader.roles, s.config.GroupRoles, true), nil
}

// knownRoles are the roles of the mapping alone, once Suger has shown that it
// accepts the credential.
func (s *suger) knownRoles(ctx context.Context) (*catalogue, error) {
	if _, err := s.people(ctx, s.toShow()); err != nil {
		return nil, err
	}
	return s.model.knownCatalogue(s.config.GroupRoles), nil
}

// A roleReader collects the roles of a list.
type roleReader struct {
	model *model
	roles []*role
	seen  misfits
}

// Keep drops the rows after the first n.
func (r *roleReader) Keep(n int) {
	if r.roles = r.roles[:n]; n == 0 {
		r.seen = misfits{}
	}
}

// Row reads one role.
func (r *roleReader) Row(row []byte) error {
	record, err := decodeJSON(row)
	if err != nil {
		return misfit("", "a role that is not JSON")
	}
	one, err := r.model.readRole(record)
	if err != nil {
		return err
	}
	r.seen.add(r.model.roleDrift(record))
	r.roles = append(r.roles, one)
	return nil
}

// holder finds the user whom an address stands for, or nil. Where a record by id
// proves membership, a hint of an earlier lookup is verified by one call; it never
// beats a list that has somebody with access under the address.
func (s *suger) holder(ctx context.Context, email string) (*snapshot, *user, error) {
	key := s.memory.key(s.Caller)
	n := s.toShow()
	if id := s.memory.recall(key, email); id != "" && s.provesByID() {
		snap, err := s.person(ctx, id, n)
		if err != nil {
			return nil, nil, err
		}
		if u := snap.byID(id); u != nil && s.model.key(u) == foldEmail(email) && u.access.active {
			s.config.Observer.Lookup("hit")
			return snap, u, nil
		}
		s.config.Observer.Lookup("wrong")
		s.memory.unlearn(key, email)
		n = s.fromNow() // the list at hand may be what gave the wrong hint
	} else {
		s.config.Observer.Lookup("miss")
	}
	snap, err := s.people(ctx, n)
	if err != nil {
		return nil, nil, err
	}
	u := snap.holderOf(s.model, email)
	if u == nil {
		if err := snap.unusable("", email); err != nil {
			return nil, nil, s.unreadable(spec.OpListUsers, err)
		}
		return snap, nil, nil
	}
	s.memory.remember(key, email, u.id)
	return snap, u, nil
}

// callMissing reports whether a refusal says that Suger has no such call.
func callMissing(err error) bool {
	var refused *sugerclient.Error
	return errors.As(err, &refused) && refused.Kind == sugerclient.Refused &&
		(refused.Status == http.StatusMethodNotAllowed || refused.Status == http.StatusNotImplemented)
}

// isGone reports whether Suger answered the call itself with 404. A 404 of the
// token endpoint is another error.
func isGone(err error) bool {
	var call *sugerclient.Error
	return errors.As(err, &call) && call.Kind == sugerclient.Refused && call.Status == http.StatusNotFound && call.Err == nil
}
