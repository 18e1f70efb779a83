package mapping

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"hash/maphash"
	"slices"
	"strings"
	"time"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping/spec"
	"suger-scim-gateway/sugerclient"
)

// hintLifetime bounds the use of facts about a list: changes in Suger are to be noticed.
const hintLifetime = 10 * time.Minute

// A listHint is what is known about the list of users, and since when.
type listHint struct {
	sugerclient.ListHint
	since time.Time
}

func (s *suger) lists() *lists { return s.memory.lists(s.memory.key(s.Caller)) }

// filled keeps the caller's lists from now on: Suger has accepted the credential.
func (s *suger) filled(lists *lists) { s.memory.filled(s.memory.key(s.Caller), lists) }

// toShow is for a list of users that is only shown: not older than GATEWAY_LIST_TTL, nor than
// the last write of this process to the organization.
func (s *suger) toShow() need { return s.shownAfter(organizationName(s.Organization)) }

func (s *suger) rolesToShow() need { return s.shownAfter(s.rolesName()) }

func (s *suger) shownAfter(name string) need {
	if s.config.ListTTL <= 0 {
		return s.fromNow()
	}
	return need{after: s.memory.lastWrite(name), age: s.config.ListTTL}
}

// fromNow is for a list whose fetch begins after this call.
func (s *suger) fromNow() need { return need{after: s.memory.next()} }

// people returns a snapshot of everybody, with the roles that are known without asking.
func (s *suger) people(ctx context.Context, n need) (*snapshot, error) {
	lists := s.lists()
	result, reused, err := lists.users.get(ctx, n, func(ctx context.Context) (*snapshot, error) { return s.fetchPeople(ctx, lists) })
	found := "miss"
	if reused {
		found = "hit"
	}
	s.config.Observer.List(found)
	if err != nil {
		return nil, err
	}
	snap := *result.value
	snap.tick, snap.done = result.tick, result.done
	snap.doubted = func(id string) bool { return s.memory.doubts(s.userName(id)) }
	return &snap, nil
}

func (s *suger) completed(ctx context.Context, snap *snapshot, n need) (*snapshot, error) {
	roles, err := s.roles(ctx, n)
	if err != nil {
		return nil, err
	}
	return snap.withRoles(roles), nil
}

func (s *suger) roles(ctx context.Context, n need) (*catalogue, error) {
	result, _, err := s.lists().roles.get(ctx, n, s.fetchRoles)
	return result.value, err
}

// A rowReader collects the users or roles of a list as it streams in.
type rowReader[T any] struct {
	read   func(row []byte) (*T, leftOut) // its leftOut says why there is none
	usable []*T
	left   []leftOut
}

func (r *rowReader[T]) Keep(n int) {
	r.left = slices.DeleteFunc(r.left, func(one leftOut) bool { return one.row >= n })
	r.usable = r.usable[:n-len(r.left)]
}

// Row reads one row. A record that cannot be used is left out of every answer; one of
// another organization ends the list.
func (r *rowReader[T]) Row(row []byte) error {
	one, left := r.read(row)
	switch {
	case one != nil:
		r.usable = append(r.usable, one)
	case errors.Is(left.err, errForeign):
		return left.err
	default:
		left.row = len(r.usable) + len(r.left)
		r.left = append(r.left, left)
	}
	return nil
}

// readList reads a list to its end. It fails if no row can be used.
func readList[T any](ctx context.Context, s *suger, operation string, op *spec.Operation, hint sugerclient.ListHint,
	rows *rowReader[T], drift func(*T) []string,
) (sugerclient.ListReport, error) {
	report, err := s.client.List(ctx, s.Credential, s.request(operation, op, s.ids(nil, nil), nil), PagingOf(op), hint, rows)
	s.driftOf(err)
	fields := make(map[string]int)
	for _, one := range rows.usable {
		for _, field := range drift(one) {
			fields[field]++
		}
	}
	s.drifted(operation, fields, len(rows.usable))
	if err == nil && len(rows.usable) == 0 && len(rows.left) > 0 {
		err = rows.left[0].err
	}
	return report, s.unreadable(operation, err)
}

// rowSeed makes the hash of a row unpredictable.
var rowSeed = maphash.MakeSeed()

