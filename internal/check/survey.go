package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
	"suger-scim-gateway/sugerclient"
)

// DefaultList is the path of the list of users that Suger documents.
const DefaultList = "/org/{organization}/user"

// A survey drafts a mapping from the answers of a Suger of which nothing but the path
// of the list of users is known. It only reads.
type survey struct {
	*run
	draft  *Draft
	list   *list        // of users
	fields *fieldCounts // of its rows
	row    any          // the first that has the address
	id     string
	member string // the membership's own id, where that is another than the person's
	email  string
	names  map[string]string // fields by attribute: of the given, the family and, where the parts have none, the whole name
	status statusField
	joins  string // path of the call that adds a membership

	prefix string // what leads to the person in a row of the list, and not in bodies and in the answer for one
	one    string // path of the call for one user, "" if there is none
	oneID  string // where its answer has the id

	role      roleField
	roleRows  *list // nil if no list of roles was found
	roleNames roleList
	roleIn    roleFields
}

type list struct {
	spec.Operation
	proven bool  // its paging was seen
	rows   []any // the first ones
}

var errNoList = errors.New("no list of people with e-mail addresses")

// look drafts the mapping. The error is that of the list of users.
func (s *survey) look(ctx context.Context) (err error) {
	hasAddress := func(row any) bool { return len(countFields([]any{row}).emails()) > 0 }
	if s.list, err = s.listOf(ctx, s.listCall(), hasAddress); err != nil {
		return err
	}
	s.fields = countFields(s.list.rows)
	s.email = s.guess("userName")
	s.id, s.member = s.fields.identity()
	if s.email == "" || s.id == "" {
		return errNoList
	}
	s.row = s.list.rows[slices.IndexFunc(s.list.rows, func(row any) bool { return textAt(row, s.email) != "" })]
	s.draft.seen("version", 1, "of this file format")
	s.draft.set("refusals", map[string]any{"domain": []any{"domain"}, "seats": []any{"seat", "license"}, "duplicate": []any{"already exists"}},
		NotSeen, "no refusal was provoked")
	s.draftList(opListUsers, s.list)
	s.findRoles(ctx)
	s.role = s.fields.role(s.roleNames)
	if s.prefix = s.wrapper(); s.prefix != "" {
		s.member = ""
	}
	s.status = s.fields.status()
	s.names = map[string]string{"name.givenName": s.guess("name.givenName"), "name.familyName": s.guess("name.familyName")}
	if s.names["name.givenName"]+s.names["name.familyName"] == "" {
		s.names["name.formatted"] = s.guess("name.formatted")
	}
	s.findOne(ctx)
	s.draftUser()
	s.draftAccess()
	s.draftWrites()
	s.draftRoles()
	s.draft.seen("credential.header", s.Document.Credential.Header, "from the current file")
	s.draft.seen("credential.scheme", s.Document.Credential.Scheme, "from the current file")
	return nil
}

func (s *survey) guess(purpose string) string {
	return s.fields.guess(purpose, s.Caller.Organization, s.roleNames)
}

// listCall returns the call for the list of users with placeholders.
func (s *survey) listCall() spec.Request {
	path, parameters, _ := strings.Cut(cmp.Or(strings.TrimPrefix(s.List, "GET "), DefaultList), "?")
	path = strings.ReplaceAll("/"+strings.Trim(path, "/")+"/", "/"+s.Caller.Organization+"/", "/{organization}/")
	call := spec.Request{Method: http.MethodGet, Path: strings.TrimSuffix(path, "/"), Query: make(map[string]string)}
	values, _ := url.ParseQuery(parameters) // what can be read
	for name := range values {
		call.Query[name] = values.Get(name)
	}
	return call
}

func callText(call spec.Request) string {
	query := make(url.Values)
	for name, value := range call.Query {
		query.Set(name, value)
	}
	text := strings.NewReplacer("%7B", "{", "%7D", "}").Replace(query.Encode())
	return strings.TrimSuffix(call.Method+" "+call.Path+"?"+text, "?")
}

func (s *survey) get(operation, path, user string) sugerclient.Call {
	params := map[string]string{"organization": s.Caller.Organization, "user": user}
	return sugerclient.Call{Operation: operation, Method: http.MethodGet, Path: path, PathParams: params}
}

// listOf finds how a list is answered and reads it to its end.
func (s *survey) listOf(ctx context.Context, call spec.Request, isRow func(any) bool) (*list, error) {
	found := &list{Operation: spec.Operation{Call: call}}
	request := s.get(opListUsers, call.Path, "")
	request.Query = call.Query
	answer, err := s.probe.Do(ctx, request)
	if err != nil {
		return nil, err
	}
	body := decoded(answer.Body)
	for _, path := range listsIn(body) {
		if rows, _ := rowsIn(body, path); found.rows == nil && slices.ContainsFunc(rows, isRow) {
			found.Items, found.rows = spec.Path(path), rows
		}
	}
	if found.rows == nil {
		return nil, errNoList
	}
	paging, proven := (&lister{s.run, request, string(found.Items)}).find(ctx)
	found.Paging, found.proven = &paging, proven
	rows, _, err := s.readRows(ctx, request, mapping.PagingOf(&found.Operation), mostRows)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, errNoEnd):
		return nil, err
	case err != nil:
		return found, nil // the check says why; the first page is enough to go on
	}
	found.rows = nil
	for _, row := range rows[:min(len(rows), sampledUsers)] {
		found.rows = append(found.rows, decoded([]byte(row)))
	}
	for _, total := range totalsIn(body) {
		if found.Total == "" && textAt(body, total) == fmt.Sprint(len(rows)) {
			found.Total = spec.Path(total)
		}
	}
	return found, nil
}

