package check

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"suger-scim-gateway/mapping/spec"
)

// facts are what a Suger's answers show of how it keeps users and roles.
type facts struct {
	list   listFacts
	fields *fieldCounts // of the rows of the list
	id     string
	ids    []string // all that may be the id, where no call has shown which one is
	member string   // path of the membership's own id, where that is another than the person's
	joins  string   // path of the call that adds a membership
	email  string
	emails []string // all that hold addresses, the likeliest first
	lookup string   // parameter of the list that finds one user by the address
	given  string
	family string
	full   string // where the full name is in one field
	others map[string]string
	times  map[string]string // "created" and "modified"
	org    string

	status *statusFacts
	role   roleField
	flags  []string // fields that are true or false and by their names tell who manages users
	one    *oneFacts
	roles  *roleFacts // nil if no list of roles was found
	known  []knownFacts
	// fallback is the role of who is given none.
	fallback        knownFacts
	fallbackByName  bool            // its name says that it is a lesser one
	fallbackWhy     string          // if not, why this one
	noAdministrator bool            // there are roles, and none has an administrator's name
	login           spec.Credential // how the credential is shown, where that is in the file before
	errors          *errorFacts     // nil if errors have a status of their own
}

// listFacts are a call that answers a list.
type listFacts struct {
	path   string
	query  map[string]string
	items  string
	total  string
	paging spec.PagingMap
	why    string // what was seen of it
}

// oneFacts are the call for one user.
type oneFacts struct {
	path      string // with {user}
	answer    string
	everybody bool   // it lacks the role
	id        string // where its answer has the id, without the prefix
	prefix    string // what paths in a row of the list begin with, and paths in its answer do not
}

// statusFacts are the field that tells who has access.
type statusFacts struct {
	field                     string
	active, pending, inactive []any
	absent                    string
	guessed                   bool // no inactive value was seen
	byRemoval                 bool // a time that a removal sets
}

// roleField is the field of a user that holds the role.
type roleField struct {
	field, id, name string
	many, byName    bool
	words           map[string]int
}

// named reports whether bodies write a role by its name.
func (r *roleField) named() bool { return r.byName || r.name != "" && r.id == "" }

// roleFacts are the list of roles and the fields of a role.
type roleFacts struct {
	listFacts
	id, name, description, permissions, created string
	numbers                                     bool // the ids are such
}

// knownFacts is a role that is to stand in the file.
type knownFacts struct {
	name, id      string
	number        bool
	administrator bool
	assumed       bool // nothing was seen of it, but the file needs one
}

// rankLesser is the rank of roles whose names say that they are lesser ones.
const rankLesser = 2

// rank orders roles by the power that their names speak of, the most first.
func (k *knownFacts) rank() int {
	switch {
	case k.administrator:
		return 0
	case lesserRole.MatchString(k.name):
		return rankLesser
	}
	return 1
}

// Names of fields as plain writes them.
var (
	givenNames   = []string{"firstname", "givenname", "first", "given", "forename", "firstnames"}
	familyNames  = []string{"lastname", "familyname", "surname", "last", "family", "sn", "secondname"}
	fullNames    = []string{"name", "fullname", "displayname", "formatted", "formattedname", "realname"}
	statusNames  = []string{"status", "state", "userstatus", "memberstatus", "accountstatus", "membershipstatus", "access", "lifecycle"}
	yesNames     = []string{"active", "enabled", "isactive", "isenabled", "hasaccess", "canlogin", "cansignin", "loginallowed", "signinallowed", "loginenabled", "signinenabled"}
	noNames      = []string{"disabled", "suspended", "deleted", "blocked", "archived", "locked", "removed", "deactivated", "inactive", "banned", "terminated", "revoked", "offboarding", "offboarded", "lockedout", "deprovisioned"}
	removalNames = []string{"deleted", "removed", "archived", "terminated", "offboarded", "deprovisioned"} // of these
	adminNames   = []string{"admin", "owner", "superuser", "root"}
	roleNames    = []string{"role", "roles", "userrole", "userroles", "memberrole", "roleid", "roleids", "rolename", "rolenames", "accesslevel", "permissionlevel", "grants"}
	roleKeys     = []string{"id", "roleid", "value", "key", "code", "slug"} // in an object that is a role
	roleTitles   = []string{"name", "rolename", "title", "displayname", "display", "label"}
	activeWords  = []string{"active", "enabled", "activated", "ok", "live", "current", "registered", "accepted", "joined", "confirmed", "member"}
	pendingWords = []string{"invited", "pending", "provisioned", "staged", "unconfirmed", "unverified", "waiting", "created", "new"}
	inactWords   = []string{"inactive", "disabled", "deactivated", "suspended", "deleted", "removed", "blocked", "archived", "locked", "terminated", "left", "former", "revoked", "expired", "banned"}
)

