package check

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"suger-scim-gateway/mapping"
)

// Names of fields and their usual values, as plain writes them.
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
	yesNames     = []string{"active", "enabled", "hasaccess", "canlogin", "cansignin", "loginallowed", "signinallowed", "loginenabled", "signinenabled"}
	noNames      = []string{"disabled", "suspended", "deleted", "blocked", "archived", "locked", "removed", "deactivated", "inactive", "banned", "terminated", "revoked", "offboarding", "offboarded", "lockedout", "deprovisioned"}
	removalNames = []string{"deleted", "removed", "archived", "terminated", "offboarded", "deprovisioned"} // of these
	adminNames   = []string{"admin", "owner", "superuser", "root"}
	roleNames    = []string{"role", "roles", "userrole", "userroles", "memberrole", "roleid", "roleids", "rolename", "rolenames", "accesslevel", "permissionlevel", "grants"}
	roleKeys     = []string{"id", "roleid", "value", "key", "code", "slug", "role"} // in an object that is a role
	roleTitles   = []string{"name", "rolename", "title", "displayname", "display", "label"}
	statusWords  = map[string][]string{
		"active":   {"active", "enabled", "activated", "ok", "live", "current", "registered", "accepted", "joined", "confirmed", "member"},
		"pending":  {"invited", "pending", "provisioned", "staged", "unconfirmed", "unverified", "waiting", "created", "new"},
		"inactive": {"inactive", "disabled", "deactivated", "suspended", "deleted", "removed", "blocked", "archived", "locked", "terminated", "left", "former", "revoked", "expired", "banned"},
	}
	noWords   = []string{"", "no", "n", "false", "0", "off"}
	opposites = map[string]string{"no": "yes", "yes": "no", "n": "y", "y": "n", "false": "true", "true": "false", "0": "1", "1": "0", "off": "on", "on": "off"}
)

func lastName(path string) string {
	name := path[strings.LastIndex(path, ".")+1:]
	name, _, _ = strings.Cut(name, "[")
	return plain(name)
}

// hasName reports whether a field has one of some names, also behind is or before At.
func hasName(path string, names []string) bool {
	name := lastName(path)
	return slices.ContainsFunc(names, func(bare string) bool {
		return slices.Contains([]string{bare, "is" + bare, bare + "at", bare + "on"}, name)
	})
}

// ranked returns the fields with a score above 0, the highest first; equal ones by
// depth, then by name. Of fields in lists only those of addresses count.
func (c *fieldCounts) ranked(score func(path string, l *leaf) int) []string {
	scores := make(map[string]int)
	for path, l := range c.leaves {
		if n := score(path, l); n > 0 && (l.emails > 0 || !strings.Contains(path, "[")) {
			scores[path] = n
		}
	}
	return slices.SortedFunc(maps.Keys(scores), func(a, b string) int {
		return cmp.Or(scores[b]-scores[a], strings.Count(a, ".")-strings.Count(b, "."), cmp.Compare(a, b))
	})
}

func (c *fieldCounts) best(score func(path string, l *leaf) int) string {
	return first(c.ranked(score))
}

func (c *fieldCounts) where(is func(path string, l *leaf) bool) string {
	return c.best(func(path string, l *leaf) int {
		if is(path, l) {
			return 1
		}
		return 0
	})
}

// named returns the field with one of some names, the first if possible, and plausible
// values.
func (c *fieldCounts) named(names []string, may func(*leaf) bool) string {
	return c.best(func(path string, l *leaf) int {
		if i := slices.Index(names, lastName(path)); i >= 0 && may(l) {
			return len(names) - i
		}
		return 0
	})
}

func first(words []string) string { return append(words, "")[0] }

// parentOf returns what leads to a field, with the dot: "user." of "user.email".
func parentOf(path string) string { return path[:strings.LastIndex(path, ".")+1] }

// isID reports whether a field differs in each row.
func (c *fieldCounts) isID(l *leaf) bool {
	return l.isScalar() && l.filled == c.sampled && len(l.words) == c.sampled && l.emails == 0 && l.times < l.filled
}