func (s *survey) draftList(name string, l *list) {
	path := "operations." + name
	s.draft.unless(path+".call", callText(l.Call), map[bool]string{false: "one answer seems to hold all"}[l.proven])
	s.draft.seen(path+".items", string(l.Items), "")
	s.draft.seen(path+".total", string(l.Total), "")
	s.draft.seen(path+".paging", pagingValue(*l.Paging), "pages follow each other")
}

// beside are paths next to the list of users, and above it, that may be about
// something else: singular and plural as the list is.
func (s *survey) beside(singular string) (paths []string) {
	words := []string{singular + "s", singular}
	if !strings.HasSuffix(s.list.Call.Path, "s") {
		slices.Reverse(words)
	}
	for at := s.list.Call.Path; strings.Contains(at, "/"); {
		at = at[:strings.LastIndex(at, "/")]
		paths = append(paths, at+"/"+words[0], at+"/"+words[1])
	}
	return slices.DeleteFunc(paths, func(path string) bool { return path == s.list.Call.Path })
}

func (s *survey) findRoles(ctx context.Context) {
	s.roleNames = roleList{}
	isRole := func(row any) bool {
		_, word := row.(string)
		return word || countFields([]any{row}).roleFields().name != ""
	}
	for _, path := range s.beside("role") {
		found, err := s.listOf(ctx, spec.Request{Method: http.MethodGet, Path: path}, isRole)
		if err != nil {
			continue
		}
		s.roleRows, s.roleIn = found, countFields(found.rows).roleFields()
		s.roleIn.id = cmp.Or(s.roleIn.id, s.roleIn.name)
		for _, row := range found.rows {
			word, _ := row.(string)
			s.roleNames = append(s.roleNames, mapping.RoleName{ID: cmp.Or(word, textAt(row, s.roleIn.id)), Name: cmp.Or(word, textAt(row, s.roleIn.name))})
		}
		s.draftList(opListRoles, found)
		return
	}
}

// wrapper returns what leads to everything that rows have of people, where they are
// wrapped in an object of the list: "node." of the edges of GraphQL.
func (s *survey) wrapper() string {
	outer, _, wrapped := strings.Cut(s.email, ".")
	if wrapped && within(s.id, outer) && within(s.role.field, outer) {
		return outer + "."
	}
	return ""
}

// findOne finds the call for one user: below the list, or of people apart from their
// memberships.
func (s *survey) findOne(ctx context.Context) {
	for _, id := range append([]string{s.member}, s.fields.idsIn("")...) {
		if s.answersOne(ctx, s.list.Call.Path+"/{user}", id) {
			s.id, s.member = id, "" // no membership is needed
			return
		}
	}
	if s.member == "" {
		return
	}
	s.prefix = parentOf(s.email)
	if s.joins = s.list.Call.Path; s.prefix == "" {
		s.joins = s.beside("membership")[0]
	}
	for _, path := range append(s.beside(strings.TrimSuffix(s.prefix, ".")), s.beside("user")...) {
		if s.answersOne(ctx, path+"/{user}", s.id) {
			return
		}
	}
	if s.prefix != "" { // nothing is known of people apart from their memberships
		s.id = s.member
	}
	s.member, s.prefix = "", ""
}

// answersOne reports whether a call answers the user with an id, and drafts it.
func (s *survey) answersOne(ctx context.Context, path, id string) bool {
	wanted := textAt(s.row, id)
	if wanted == "" {
		return false
	}
	answer, err := s.probe.Do(ctx, s.get(opGetUser, path, wanted))
	if err != nil {
		return false
	}
	body := decoded(answer.Body)
	for _, spot := range spotsIn(body, false) {
		own := s.bare(id)
		if _, there := at(spot.value, own); !there && path != s.list.Call.Path+"/{user}" {
			own = "id"
		}
		if !isAddress(textAt(spot.value, s.bare(s.email))) || textAt(spot.value, own) != wanted {
			continue
		}
		s.one, s.oneID = path, own
		s.draft.seen(op(opGetUser, "call"), "GET "+path, "")
		s.draft.seen(op(opGetUser, "answer"), spot.path, "")
		if _, role := at(spot.value, s.bare(s.role.field)); !role {
			s.draft.likely(op(opGetUser, "covers"), "everybody", "the answer has no role, so the list decides who is a member")
		}
		return true
	}
	return false
}
