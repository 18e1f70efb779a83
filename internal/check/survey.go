package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
	"suger-scim-gateway/sugerclient"
)

// DefaultList is the path of the list of users that Suger documents.
const DefaultList = "/org/{organization}/user"

// A survey asks a Suger of which nothing but the path of its list of users is
// known for what a mapping file needs. It only reads.
type survey struct {
	Config
	facts
	rows []any // of the list of users
}

// errNoList says that the path answers no list of people.
var errNoList = errors.New("no list of people with e-mail addresses")

// look collects the facts. The error is that of the list of users.
func (s *survey) look(ctx context.Context) (err error) {
	if s.rows, err = s.listOf(ctx, &s.list, hasAddress); err != nil {
		return err
	}
	s.guessUsers(countFields(s.rows), s.Caller.Organization)
	if s.email == "" || s.id == "" {
		return errNoList
	}
	names := s.findRoles(ctx)
	s.guessRoleField(names)
	s.findOne(ctx)
	s.findLookup(ctx)
	s.guessKnown(names)
	return nil
}

// do makes a call of the survey.
func (s *survey) do(ctx context.Context, call sugerclient.Call) (*sugerclient.Answer, error) {
	return s.Client.Do(ctx, s.Caller.Credential, call)
}

// get is a reading call.
func (s *survey) get(operation, path string, user any) sugerclient.Call {
	params := map[string]string{"organization": s.Caller.Organization}
	if word, ok := wordOf(user); ok {
		params["user"] = word
	}
	return sugerclient.Call{Operation: operation, Method: "GET", Path: path, PathParams: params}
}

// hasAddress reports whether an object holds an e-mail address.
func hasAddress(row any) bool {
	for _, l := range countFields([]any{row}).leaves {
		if l.emails > 0 {
			return true
		}
	}
	return false
}

// listOf finds how a list is answered and reads it to its end.
func (s *survey) listOf(ctx context.Context, list *listFacts, isRow func(any) bool) ([]any, error) {
	call := s.get(opListUsers, list.path, nil)
	call.Query = list.query
	answer, err := s.do(ctx, call)
	if err != nil {
		return nil, err
	}
	body := decoded(answer.Body)
	var rows []any
	for _, path := range listsIn(body) {
		if found, _ := rowsIn(body, path); slices.ContainsFunc(found, isRow) {
			list.items, rows = path, found
			break
		}
	}
	if rows == nil {
		return nil, errNoList
	}
	l := &lister{do: s.do, call: call, items: list.items}
	list.paging, list.why, _ = l.find(ctx)
	reader := &pageReader{rows: mostDraftRows}
	paging := mapping.PagingOf(&spec.Operation{Items: spec.Path(list.items), Paging: &list.paging})
	_, err = reader.read(ctx, func(ctx context.Context) (sugerclient.ListReport, error) {
		return s.Client.List(ctx, s.Caller.Credential, call, paging, sugerclient.ListHint{}, reader)
	})
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, errNoEnd):
		return nil, errNoEnd
	case err != nil:
		return rows, nil // the check says why; the first page is enough to go on
	}
	rows = reader.all()
	for _, total := range totalsIn(body) {
		if n, _ := at(body, total); list.total == "" && fmt.Sprint(n) == fmt.Sprint(len(rows)) {
			list.total = total
		}
	}
	return rows, nil
}

// beside are paths next to the list of users, and above it, that may be about
// something else: singular and plural as the list is.
func (s *survey) beside(singular string) []string {
	words := []string{singular + "s", singular}
	last := s.list.path[strings.LastIndex(s.list.path, "/")+1:]
	if !strings.HasSuffix(last, "s") {
		slices.Reverse(words)
	}
	var paths []string
	for at := s.list.path; strings.Contains(at, "/"); {
		at = at[:strings.LastIndex(at, "/")]
		for _, word := range words {
			if path := at + "/" + word; path != s.list.path {
				paths = append(paths, path)
			}
		}
	}
	return paths
}

// findRoles looks for a list of roles beside the list of users.
func (s *survey) findRoles(ctx context.Context) *roleList {
	names := &roleList{}
	for _, path := range s.beside("role") {
		found := &roleFacts{listFacts: listFacts{path: path}}
		isRole := func(row any) bool {
			_, word := row.(string)
			object, _ := row.(map[string]any)
			return word || slices.ContainsFunc(sortedNames(object), isRoleName)
		}
		rows, err := s.listOf(ctx, &found.listFacts, isRole)
		if err != nil {
			continue
		}
		found.guess(rows)
		s.roles = found
		for _, row := range rows {
			role := mapping.RoleName{}
			if word, ok := row.(string); ok {
				role = mapping.RoleName{ID: word, Name: word}
			} else if object, ok := row.(map[string]any); ok {
				role.ID, _ = wordOf(object[found.id])
				role.Name, _ = wordOf(object[found.name])
			}
			names.roles = append(names.roles, role)
		}
		break
	}
	return names
}