// idsIn returns what may be the id of a row or, with a prefix, of an object in it, the
// likeliest first. A deeper field is more often the id of something else.
func (c *fieldCounts) idsIn(prefix string) []string {
	return c.ranked(func(path string, l *leaf) int {
		name, inside := strings.CutPrefix(path, prefix)
		deep := 1 + strings.Count(name, ".")
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

// emails returns the fields that hold addresses in most rows.
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

// guess returns the field for a purpose of the mapping, "" if none looks like it.
func (c *fieldCounts) guess(purpose, organization string, roles roleList) string {
	text := func(l *leaf) bool { return l.kind() == isText && l.emails == 0 && l.times == 0 }
	switch purpose {
	case "id":
		id, _ := c.identity()
		return id
	case "organization":
		return c.where(func(_ string, l *leaf) bool { return l.words[organization] == c.sampled })
	case "userName":
		return first(c.emails())
	case "status":
		return c.status().field
	case "role":
		return c.role(roles).field
	case "created", "modified":
		return c.best(func(path string, l *leaf) int {
			name, hints := lastName(path), timeHints[purpose]
			i := slices.IndexFunc(hints, func(hint string) bool { return strings.Contains(name, hint) })
			if i < 0 || l.times == 0 || l.times < l.filled || purpose == "created" && strings.HasPrefix(name, "last") {
				return 0
			}
			return len(hints) - i
		})
	}
	return c.named(namesFor[purpose], text)
}

type statusField struct {
	field                     string // "" if there is none
	active, pending, inactive []any
	absent                    string
	guessed                   bool // not all of the values were seen
	byRemoval                 bool // a time that a removal sets
}

// status finds the field that tells who has access: a flag or a word, otherwise a time
// that only some have.
func (c *fieldCounts) status() (s statusField) {
	s.field = c.best(func(path string, l *leaf) int {
		several := 2 * min(len(l.words)-1, 1)
		switch {
		case l.isYesOrNo() && saysItself(path):
			return 5 + several
		case l.kind() == isText && l.times == 0 && l.isSet() && hasName(path, statusNames) &&
			slices.ContainsFunc(sortedNames(l.words), func(word string) bool { return means(path, word) != "" }):
			return 6 + several
		case l.times == l.filled && (l.present == c.sampled || l.filled > 0) && l.filled < c.sampled && hasName(path, noNames):
			return 4
		}
		return 0
	})
	l := c.leaves[s.field]
	switch {
	case l == nil:
		return s
	case l.times == l.filled: // a time
		s.absent, s.byRemoval = "active", hasName(s.field, removalNames)
		if s.guessed = l.present < c.sampled; !s.byRemoval { // nothing shows how to remove the key again
			s.active, s.inactive = []any{nil}, []any{"{now}"}
		}
		return s
	case l.isYesOrNo() && l.filled < c.sampled: // if missing, it means the usual value
		s.absent = "active"
	}
	words := sortedNames(l.words)
	for _, word := range words {
		switch means(s.field, word) { // one that is not known is left out, so that the check names it
		case "active":
			s.active = slices.Insert(s.active, 0, l.value(word))
		case "pending":
			s.active, s.pending = append(s.active, l.value(word)), append(s.pending, l.value(word))
		case "inactive":
			s.inactive = append(s.inactive, l.value(word))
		}
	}
	if len(s.inactive) == 0 {
		s.inactive, s.guessed = []any{l.value(counterpart(words[0], "inactive"))}, l.kind() != isFlag
	}
	if len(s.active) == len(s.pending) {
		s.active, s.guessed = slices.Insert(s.active, 0, l.value(counterpart(words[0], "active"))), l.kind() != isFlag
	}
	return s
}

// counterpart returns a value that nobody has, in the letter case of one that somebody
// has: its opposite, if it has one, else another.
func counterpart(of, other string) string {
	word := cmp.Or(opposites[fold(of)], map[string]string{"enabled": "disabled", "disabled": "enabled"}[fold(of)], other)
	switch of {
	case strings.ToLower(of):
		return word
	case strings.ToUpper(of):
		return strings.ToUpper(word)
	}
	return strings.ToUpper(word[:1]) + word[1:]
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

// isYesOrNo reports whether a field is a boolean, or has numbers or words for one.
func (l *leaf) isYesOrNo() bool {
	isOther := func(word string) bool { return opposites[fold(word)] == "" }
	return len(l.words) > 0 && !slices.ContainsFunc(sortedNames(l.words), isOther)
}

// means returns what a value of a field usually means: active, pending or inactive; ""
// if that is not known.
func means(field, word string) string {
	saysNo := slices.Contains(noWords, fold(word))
	switch {
	case hasName(field, noNames) && saysNo, hasName(field, yesNames) && !saysNo:
		return "active"
	case saysItself(field):
		return "inactive"
	}
	for is, words := range statusWords {
		if slices.Contains(words, plain(word)) {
			return is
		}
	}
	return ""
}

// saysItself reports whether a field's name shows which values mean access.
func saysItself(field string) bool { return hasName(field, yesNames) || hasName(field, noNames) }

// looksLikeStatus reports whether a field is called like a status and has few values.
func looksLikeStatus(path string, l *leaf) bool {
	name := lastName(path)
	called := saysItself(path) || hasName(path, statusNames) || strings.HasSuffix(name, "status") || strings.HasSuffix(name, "state")
	return called && (l.isScalar() || l.kind() == isFlag) && l.isSet()
}

type roleField struct {
	field, id, name string // "" if there is none
	many, byName    bool
	words           map[string]int
}

// role finds the field that holds the role: by its values, if there is a list of roles,
// or by its name. The list also tells names and ids apart.
func (c *fieldCounts) role(roles roleList) (r roleField) {
	r.field = c.best(func(path string, l *leaf) int {
		score, i := 0, slices.Index(roleNames, lastName(path))
		if i >= 0 {
			score = len(roleNames) - i
		} else if strings.Contains(lastName(path), "role") {
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
	in := &fieldCounts{sampled: c.sampled, leaves: make(map[string]*leaf)} // of the role, where it is an object
	for path, l := range c.leaves {
		if name, ok := strings.CutPrefix(path, inside+"."); ok {
			in.leaves[name] = l
		}
	}
	own := in.roleFields()
	if r.id, r.name = own.id, own.name; r.id != "" {
		r.words = in.leaves[r.id].words
	}
	for word := range r.words {
		_, isID := roles.of(mapping.RoleName{ID: word})
		isName := roles.idsOf(word) != nil
		r.byName = r.byName || r.id == "" && r.name == "" && isName && (!isID || strings.HasSuffix(lastName(r.field), "name"))
	}
	return r
}