// newUserReader returns the reader of a list of users. Most rows equal those of an
// earlier list, which may be nil: they are not decoded again, and lists in memory share
// their users.
func (s *suger) newUserReader(earlier *snapshot) *rowReader[user] {
	known := make(map[uint64]*user)
	if earlier != nil {
		for _, u := range earlier.users {
			known[u.row] = u
		}
		delete(known, 0)
	}
	var text bytes.Reader
	decoder := json.NewDecoder(&text) // one for all rows, since 100,000 would leave much garbage
	decoder.UseNumber()
	record := make(map[string]any)
	return &rowReader[user]{usable: make([]*user, 0, len(known)+1), read: func(row []byte) (*user, leftOut) {
		hash := maphash.Bytes(rowSeed, row)
		if u := known[hash]; u != nil {
			return u, leftOut{}
		}
		text.Reset(row)
		clear(record)
		if err := decoder.Decode(&record); err != nil || record == nil {
			return nil, leftOut{err: misfit("", "a user that is not an object")}
		}
		u, err := s.model.readUser(record, s.Organization)
		if err != nil {
			return nil, s.model.leftOut(record, err)
		}
		u.row = hash
		return u, leftOut{}
	}}
}

// fetchPeople reads every user of the organization.
func (s *suger) fetchPeople(ctx context.Context, lists *lists) (*snapshot, error) {
	hint := lists.hint.Load()
	if now := s.config.Now(); hint == nil || now.Sub(hint.since) > hintLifetime {
		hint = &listHint{since: now}
	}
	earlier := lists.users.latest()
	reader := s.newUserReader(earlier)
	report, err := readList(ctx, s, spec.OpListUsers, s.model.doc.Operations.ListUsers, hint.ListHint, reader, func(u *user) []string { return u.drift })
	if err != nil {
		return nil, err
	}
	lists.hint.Store(&listHint{report.Hint, hint.since})
	if err := s.model.checkUsable(reader.usable); err != nil {
		return nil, s.unreadable(spec.OpListUsers, err)
	}
	snap := earlier.next(s.model, slices.Clip(reader.usable), reader.left)
	s.reportLeft(spec.OpListUsers, snap.left)
	snap.roles = s.fixed
	s.reportDuplicates(snap)
	s.filled(lists)
	return snap, nil
}

// checkUsable refuses a list that is empty or in which nobody has a role. An
// organization has at least one administrator, so an empty list proves neither that
// somebody has left nor that somebody can be added without overwriting a role. If
// nobody has a role, the field is not where the mapping says, and administrators
// would seem safe to remove.
func (m *model) checkUsable(users []*user) error {
	if len(users) == 0 {
		return scim.NewError(scim.CodeSugerUnreadable,
			"Suger lists nobody in the organization, although an organization has at least one administrator. The gateway does not use such a list. Retry; if the error remains, run the check command.")
	}
	if !slices.ContainsFunc(users, func(u *user) bool { return len(u.roles) > 0 }) {
		field := m.doc.User.Roles.Field
		return misfit(field.String(), "a list in which no user has %s", field)
	}
	return nil
}