// guess finds the fields of roles.
func (f *roleFacts) guess(rows []any) {
	c := countFields(rows)
	text := func(l *leaf) bool { return l.kind() == isText }
	f.name = c.named(roleTitles, text)
	// A role that is listed twice makes the ids look like no ids.
	id := c.named([]string{"id"}, func(l *leaf) bool { return l.kind() == isText || l.kind() == isNumber })
	if f.id = cmp.Or(c.bestID(""), id, f.name); f.id != "" {
		f.numbers = c.leaves[f.id].kind() == isNumber
	}
	f.description = c.named([]string{"description", "summary", "about"}, text)
	f.permissions = c.named([]string{"permissions", "scopes", "rights"}, func(l *leaf) bool { return l.kind() == isList })
	f.created = c.best(oneIf(func(path string, l *leaf) bool {
		return l.times > 0 && l.times == l.filled && strings.Contains(lastName(path), "creat")
	}))
}

func isRoleName(key string) bool {
	return slices.Contains(roleTitles, plain(key))
}

// findOne looks for the call that answers one user, and for what its answer has.
func (s *survey) findOne(ctx context.Context) {
	row := s.sample()
	prefix := s.email[:strings.LastIndex(s.email, ".")+1]
	try := func(path, id, prefix string) bool {
		wanted, there := at(row, id)
		if !there {
			return false
		}
		answer, err := s.do(ctx, s.get(opGetUser, path, wanted))
		if err != nil {
			return false
		}
		body := decoded(answer.Body)
		for _, spot := range spotsIn(body) {
			own := strings.TrimPrefix(id, prefix)
			is, there := at(spot.value, own)
			if !there && path != s.list.path+"/{user}" {
				own = "id"
				is, _ = at(spot.value, own)
			}
			if address, has := at(spot.value, strings.TrimPrefix(s.email, prefix)); has && isAddress(fmt.Sprint(address)) && fmt.Sprint(is) == fmt.Sprint(wanted) {
				_, role := at(spot.value, s.role.field)
				s.one = &oneFacts{path: path, answer: spot.path, everybody: !role, id: own, prefix: prefix}
				s.findErrors(ctx, body, path, s.free(id, fmt.Sprint(wanted)))
				return true
			}
		}
		return false
	}
	if s.member != "" && try(s.list.path+"/{user}", s.member, "") {
		s.id, s.member = s.member, "" // the record itself is found by it
		return
	}
	for _, id := range s.ids {
		if id != s.member && try(s.list.path+"/{user}", id, "") {
			s.id, s.member, s.ids = id, "", nil // no membership is needed
			return
		}
	}
	if s.member == "" {
		return
	}
	s.joins = s.list.path
	if prefix == "" {
		s.joins = s.offered(ctx, s.beside("membership"))
	}
	for _, path := range append(s.beside(strings.TrimSuffix(prefix, ".")), s.beside("user")...) {
		if try(path+"/{user}", s.id, prefix) {
			return
		}
	}
	if prefix != "" { // nothing is known of people apart from their memberships
		s.id = s.member
	}
	s.member = ""
}

// sample is a row of the list that has the address.
func (s *survey) sample() any {
	i := slices.IndexFunc(s.rows, func(row any) bool {
		address, _ := at(row, s.email)
		return !isEmpty(address)
	})
	return s.rows[max(i, 0)]
}

// free is a value of the same form as an id that no row has.
func (s *survey) free(field, id string) string {
	taken := make(map[string]bool)
	for _, row := range s.rows {
		value, _ := at(row, field)
		taken[fmt.Sprint(value)] = true
	}
	return freeID(id, taken)
}

// findLookup looks for a parameter by which the list answers only the user with an
// address, in capital letters too.
func (s *survey) findLookup(ctx context.Context) {
	if len(s.rows) < 2 {
		return
	}
	row := s.sample()
	id, _ := at(row, s.id)
	value, _ := at(row, s.email)
	address := fmt.Sprint(value)
	narrows := func(name, address string) bool {
		call := s.get(spec.OpFindUser, s.list.path, nil)
		call.Query = map[string]string{name: address}
		maps.Copy(call.Query, s.list.query)
		answer, err := s.do(ctx, call)
		if err != nil {
			return false
		}
		rows, _ := rowsIn(decoded(answer.Body), s.list.items)
		if len(rows) != 1 {
			return false
		}
		is, _ := at(rows[0], s.id)
		return fmt.Sprint(is) == fmt.Sprint(id)
	}
	own := s.email[strings.LastIndex(s.email, ".")+1:]
	for _, name := range slices.Compact(append([]string{own}, "email", "userName", "username")) {
		if narrows(name, address) && narrows(name, strings.ToUpper(address)) {
			s.lookup = name
			return
		}
	}
}

// offered is the first of some paths that Suger knows, if not for reading; else the
// first of all.
func (s *survey) offered(ctx context.Context, paths []string) string {
	for _, path := range paths {
		if _, err := s.do(ctx, s.get(opListUsers, path, nil)); err == nil || status(err) == http.StatusMethodNotAllowed {
			return path
		}
	}
	return paths[0]
}

