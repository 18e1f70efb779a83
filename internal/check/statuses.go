package check

import (
	"fmt"
	"slices"
	"strings"

	"suger-scim-gateway/mapping/spec"
)

// unreadBlocks names the fields that by their names block people, do so for somebody,
// and are not read by the mapping: those people would count as having access.
func (r *run) unreadBlocks() {
	c := r.users.fields
	for _, path := range sortedNames(c.leaves) {
		l := c.leaves[path]
		if strings.Contains(path, "[") || c.isUsed(path) || !saysItself(path) || l.kind() == isObject || l.kind() == isList {
			continue
		}
		blocked := l.filled
		for word, users := range l.words {
			if hasName(path, noNames) && saysNo(word) || hasName(path, yesNames) && !saysNo(word) {
				blocked -= users
			}
		}
		if blocked > 0 && (!r.Document.Access.Shows() || blocked > r.users.count-r.users.access) {
			r.add(r.line("access", Fail, "access", "The mapping does not read %s, which blocks %s by its name: they count as having access.", path, ofUsers(blocked, r.users.count)).
				advise("Set access.field: %s, and list which of its values mean access (active) and which do not (inactive).", path))
		}
	}
}

// statuses reports the words of the status and what they mean to the mapping.
func (r *run) statuses() {
	switch u := r.users.fields.use("status"); {
	case !r.Document.Access.Shows():
		r.add(r.noStatus())
	case u.present > 0 && r.users.readable() > 0: // otherwise it is reported already
		r.add(r.statusWords(u))
	}
}

// noStatus looks for a field that may be a status where the mapping has none.
func (r *run) noStatus() Line {
	if like := r.candidates("status"); like != nil {
		return r.line("status", Warn, "access.end", "The mapping has none, so only removal ends access. But %s in Suger's users looks like one.", either(like)).
			advise("Add access.field if it shows who has access.")
	}
	if path := r.users.fields.unreadStatus(); path != "" && !r.users.fields.isUsed(path) {
		return r.line("status", Warn, "access.end", "The mapping has none, so everybody in the list counts as having access. But %s is called like a status, and nothing shows what its values mean: %s.",
			path, tally(r.users.fields.leaves[path].words)).
			advise("Compare people with Suger's console. If it shows who has access, set access.field: %s, and list which of its values mean access (active) and which do not (inactive).", path)
	}
	return r.line("status", OK, "access.end", "The mapping has none: only removal ends access.")
}

func (r *run) statusWords(u *use) Line {
	in := &r.Document.Access
	with := fmt.Sprintf("%s with access, %d of them invited, and %d without.", count(r.users.access, "user"), r.users.pending, r.users.count-r.users.access)
	line := func(level Level, format string, args ...any) Line {
		return r.line("status words", level, "access", format, args...)
	}
	switch reversed := r.reversed(u); {
	case reversed != "":
		return line(Fail, "%s With this file, a new user would have no access, and ending access would give it.", reversed).
			propose(fix("access.active", in.Inactive), fix("access.inactive", in.Active))
	case len(r.users.unknown) > 0:
		return line(Fail, "%s", r.unknownStatus()).advise("List in access which of them mean access (active) and which do not (inactive).").propose(r.meaningFixes()...)
	case r.users.count > 3 && 2*r.users.access < r.users.count && !saysItself(u.field.String()):
		level := Warn
		if u.kind() == isFlag { // and the name does not say which is which: there is no other sign
			level = Fail
		}
		return line(level, "Most users have no access: %s Often such a mapping is reversed.", with).
			advise("Compare a few people with Suger's console. If the mapping is reversed, swap active and inactive.")
	case len(in.Active)+len(in.Inactive) > 0 && (u.kind() == isText || u.kind() == isFlag) && (wordsAreSet(r.users.statuses, r.users.count) || r.ShowPersonal):
		with = tally(r.users.statuses) + ": " + with
	}
	return line(OK, "%s", with)
}

// unreadStatus is a field that is called like a status and holds numbers or words of
// which none is usual, "" if there is none.
func (c *fieldCounts) unreadStatus() string {
	return c.best(oneIf(func(path string, l *leaf) bool {
		name, kind := lastName(path), l.kind()
		called := hasName(path, statusNames) || strings.HasSuffix(name, "status") || strings.HasSuffix(name, "state")
		return called && !strings.Contains(path, "[") && (kind == isText || kind == isNumber) && l.times == 0 && len(l.words) > 1 && l.isSet()
	}))
}

// saysItself reports whether a field says by its name which values mean access.
func saysItself(field string) bool { return hasName(field, yesNames) || hasName(field, noNames) }

// reversed explains why the status means the opposite of what the mapping says, ""
// if there is no sign of it.
func (r *run) reversed(u *use) string {
	in, field := &r.Document.Access, u.field.String()
	yes, no := spec.WordsOf(in.Active), spec.WordsOf(in.Inactive)
	switch {
	case u.kind() == isFlag && hasName(field, noNames) && (yes.Has("true") || no.Has("false")):
		return fmt.Sprintf("The field is called %s, and the mapping takes true for access.", field)
	case u.kind() == isFlag && hasName(field, yesNames) && (yes.Has("false") || no.Has("true")):
		return fmt.Sprintf("The field is called %s, and the mapping takes false for access.", field)
	}
	for _, word := range sortedNames(r.users.statuses) {
		if is := meaning(word); is == "inactive" && yes.Has(word) || is == "active" && no.Has(word) {
			return fmt.Sprintf("In the mapping %s means the opposite of its usual meaning.", word)
		}
	}
	return ""
}

// meaningFixes put the words that the mapping does not know where they belong, as
// far as they are usual ones.
func (r *run) meaningFixes() (found []Fix) {
	in := &r.Document.Access
	for _, list := range []struct {
		key   string
		words []any
	}{{"active", in.Active}, {"pending", in.Pending}, {"inactive", in.Inactive}} {
		words := slices.Clone(list.words)
		for _, word := range sortedNames(r.users.unknown) {
			if is := meaning(word); is == list.key || is == "pending" && list.key == "active" {
				words = append(words, word)
			}
		}
		if len(words) > len(list.words) {
			found = append(found, fix("access."+list.key, words))
		}
	}
	return found
}

// unknownStatus describes words that the mapping does not know. They are shown
// if they are few, since many different ones may be anybody's data.
func (r *run) unknownStatus() string {
	n := 0
	for _, users := range r.users.unknown {
		n += users
	}
	const counts = "They count as having access."
	if users, absent := r.users.unknown[""]; absent && len(r.users.unknown) == 1 {
		return fmt.Sprintf("%s have no status. %s", ofUsers(users, r.users.count), counts)
	}
	if wordsAreSet(r.users.unknown, n) || r.ShowPersonal {
		return fmt.Sprintf("The mapping does not know the status of %s: %s. %s", ofUsers(n, r.users.count), tally(r.users.unknown), counts)
	}
	return fmt.Sprintf("The mapping does not know the status of %s, which has %d different values: the field may not be a status. %s",
		ofUsers(n, r.users.count), len(r.users.unknown), counts)
}