// global reads Suger's record with an id, from any organization; nil if there is
// none. offered is false if Suger or the mapping does not have the call.
func (s *suger) global(ctx context.Context, id string) (record any, offered bool, err error) {
	op := s.model.doc.Operations.GetUser
	switch {
	case op == nil:
		return nil, false, nil
	case strings.ContainsAny(id, `/\`): // some proxies treat an escaped one as a real one
		return nil, true, nil
	}
	record, err = s.call(ctx, spec.OpGetUser, op, ids{"organization": s.Organization, "user": id}, nil)
	call, failed := callError(err)
	switch {
	case err == nil && record == nil:
		return nil, true, s.unreadable(spec.OpGetUser, misfit("", "an answer without a user"))
	case failed && call.Kind == sugerclient.Invalid, isGone(err): // not a valid id in a path, or unknown to Suger
		return nil, true, nil
	case callMissing(err):
		return nil, false, nil
	}
	return record, true, err
}

// person returns a snapshot of one user, by the call for one user where that proves
// membership and role, or else everybody. A user whom the call does not find is no member
// only if a list agrees; one that is older than the call is read again.
func (s *suger) person(ctx context.Context, id string, n need) (*snapshot, error) {
	byID, gone, err := s.recordOf(ctx, id)
	if err != nil {
		return nil, err
	}
	if byID != nil {
		s.filled(s.lists())
		return byID, nil
	}
	snap, err := s.people(ctx, n)
	if err == nil && gone > snap.tick && snap.byID(id) != nil {
		snap, err = s.people(ctx, need{after: gone})
	}
	if err != nil {
		return nil, err
	}
	if snap, err = s.withoutOthers(ctx, snap, id); err != nil {
		return nil, err
	}
	return snap, s.planner.usable(snap, id, "")
}

// recordOf returns a snapshot of the member whom Suger's call for one user shows, nil if
// the call proves nothing. gone is when the call began if it found nobody.
func (s *suger) recordOf(ctx context.Context, id string) (byID *snapshot, gone tick, err error) {
	if !s.provesByID() {
		return nil, 0, nil
	}
	at := s.memory.next()
	record, offered, err := s.global(ctx, id)
	if err != nil || record == nil {
		if offered {
			gone = at
		}
		return nil, gone, err
	}
	is, err := s.member(record, id)
	if err != nil || is == nil {
		return nil, 0, err
	}
	byID = newSnapshot(s.model, []*user{is}, nil)
	byID.whole, byID.roles, byID.tick, byID.done = false, s.fixed, at, s.config.Now()
	return byID, 0, nil
}

// nobodyHas returns an error if a record in the list whose address cannot be read may have
// this one: unless Suger's call for one user shows another.
func (s *suger) nobodyHas(ctx context.Context, snap *snapshot, email string) error {
	if err := s.planner.usable(snap, "", email); err != nil {
		return err
	}
	const most = 20 // calls
	asked := 0
	for _, one := range snap.left {
		if one.email != "" {
			continue
		}
		if asked++; one.id != "" && asked <= most {
			address, err := s.addressOf(ctx, one.id)
			if err != nil {
				return err
			}
			if address != "" && address != foldEmail(email) {
				continue
			}
		}
		return s.planner.unreadable(one.err)
	}
	return nil
}

// addressOf returns the folded address that Suger's call for one user shows, or "".
func (s *suger) addressOf(ctx context.Context, id string) (string, error) {
	record, _, err := s.global(ctx, id)
	if known := s.model.readGlobal(record, id); err == nil && known != nil {
		return s.model.key(known), nil
	}
	return "", err
}

// withoutOthers drops the records that have no id but an address, if Suger's call for the
// user with an id shows another address.
func (s *suger) withoutOthers(ctx context.Context, snap *snapshot, id string) (*snapshot, error) {
	nameless := func(one leftOut) bool { return one.id == "" && one.email != "" }
	if snap.byID(id) != nil || !slices.ContainsFunc(snap.left, nameless) {
		return snap, nil
	}
	address, err := s.addressOf(ctx, id)
	if err != nil || address == "" {
		return snap, err
	}
	copied := *snap
	copied.left = slices.DeleteFunc(slices.Clone(snap.left), func(one leftOut) bool { return nameless(one) && one.email != address })
	return &copied, nil
}

// provesByID reports whether, by the mapping, a record by id proves membership.
func (s *suger) provesByID() bool {
	op := s.model.doc.Operations.GetUser
	return op != nil && op.Covers != spec.CoversEverybody
}

// member reads a record by id. It is nil if the record shows neither a role nor a status
// and so proves nothing.
func (s *suger) member(record any, id string) (*user, error) {
	field := s.model.doc.User.Roles.Field
	if _, there := field.In(record); !there {
		s.drift(spec.OpGetUser, field.String())
		return nil, nil
	}
	u, err := s.model.readUser(record, s.Organization)
	if err != nil {
		return nil, s.unreadable(spec.OpGetUser, err)
	}
	if u.id != id {
		return nil, s.unreadable(spec.OpGetUser, misfit(s.model.doc.User.ID.String(), "another user"))
	}
	s.drift(spec.OpGetUser, u.drift...)
	if len(u.roles) == 0 && (s.model.status == nil || u.access.missing()) {
		return nil, nil // nothing shows a membership
	}
	return u, nil
}

// fetchRoles reads the roles, or uses the known ones if Suger has no list of them.
func (s *suger) fetchRoles(ctx context.Context) (*catalogue, error) {
	op := s.model.doc.Operations.ListRoles
	if op == nil {
		return s.knownRoles(ctx)
	}
	m := s.model
	reader := &rowReader[role]{read: func(row []byte) (*role, leftOut) {
		record, _ := Decode(row) // the client has checked that it is JSON
		if isForeign(record, m.doc.Role.Organization, s.Organization) {
			return nil, leftOut{err: errForeign}
		}
		one, err := m.readRole(record)
		if err != nil { // the holders of the role are shown with its id alone
			id, _ := fieldText(record, m.doc.Role.ID)
			return nil, leftOut{id: id, err: err}
		}
		return one, leftOut{}
	}}
	_, err := readList(ctx, s, spec.OpListRoles, op, sugerclient.ListHint{}, reader, func(r *role) []string { return r.drift })
	switch {
	case callMissing(err), isGone(err):
		s.missing(spec.OpListRoles)
		return s.knownRoles(ctx)
	case err != nil:
		return nil, err
	}
	s.reportLeft(spec.OpListRoles, reader.left)
	return m.newCatalogue(reader.usable, s.config.GroupRoles, true), nil
}

// knownRoles returns the roles of the mapping alone, once Suger has shown that it accepts
// the credential. Who holds another one holds a custom role, with the power that the
// mapping gives to these: nobody may lose it for a lesser one.
func (s *suger) knownRoles(ctx context.Context) (*catalogue, error) {
	if _, err := s.people(ctx, s.toShow()); err != nil {
		return nil, err
	}
	c := s.model.newCatalogue(nil, s.config.GroupRoles, true)
	c.missing = s.model.doc.Operations.ListRoles != nil
	return c, nil
}

// holder finds the user with an address, or nil. Where a record by id proves membership, a
// hint of an earlier lookup is verified by one call.
func (s *suger) holder(ctx context.Context, email string) (*user, error) {
	key := s.memory.key(s.Caller)
	n := s.toShow()
	result := "miss"
	if id := s.memory.recall(key, email); id != "" && s.provesByID() {
		asked := s.fromNow()
		snap, err := s.person(ctx, id, n)
		if err != nil {
			return nil, err
		}
		if u := snap.byID(id); u != nil && s.model.key(u) == foldEmail(email) && u.access.active {
			s.config.Observer.Lookup("hit")
			return u, nil
		}
		result = "wrong"
		s.memory.lookups.Remove(lookupKey{key, foldEmail(email)})
		n = asked // the cached list may be what gave the wrong hint
	}
	s.config.Observer.Lookup(result)
	u, decided, err := s.find(ctx, email)
	if err != nil {
		return nil, err
	}
	if u != nil {
		s.filled(s.lists())
	}
	if !decided {
		snap, err := s.people(ctx, n)
		if err != nil {
			return nil, err
		}
		if u = snap.holderOf(email); u == nil {
			return nil, s.nobodyHas(ctx, snap, email)
		}
	}
	if u != nil {
		s.memory.remember(key, email, u.id)
	}
	return u, nil
}

// find looks a user up by the mapping's "find user" call. decided is false if only
// the list can decide: nobody was found and the mapping does not say "decides", or
// the record does not show a member with access. Writes always use the list.
func (s *suger) find(ctx context.Context, email string) (found *user, decided bool, err error) {
	op := s.model.doc.Operations.FindUser
	if op == nil {
		return nil, false, nil
	}
	records, _, err := s.foundBy(ctx, op, email)
	if isGone(err) || callMissing(err) {
		return nil, false, nil // a Suger without the call answers so for everybody
	}
	decided = err == nil && op.Decides
	for _, record := range records {
		u, err := s.model.readUser(record, s.Organization)
		switch {
		case err != nil || s.model.key(u) != foldEmail(email):
			decided = decided && found != nil
			continue
		case len(u.roles) == 0:
			s.drift(spec.OpFindUser, s.model.doc.User.Roles.Field.String())
			return nil, false, nil
		case !u.access.active, found != nil && found.id != u.id: // two are an inconsistency in Suger, which the list reports
			return nil, false, nil
		}
		found, decided = u, true
	}
	return found, decided, err
}

// foundBy returns the records in the answer to the call for one address, and whether
// the answer is one record alone and no list.
func (s *suger) foundBy(ctx context.Context, op *spec.Operation, email string) (records []any, alone bool, err error) {
	named := s.ids(nil, nil)
	named["userName"] = email
	value, there, err := s.exchange(ctx, op, s.request(spec.OpFindUser, op, named, nil))
	switch {
	case err != nil:
		return nil, false, err
	case !there:
		return []any{nil}, false, nil // proves nothing
	}
	switch records := value.(type) {
	case nil:
		return nil, false, nil
	case []any:
		return records, false, nil
	case map[string]any:
		return []any{records}, true, nil
	}
	return nil, false, s.unreadable(spec.OpFindUser, misfit(wholeAnswer, "an answer that is no user"))
}