// at is the value at a path of an object.
func at(value any, path string) (any, bool) {
	var field spec.Field
	if field.UnmarshalScalar(path) != nil {
		return nil, false
	}
	return field.In(value)
}

// Names of roles by what they usually may do.
var (
	adminRole  = regexp.MustCompile(`(?i)admin|owner|super ?user|root`)
	usualRole  = regexp.MustCompile(`(?i)^(admin(istrator)?|owner|editor|viewer|reader|member|user|guest|manager|operator|basic|standard|read[ _-]?only|writer|contributor)s?$`)
	lesserRole = regexp.MustCompile(`(?i)\b(view|read|guest|member|basic)`)
)

// guessKnown chooses the roles that are to stand in the file: those that users
// hold and the list lacks, and those that have a usual name; and the role of who is
// given none: one with the name of a lesser role, else the one that most users hold.
func (s *survey) guessKnown(listed *roleList) {
	add := func(role mapping.RoleName) knownFacts {
		_, isListed := listed.byID(role.ID)
		k := knownFacts{name: role.Name, id: role.ID, number: isListed && s.roles.numbers, administrator: adminRole.MatchString(role.Name)}
		if !slices.ContainsFunc(s.known, func(other knownFacts) bool { return fold(other.name) == fold(k.name) }) {
			s.known = append(s.known, k)
		}
		return k
	}
	for _, role := range listed.roles {
		if usualRole.MatchString(role.Name) || adminRole.MatchString(role.Name) {
			add(role)
		}
	}
	held, most := make(map[mapping.RoleName]int), mapping.RoleName{}
	for _, word := range sortedNames(s.role.words) {
		role, known := listed.called(word)
		if !known {
			role = mapping.RoleName{ID: word, Name: word}
			add(role)
		}
		if held[role] += s.role.words[word]; held[role] > held[most] && !adminRole.MatchString(role.Name) {
			most = role
		}
	}
	for _, k := range s.known {
		if k.rank() == rankLesser {
			s.fallbackByName, most = true, mapping.RoleName{ID: k.id, Name: k.name}
		}
	}
	s.fallbackWhy = "nobody holds one that may be it"
	if most.Name != "" {
		s.fallback, s.fallbackWhy = add(most), "most users hold this one"
	}
	// The file needs an administrator's role and a lesser one. No role is taken for
	// either by its place in the list.
	is := func(administrator bool) bool {
		return slices.ContainsFunc(s.known, func(k knownFacts) bool { return k.administrator == administrator })
	}
	if !is(true) {
		s.noAdministrator = len(s.known) > 0
		s.known = append(s.known, knownFacts{name: unnamedAdministrator, id: map[bool]string{false: unnamedAdministrator}[s.noAdministrator], administrator: true, assumed: true})
	}
	if !is(false) {
		s.known = append(s.known, knownFacts{name: "MEMBER", id: "MEMBER", assumed: true})
	}
	slices.SortStableFunc(s.known, func(a, b knownFacts) int { return a.rank() - b.rank() })
	if s.fallback.name == "" {
		s.fallback = s.known[slices.IndexFunc(s.known, func(k knownFacts) bool { return !k.administrator })]
	}
}

// unnamedAdministrator stands in a draft for the role that manages users, where no
// role has a name that says so.
const unnamedAdministrator = "ADMIN"

// doubts are what the draft says of roles and nobody can see, for the report.
func (s *survey) doubts() []Line {
	var lines []Line
	place := func(entry string) *Place { return &Place{Entry: entry} }
	if s.noAdministrator {
		lines = append(lines, Line{Check: "administrator", Level: Fail, Mapping: place("role.known"),
			Text:   "No role's name shows that it manages users, so the draft marks none.",
			Change: "Find the role that manages users: add it to role.known with administrator: true, and put it first in role.precedence, in place of " + unnamedAdministrator + "."})
	}
	if !s.fallbackByName {
		line := Line{Check: "default role", Level: Warn, Mapping: place("role.default"),
			Text:   fmt.Sprintf("No role's name shows that it has the fewest rights. The draft gives %s to users without a role: %s.", s.fallback.name, s.fallbackWhy),
			Change: "Set role.default to the role with the fewest rights, and add it to role.known."}
		if s.noAdministrator {
			line.Level = Fail
		}
		lines = append(lines, line)
	}
	return lines
}

// listPath is the path of the list of users with placeholders, and its query.
func listPath(config Config) (path string, query map[string]string) {
	path = strings.TrimPrefix(config.List, "GET ")
	if path == "" {
		path = DefaultList
	}
	path, parameters, _ := strings.Cut(path, "?")
	path = "/" + strings.Trim(path, "/")
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		if segment == config.Caller.Organization {
			segments[i] = "{organization}"
		}
	}
	if values, err := url.ParseQuery(parameters); err == nil && len(values) > 0 {
		query = make(map[string]string)
		for name := range values {
			query[name] = values.Get(name)
		}
	}
	return strings.Join(segments, "/"), query
}