// lastName is the name of a field without what leads to it.
func lastName(path string) string {
	name := path[strings.LastIndex(path, ".")+1:]
	name, _, _ = strings.Cut(name, "[")
	return plain(name)
}

// hasName reports whether a field has one of some names, also behind is, was or
// before At.
func hasName(path string, names []string) bool {
	name := lastName(path)
	for _, bare := range []string{name, strings.TrimPrefix(name, "is"), strings.TrimSuffix(name, "at"), strings.TrimSuffix(name, "on")} {
		if slices.Contains(names, bare) {
			return true
		}
	}
	return false
}

// ranked are the fields with a score above 0, the highest first; of equals, the one
// that lies least deep, and then the first by name.
func (c *fieldCounts) ranked(score func(path string, l *leaf) int) []string {
	var paths []string
	scores := make(map[string]int)
	for _, path := range sortedNames(c.leaves) {
		if scores[path] = score(path, c.leaves[path]); scores[path] > 0 {
			paths = append(paths, path)
		}
	}
	slices.SortStableFunc(paths, func(a, b string) int {
		return cmp.Or(cmp.Compare(scores[b], scores[a]), cmp.Compare(strings.Count(a, "."), strings.Count(b, ".")))
	})
	return paths
}

// best is the first of the ranked fields, "" if there is none.
func (c *fieldCounts) best(score func(path string, l *leaf) int) string {
	return first(c.ranked(score))
}

// oneIf scores 1 for what is so, else 0.
func oneIf(is func(path string, l *leaf) bool) func(string, *leaf) int {
	return func(path string, l *leaf) int {
		if is(path, l) {
			return 1
		}
		return 0
	}
}

func first(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return words[0]
}

// distinct are the fields that hold other values than those before them.
func (c *fieldCounts) distinct(paths []string) (kept []string) {
	for _, path := range paths {
		if !slices.ContainsFunc(kept, func(other string) bool { return maps.Equal(c.leaves[path].words, c.leaves[other].words) }) {
			kept = append(kept, path)
		}
	}
	return kept
}

// isID says that a field is different in each row.
func (c *fieldCounts) isID(l *leaf) bool {
	kind := l.kind()
	return (kind == isText || kind == isNumber) && l.filled == c.sampled && len(l.words) == c.sampled && l.emails == 0 && l.times < l.filled
}

// idsIn are what may be the id of a row or, with a prefix, of an object in it, the
// likeliest first.
func (c *fieldCounts) idsIn(prefix string) []string {
	return c.ranked(func(path string, l *leaf) int {
		name, inside := strings.CutPrefix(path, prefix)
		if !inside || !c.isID(l) || strings.Contains(name, "[") {
			return 0
		}
		deep := 1 + strings.Count(name, ".") // what lies deeper is more often the id of something else
		switch plain := lastName(path); {
		case plain == "id":
			return 12 / deep
		case plain == "userid" || plain == "uid" || plain == "uuid" || plain == "guid" || plain == "personid" || plain == "memberid":
			return 10 / deep
		case strings.HasSuffix(plain, "id") || strings.HasSuffix(plain, "number") || plain == "key" || plain == "code" || plain == "slug":
			return 8 / deep
		}
		return 0
	})
}

func (c *fieldCounts) bestID(prefix string) string { return first(c.idsIn(prefix)) }

// named is the field with one of some names whose values may be what it says.
func (c *fieldCounts) named(names []string, may func(*leaf) bool) string {
	return c.best(func(path string, l *leaf) int {
		if i := slices.Index(names, lastName(path)); i >= 0 && may(l) && !strings.Contains(path, "[") {
			return len(names) - i
		}
		return 0
	})
}

