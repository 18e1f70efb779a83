package check

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Names of fields as plain writes them.
var (
	namesFor = map[string][]string{
		"name.givenName":  {"firstname", "givenname", "first", "given", "forename", "firstnames"},
		"name.familyName": {"lastname", "familyname", "surname", "last", "family", "sn", "secondname"},
		"name.formatted":  {"name", "fullname", "displayname", "formatted", "formattedname", "realname"},
	}
	timeHints = map[string][]string{
		"created":  {"creat", "added", "joined", "since", "registered"},
		"modified": {"updat", "modif", "chang"},
	}
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

// ranked returns the fields with a score above 0, the highest first; equal ones by
// depth, then by name. Of fields in lists only those of addresses count.
func (c *fieldCounts) ranked(score func(path string, l *leaf) int) []string {
	var paths []string
	scores := make(map[string]int)
	for _, path := range sortedNames(c.leaves) {
		l := c.leaves[path]
		if scores[path] = score(path, l); scores[path] > 0 && (l.emails > 0 || !strings.Contains(path, "[")) {
			paths = append(paths, path)
		}
	}
	slices.SortStableFunc(paths, func(a, b string) int {
		return cmp.Or(cmp.Compare(scores[b], scores[a]), cmp.Compare(strings.Count(a, "."), strings.Count(b, ".")))
	})
	return paths
}

func (c *fieldCounts) best(score func(path string, l *leaf) int) string {
	return first(c.ranked(score))
}

// where returns the first field for which a condition is true, "" if there is none.
func (c *fieldCounts) where(is func(path string, l *leaf) bool) string {
	return c.best(func(path string, l *leaf) int {
		if is(path, l) {
			return 1
		}
		return 0
	})
}

func first(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return words[0]
}

// distinct returns the fields without those that repeat the values of an
// earlier one.
func (c *fieldCounts) distinct(paths []string) (kept []string) {
	for _, path := range paths {
		if !slices.ContainsFunc(kept, func(other string) bool { return maps.Equal(c.leaves[path].words, c.leaves[other].words) }) {
			kept = append(kept, path)
		}
	}
	return kept
}

// isID reports whether a field differs in each row.
func (c *fieldCounts) isID(l *leaf) bool {
	return l.isScalar() && l.filled == c.sampled && len(l.words) == c.sampled && l.emails == 0 && l.times < l.filled
}

// idsIn returns what may be the id of a row or, with a prefix, of an object in it,
// the likeliest first.
func (c *fieldCounts) idsIn(prefix string) []string {
	return c.ranked(func(path string, l *leaf) int {
		name, inside := strings.CutPrefix(path, prefix)
		deep := 1 + strings.Count(name, ".") // a deeper field is more often the id of something else
		switch plain := lastName(path); {
		case !inside || !c.isID(l):
			return 0
		case plain == "id":
			return 12 / deep
		case slices.Contains([]string{"userid", "uid", "uuid", "guid", "personid", "memberid"}, plain):
			return 10 / deep
		case strings.HasSuffix(plain, "id") || strings.HasSuffix(plain, "number") || plain == "key" || plain == "code" || plain == "slug":
			return 8 / deep
		}
		return 0
	})
}

// named returns the field with one of some names and plausible values.
func (c *fieldCounts) named(names []string, may func(*leaf) bool) string {
	return c.best(func(path string, l *leaf) int {
		if i := slices.Index(names, lastName(path)); i >= 0 && may(l) {
			return len(names) - i
		}
		return 0
	})
}

func (c *fieldCounts) emails() []string {
	return c.ranked(func(path string, l *leaf) int {
		if 2*l.emails <= l.filled || 2*l.filled < c.sampled {
			return 0
		}
		score := 1
		if len(l.words) == c.sampled {
			score += 8
		}
		if slices.Contains([]string{"email", "emailaddress", "mail"}, lastName(path)) {
			score += 4
		}
		return score
	})
}

// identity returns the id of the person in a row, and that of the membership where
// the row has one besides.
func (c *fieldCounts) identity() (id, member string) {
	id, prefix := first(c.idsIn("")), parentOf(first(c.emails()))
	if prefix == "" {
		return id, c.where(func(path string, l *leaf) bool {
			return c.isID(l) && path != id && strings.Contains(lastName(path), "member") && strings.HasSuffix(lastName(path), "id")
		})
	}
	if own := first(c.idsIn(prefix)); own != "" {
		return own, id
	}
	return id, ""
}

// parentOf returns what leads to a field, with the dot: "user." of
// "user.email".
func parentOf(path string) string { return path[:strings.LastIndex(path, ".")+1] }

// guess returns the field for a purpose of the mapping, "" if none looks like
// it.
func (c *fieldCounts) guess(purpose, organization string, roles roleList) string {
	text := func(l *leaf) bool { return l.kind() == isText && l.emails == 0 && l.times == 0 }
	switch hints := timeHints[purpose]; {
	case hints != nil:
		return c.best(func(path string, l *leaf) int {
			name := lastName(path)
			i := slices.IndexFunc(hints, func(hint string) bool { return strings.Contains(name, hint) })
			if i < 0 || l.times == 0 || l.times < l.filled || purpose == "created" && strings.HasPrefix(name, "last") {
				return 0
			}
			return len(hints) - i
		})
	case namesFor[purpose] != nil:
		return c.named(namesFor[purpose], text)
	case purpose == "id":
		id, _ := c.identity()
		return id
	case purpose == "organization":
		return c.where(func(_ string, l *leaf) bool { return l.words[organization] == c.sampled })
	case purpose == "userName":
		return first(c.emails())
	case purpose == "status":
		return c.status().field
	case purpose == "role":
		return c.role(roles).field
	}
	return ""
}

// A statusField is a field that tells who has access, and what its values mean.
type statusField struct {
	field                     string // "" if there is none
	active, pending, inactive []any
	absent                    string
	guessed                   bool // no inactive value was seen
	byRemoval                 bool // a time that a removal sets
}

// status finds the field that tells who has access.
func (c *fieldCounts) status() (s statusField) {
	s.field = c.best(func(path string, l *leaf) int {
		score := 0
		switch {
		case l.isYesOrNo() && saysItself(path):
			score = 5
		case l.kind() == isText && l.times == 0 && l.isSet() && hasName(path, statusNames) && slices.ContainsFunc(sortedNames(l.words), func(word string) bool { return means(path, word) != "" }):
			score = 6
		case l.times == l.filled && (l.present == c.sampled || l.filled > 0) && l.filled < c.sampled && hasName(path, noNames):
			return 4
		}
		if score > 0 && len(l.words) > 1 {
			score += 2
		}
		return score
	})
	l := c.leaves[s.field]
	switch {
	case l == nil:
		return s
	case !l.isYesOrNo() && (l.kind() != isText || l.times > 0):
		s.guessed = l.present < c.sampled // nothing shows how to remove the key again
		s.absent = "active"
		if s.byRemoval = hasName(s.field, removalNames); !s.byRemoval {
			s.active, s.inactive = []any{nil}, []any{"{now}"}
		}
		return s
	case l.isYesOrNo() && l.filled < c.sampled: // if missing, it means the usual value
		s.absent = "active"
	}
	for _, word := range sortedNames(l.words) {
		switch means(s.field, word) { // one that is not known is left out, so that the check names it
		case "active":
			s.active = slices.Insert(s.active, 0, l.value(word))
		case "pending":
			s.active, s.pending = append(s.active, l.value(word)), append(s.pending, l.value(word))
		case "inactive":
			s.inactive = append(s.inactive, l.value(word))
		}
	}
	// A value that nobody has is the counterpart of one that somebody has.
	like := sortedNames(l.words)[0]
	counterpart := func(usual string) []any {
		s.guessed = l.kind() != isFlag
		usual = cmp.Or(opposites[fold(like)], usual)
		if len(like) > 1 && like == strings.ToUpper(like) {
			usual = strings.ToUpper(usual)
		} else if like != strings.ToLower(like) {
			usual = strings.ToUpper(usual[:1]) + usual[1:]
		}
		return []any{l.value(usual)}
	}
	isEnabled := func(word string) bool { return plain(word) == "enabled" }
	switch words := sortedNames(l.words); {
	case len(s.inactive) > 0:
	case slices.ContainsFunc(words, isEnabled):
		s.inactive = counterpart("disabled")
	default:
		s.inactive = counterpart("inactive")
	}
	if len(s.active) == len(s.pending) {
		s.active = slices.Concat(counterpart("active"), s.active)
	}
	return s
}

func (l *leaf) value(word string) any {
	switch l.kind() {
	case isNumber:
		return json.Number(word)
	case isFlag:
		return word == "true"
	}
	return word
}

// opposites are the words and numbers that say yes and no, noes those that say no.
var (
	noes      = []string{"", "no", "n", "false", "0", "off"}
	opposites = map[string]string{"no": "yes", "yes": "no", "n": "y", "y": "n", "false": "true", "true": "false", "0": "1", "1": "0", "off": "on", "on": "off"}
)

func saysNo(word string) bool { return slices.Contains(noes, fold(word)) }

// isYesOrNo reports whether a field is a boolean, or has numbers or words for one.
func (l *leaf) isYesOrNo() bool {
	for word := range l.words {
		if opposites[fold(word)] == "" {
			return false
		}
	}
	return len(l.words) > 0 && (l.kind() == isFlag || l.isScalar())
}

// means returns what a value of a field usually means: active, pending or inactive; ""
// if that is not known.
func means(field, word string) string {
	switch {
	case hasName(field, noNames) && saysNo(word), hasName(field, yesNames) && !saysNo(word):
		return "active"
	case saysItself(field):
		return "inactive"
	}
	for is, words := range map[string][]string{"active": activeWords, "pending": pendingWords, "inactive": inactWords} {
		if slices.Contains(words, plain(word)) {
			return is
		}
	}
	return ""
}

// saysItself reports whether a field's name shows which values mean access.
func saysItself(field string) bool { return hasName(field, yesNames) || hasName(field, noNames) }

// unreadStatus returns a field that is called like a status and holds numbers or
// words of which none is usual, "" if there is none.
func (c *fieldCounts) unreadStatus() string {
	return c.where(func(path string, l *leaf) bool {
		called := hasName(path, statusNames) || strings.HasSuffix(lastName(path), "status") || strings.HasSuffix(lastName(path), "state")
		return called && l.isScalar() && l.times == 0 && len(l.words) > 1 && l.isSet()
	})
}

// A roleField is the field of a user that holds the role.
type roleField struct {
	field, id, name string // "" if there is none
	many, byName    bool
	words           map[string]int
}

// role finds the field that holds the role. Names and ids are told apart by the list
// of roles, if there is one.
func (c *fieldCounts) role(roles roleList) (r roleField) {
	r.field = c.best(func(path string, l *leaf) int {
		score := 0
		switch i := slices.Index(roleNames, lastName(path)); {
		case i >= 0:
			score = len(roleNames) - i
		case strings.Contains(lastName(path), "role"):
			score = 1
		}
		switch {
		case hasName(strings.TrimSuffix(parentOf(path), "."), roleNames):
			return 0
		case l.isScalar() && roles.haveAll(l.words):
			return score + 16
		case l.isScalar() && l.emails == 0 && l.times == 0 && len(l.words) <= maxWords, l.kind() == isObject, l.kind() == isList:
			return score
		}
		return 0
	})
	if r.field == "" {
		return r
	}
	inside := r.field
	if r.many = c.leaves[inside].kind() == isList; r.many && c.leaves[inside+"[0]"] != nil {
		inside += "[0]"
	}
	r.words = c.leaves[inside].words
	for _, path := range sortedNames(c.leaves) {
		name, within := strings.CutPrefix(path, inside+".")
		switch {
		case !within || strings.Contains(name, "."):
		case r.id == "" && (slices.Contains(roleKeys, lastName(name)) || r.name == "" && lastName(name) == "role"):
			r.id, r.words = name, c.leaves[path].words
		case r.name == "" && slices.Contains(roleTitles, lastName(name)):
			r.name = name
		}
	}
	for word := range r.words {
		_, isID := roles.byID(word)
		_, isName := roles.byName(word)
		r.byName = r.byName || r.id == "" && r.name == "" && isName && (!isID || strings.HasSuffix(lastName(r.field), "name"))
	}
	return r
}
