package check

import (
	"cmp"
	"slices"
	"strings"

	"suger-scim-gateway/mapping/spec/strict"
)

// Parts of names by which a field is recognised whose values say little.
var nameHints = map[string][]string{
	"id":              {"id"},
	"organization":    {"org", "tenant", "workspace"},
	"created":         {"creat", "added", "joined"},
	"modified":        {"updat", "modif", "chang"},
	"status":          {"status", "state", "active", "enabled", "disabled", "removed", "deleted"},
	"role":            {"role"},
	"name.givenName":  {"first", "given"},
	"name.familyName": {"last", "family", "sur"},
}

// candidates are fields of Suger's that could be what a use is looking for, the
// likeliest first, at most three. r may be nil.
func (c *fieldCounts) candidates(u *use, roles *roleList) []string {
	type candidate struct {
		path  string
		score int
	}
	var found []candidate
	for _, path := range sortedNames(c.leaves) {
		if score := c.likeness(u, path, c.leaves[path], roles); score > 0 && !c.isUsed(path) {
			found = append(found, candidate{path, score})
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return cmp.Compare(b.score, a.score) })
	var paths []string
	for _, f := range found {
		if f.score == found[0].score && len(paths) < 3 {
			paths = append(paths, f.path)
		}
	}
	return paths
}

// likeness is 0 if a field cannot be what a use looks for.
func (c *fieldCounts) likeness(u *use, path string, l *leaf, roles *roleList) int {
	name := path[strings.LastIndex(path, ".")+1:]
	var same, near bool
	for _, mapped := range u.field.Scalars() {
		wanted := mapped[strings.LastIndex(mapped, ".")+1:]
		_, nearly := strict.Nearest(wanted, []string{name})
		same, near = same || plain(name) == plain(wanted), near || nearly
	}
	score := 0
	switch {
	case same:
		score = 8
	case slices.ContainsFunc(nameHints[u.name], func(hint string) bool { return strings.Contains(fold(name), hint) }):
		score = 4
	case near:
		score = 2
	}
	kind := l.kind()
	plausible := kind == isText
	switch u.name {
	case "id":
		plausible = (kind == isText || kind == isNumber) && l.filled == c.sampled && len(l.values) == c.sampled && l.emails == 0 && l.times == 0
	case "userName":
		plausible = kind == isText && 2*l.emails > l.filled
		score += 16
	case "created", "modified":
		plausible = l.filled > 0 && l.times == l.filled
	case "status":
		plausible = kind == isFlag || kind == isText && l.isSet() || l.times > 0
	case "role":
		plausible = kind == isObject || kind == isList || l.isSet()
		if kind == isText && roles != nil && roles.haveAll(l.words) {
			score += 16
		}
	}
	if !plausible {
		return 0
	}
	return score
}

// isUsed reports whether the mapping names the field in a place that works, or
// it is a part of a role.
func (c *fieldCounts) isUsed(path string) bool {
	return slices.ContainsFunc(c.uses, func(u *use) bool {
		return u.present > 0 && slices.ContainsFunc(u.field.Scalars(), func(used string) bool {
			return path == used || u.name == "role" && within(path, used)
		})
	})
}

// within reports whether a path leads into what another names.
func within(path, outer string) bool {
	rest, ok := strings.CutPrefix(path, outer)
	return ok && rest != "" && (rest[0] == '.' || rest[0] == '[')
}

// use finds the field for a purpose.
func (c *fieldCounts) use(name string) *use {
	for _, u := range c.uses {
		if u.name == name {
			return u
		}
	}
	return nil
}