// guessUsers finds what the rows of the list of users hold.
func (f *facts) guessUsers(c *fieldCounts, organization string) {
	f.fields = c
	f.emails = c.ranked(func(path string, l *leaf) int {
		if 2*l.emails <= l.filled || 2*l.filled < c.sampled {
			return 0
		}
		score := 1
		if len(l.words) == c.sampled {
			score += 8
		}
		if name := lastName(path); name == "email" || name == "emailaddress" || name == "mail" {
			score += 4
		}
		return score
	})
	f.email = first(f.emails)
	prefix := f.email[:strings.LastIndex(f.email, ".")+1]
	f.ids = c.idsIn("")
	f.id = first(f.ids)
	if own := c.bestID(prefix); prefix != "" && own != "" {
		f.id, f.member = own, f.id
	} else if prefix == "" {
		f.member = c.best(oneIf(func(path string, l *leaf) bool {
			name := lastName(path)
			return c.isID(l) && path != f.id && strings.Contains(name, "member") && strings.HasSuffix(name, "id")
		}))
	}
	f.emails = c.distinct(f.emails)
	f.ids = c.distinct(f.ids)
	text := func(l *leaf) bool { return l.kind() == isText && l.emails == 0 && l.times == 0 }
	f.given, f.family = c.named(givenNames, text), c.named(familyNames, text)
	if f.given == "" && f.family == "" {
		f.full = c.named(fullNames, text)
	}
	f.times = make(map[string]string)
	for use, hints := range map[string][]string{"created": {"creat", "added", "joined", "since", "registered"}, "modified": {"updat", "modif", "chang"}} {
		f.times[use] = c.best(func(path string, l *leaf) int {
			i := slices.IndexFunc(hints, func(hint string) bool { return strings.Contains(lastName(path), hint) })
			if i < 0 || l.times == 0 || l.times < l.filled || strings.HasPrefix(lastName(path), "last") && use == "created" {
				return 0
			}
			return len(hints) - i
		})
	}
	f.org = c.best(oneIf(func(_ string, l *leaf) bool { return l.words[organization] == c.sampled }))
	f.others = make(map[string]string)
	for _, path := range sortedNames(c.leaves) {
		if attribute := attributeFor(path, c.leaves[path]); attribute != "" && path != f.email && path != f.full && path != f.org && f.others[attribute] == "" {
			f.others[attribute] = path
		}
	}
	f.guessStatus(c)
}

// guessStatus finds the field that tells who has access, and what its values mean.
func (f *facts) guessStatus(c *fieldCounts) {
	field := c.best(func(path string, l *leaf) int {
		switch kind := l.kind(); {
		case strings.Contains(path, "["):
			return 0
		case l.isYesOrNo() && saysItself(path):
			if len(l.words) > 1 {
				return 7
			}
			return 5
		case kind == isText && l.times == 0 && l.isSet() && hasName(path, statusNames) && slices.ContainsFunc(sortedNames(l.words), func(word string) bool { return meaning(word) != "" }):
			if len(l.words) > 1 {
				return 8
			}
			return 6
		case l.times == l.filled && (l.present == c.sampled || l.filled > 0) && l.filled < c.sampled && hasName(path, noNames):
			return 4
		}
		return 0
	})
	if field == "" {
		return
	}
	l := c.leaves[field]
	f.status = &statusFacts{field: field}
	switch {
	case l.isYesOrNo():
		f.status.yesOrNo(l, hasName(field, yesNames))
		if l.filled < c.sampled { // where it is missing it says the usual
			f.status.absent = "active"
		}
	case l.kind() == isText && l.times == 0:
		f.status.words(l.words)
	default:
		f.status.guessed = l.present < c.sampled // how the key goes away again is not seen
		f.status.absent = "active"
		if f.status.byRemoval = hasName(field, removalNames); !f.status.byRemoval {
			f.status.active, f.status.inactive = []any{nil}, []any{"{now}"}
		}
	}
}

// noWords are texts and numbers that say no, each with the one that says yes.
var noWords = map[string]string{"no": "yes", "n": "y", "false": "true", "0": "1", "off": "on"}

func saysNo(word string) bool { return word == "" || noWords[fold(word)] != "" }

func saysYes(word string) bool {
	for _, yes := range noWords {
		if yes == fold(word) {
			return true
		}
	}
	return false
}

// isYesOrNo reports whether a field is true or false, or says the same by numbers or
// words.
func (l *leaf) isYesOrNo() bool {
	for word := range l.words {
		if !saysNo(word) && !saysYes(word) {
			return false
		}
	}
	kind := l.kind()
	return len(l.words) > 0 && (kind == isFlag || kind == isText || kind == isNumber)
}

// yesOrNo writes the two values of a status that says yes or no as Suger does. One
// that nobody has is the counterpart of the other.
func (s *statusFacts) yesOrNo(l *leaf, yesIsAccess bool) {
	as := func(word string) any {
		switch l.kind() {
		case isNumber:
			return json.Number(word)
		case isFlag:
			return word == "true"
		}
		return word
	}
	seen := sortedNames(l.words)
	if len(seen) == 1 {
		seen, s.guessed = append(seen, counterpart(seen[0])), l.kind() != isFlag
	}
	for _, word := range seen {
		if saysYes(word) == yesIsAccess {
			s.active = append(s.active, as(word))
		} else {
			s.inactive = append(s.inactive, as(word))
		}
	}
}

// counterpart is the no to a yes, and the yes to a no.
func counterpart(word string) string {
	for no, yes := range noWords {
		switch fold(word) {
		case no:
			return inCase(yes, word)
		case yes:
			return inCase(no, word)
		}
	}
	return word
}

// inCase is a word in the letter case of another.
func inCase(word, like string) string {
	switch {
	case like == strings.ToLower(like):
		return word
	case like == strings.ToUpper(like) && len(like) > 1:
		return strings.ToUpper(word)
	}
	return strings.ToUpper(word[:1]) + word[1:]
}

// words sorts the words of a status by what they mean. One that is not known is
// left out, so that the check names it.
func (s *statusFacts) words(words map[string]int) {
	for _, word := range sortedNames(words) {
		switch meaning(word) {
		case "active":
			s.active = slices.Insert(s.active, 0, any(word))
		case "pending":
			s.active, s.pending = append(s.active, word), append(s.pending, word)
		case "inactive":
			s.inactive = append(s.inactive, word)
		}
	}
	like := sortedNames(words)[0]
	if len(s.inactive) == 0 {
		opposite := "inactive"
		if slices.ContainsFunc(s.active, func(word any) bool { return plain(fmt.Sprint(word)) == "enabled" }) {
			opposite = "disabled"
		}
		s.inactive, s.guessed = []any{inCase(opposite, like)}, true
	}
	if len(s.active) == len(s.pending) {
		s.active, s.guessed = slices.Insert(s.active, 0, any(inCase("active", like))), true
	}
}

// meaning is what a word of a status usually means, "" if it is not known.
func meaning(word string) string {
	for is, words := range map[string][]string{"active": activeWords, "pending": pendingWords, "inactive": inactWords} {
		if slices.Contains(words, plain(word)) {
			return is
		}
	}
	return ""
}

// guessRoleField finds the field that holds the role. Names and ids are told apart
// by the list of roles, if there is one.
func (f *facts) guessRoleField(roles *roleList) {
	c := f.fields
	f.flags = c.ranked(powerFlag)
	field := c.best(func(path string, l *leaf) int {
		if strings.Contains(path, "[") || strings.Contains(path, ".") && hasName(path[:strings.LastIndex(path, ".")], roleNames) {
			return 0
		}
		score := 0
		switch i := slices.Index(roleNames, lastName(path)); {
		case i >= 0:
			score = len(roleNames) - i
		case strings.Contains(lastName(path), "role"):
			score = 1
		}
		kind := l.kind()
		switch {
		case (kind == isText || kind == isNumber) && roles.haveAll(l.words):
			score += 16
		case (kind == isText || kind == isNumber) && l.emails == 0 && l.times == 0 && len(l.words) <= maxWords:
		case kind == isObject, kind == isList:
		default:
			score = 0
		}
		return score
	})
	if field == "" {
		return
	}
	l := c.leaves[field]
	f.role = roleField{field: field, many: l.kind() == isList, words: l.words}
	inside := field
	if f.role.many {
		inside = field + "[0]"
	}
	if element := c.leaves[inside]; element != nil {
		f.role.words = element.words
	}
	for _, path := range sortedNames(c.leaves) {
		name, within := strings.CutPrefix(path, inside+".")
		switch {
		case !within || strings.Contains(name, "."):
		case f.role.id == "" && (slices.Contains(roleKeys, lastName(name)) || f.role.name == "" && lastName(name) == "role"):
			f.role.id, f.role.words = name, c.leaves[path].words
		case f.role.name == "" && slices.Contains(roleTitles, lastName(name)):
			f.role.name = name
		}
	}
	for word := range f.role.words {
		_, isID := roles.byID(word)
		_, isName := roles.byName(word)
		f.role.byName = f.role.byName || f.role.id == "" && f.role.name == "" && isName && (!isID || strings.HasSuffix(lastName(field), "name"))
	}
}
