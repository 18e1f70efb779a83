package mapping

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping/spec"
)

type role struct {
	id            string
	raw           any // the id as Suger writes it, a string or a json.Number
	name          string
	description   string
	permissions   any    // as Suger writes them, nil if unknown
	group         string // the name it carries as a SCIM group
	word          string // how the extension names it: by name, or by id if the name could be another role's
	standard      bool   // cannot be renamed or deleted
	administrator bool   // may manage users
	doubtful      bool   // bears the name of a known role and is another: whether it has its rights is unknown
	tier          int    // place in the mapping's precedence, 0 the most powerful
	powerless     bool   // has no permissions, so it outranks nothing
	created       string // RFC 3339 in UTC with milliseconds, or ""
	modified      string
	drift         []string // fields that are not as the mapping says but are not needed
}

// newRole returns a role that is to be made for a pushed group.
func (m *model) newRole(name string) *role {
	powerless := m.doc.Role.Permissions.Given() && len(m.doc.Role.Template.Permissions) == 0 // as a list will show it
	r := &role{name: name, group: name, word: name, powerless: powerless}
	r.tier = m.tierOf(r)
	return r
}

// tierOf returns the place of a role in the mapping's precedence.
func (m *model) tierOf(r *role) int {
	tier, ranked := m.precedence[fold(r.name)]
	switch {
	case r.powerless:
		return math.MaxInt
	case ranked && !r.doubtful:
		return tier
	}
	return m.others
}

// includes reports whether holding the role is known to be at least as much as
// holding another: both are in the mapping's order by name, and it is higher.
func (r *role) includes(other *role) bool {
	return r.standard && other.standard && r.above(other)
}

// above reports whether the role is more powerful than another: by the mapping's
// precedence, and by name among those that it ranks equally.
func (r *role) above(other *role) bool {
	return other == nil || r.compare(other) < 0
}

// compare orders roles by power, for a list.
func (r *role) compare(other *role) int {
	return cmp.Or(cmp.Compare(r.tier, other.tier), strings.Compare(fold(r.name), fold(other.name)), strings.Compare(r.id, other.id))
}

// A catalogue holds the roles of one organization, most powerful first.
type catalogue struct {
	roles    []*role
	whole    bool // all roles are in it; otherwise only those that the mapping knows by id
	missing  bool // Suger did not give its list: there may be custom roles that are not in it
	unlisted int  // tier of a role that somebody holds and that is not in it: nobody may lose it for a lesser one
}

// readRole reads one role of the role list. A plain string is its own id and name.
func (m *model) readRole(record any) (*role, error) {
	if word, ok := spec.Text(record); ok && word != "" {
		return &role{id: word, raw: record, name: word}, nil
	}
	in := &m.doc.Role
	id, err := fieldText(record, in.ID)
	if err != nil || id == "" {
		return nil, misfit(in.ID.String(), "a role without %s", in.ID)
	}
	name, err := fieldText(record, in.Name)
	if err != nil || name == "" {
		return nil, misfit(in.Name.String(), "a role without %s", in.Name)
	}
	r := &role{id: id, name: name}
	r.raw, _ = in.ID.In(record)
	r.description, _ = fieldText(record, in.Description)
	if _, there := in.Description.In(record); !there && in.Description.Given() {
		r.drift = []string{in.Description.String()}
	}
	permissions, shown := in.Permissions.In(record)
	r.permissions = permissions
	if list, isList := permissions.([]any); isList || permissions == nil {
		r.powerless = shown && len(list) == 0
	}
	r.created, r.modified = fieldTime(record, in.Created), fieldTime(record, in.Modified)
	return r, nil
}

// newCatalogue completes listed roles by the mapping's known ones, and puts them in order.
// groups are the names that roles carry as SCIM groups.
func (m *model) newCatalogue(listed []*role, groups map[string]string, whole bool) *catalogue {
	c := &catalogue{roles: listed, whole: whole, unlisted: m.others}
	if slices.ContainsFunc(listed, func(r *role) bool { return r.permissions != nil }) {
		for _, r := range listed { // where some show permissions, one that shows none has none
			r.powerless = r.powerless || r.permissions == nil
		}
	}
	for _, known := range m.doc.Role.Known {
		id := known.IDText()
		r := c.byID(id)
		if id == "" {
			r = c.byRef(roleRef{name: known.Name})
		}
		switch {
		case r != nil:
		case id != "":
			r = &role{id: id, raw: known.ID, name: known.Name}
			c.roles = append(c.roles, r)
		case whole && len(listed) == 0:
			r = &role{id: known.Name, raw: known.Name, name: known.Name}
			c.roles = append(c.roles, r)
		default:
			continue
		}
		r.standard, r.powerless = true, false
		r.administrator = known.Administrator
		r.description = cmp.Or(r.description, known.Description)
	}
	for _, r := range c.roles {
		for _, known := range m.doc.Role.Known {
			if !r.standard && sameName(r.name, known.Name) {
				r.doubtful, r.administrator = true, known.Administrator
			}
		}
		r.group = r.name
		for _, group := range sortedKeys(groups) {
			if target := fold(cleanName(groups[group])); target == fold(r.id) || target == fold(cleanName(r.name)) {
				r.group = group
			}
		}
		r.tier = m.tierOf(r)
	}
	slices.SortFunc(c.roles, (*role).compare)
	for _, r := range c.roles {
		r.word = r.name
		if found, err := c.named(r.name); err != nil || found != r {
			r.word = r.id
		}
	}
	return c
}

// errUnlisted is for a role of which a catalogue without Suger's list cannot say
// whether it exists.
func errUnlisted() error {
	return scim.NewError(scim.CodeUnsupported,
		"Suger does not give its list of roles (%q), so the gateway cannot tell whether this group exists. Nothing was changed. Run the check command, and correct the mapping file.", spec.OpListRoles)
}

func (c *catalogue) byID(id string) *role {
	return c.first(func(r *role) bool { return r.id == id })
}

// byRef finds the role that a user's record names, rather by its exact id.
func (c *catalogue) byRef(ref roleRef) *role {
	if r := c.byID(ref.id); r != nil {
		return r
	}
	return c.first(ref.means)
}

func (c *catalogue) first(is func(*role) bool) *role {
	if at := slices.IndexFunc(c.roles, is); at >= 0 {
		return c.roles[at]
	}
	return nil
}

func (c *catalogue) knows(refs []roleRef) bool {
	return !slices.ContainsFunc(refs, func(ref roleRef) bool { return c.byRef(ref) == nil })
}

// named finds the role, or nil, that a SCIM client means by its id, its name or the name of
// its group, in any letter case. A word that fits several is an error.
func (c *catalogue) named(word string) (*role, error) {
	if r := c.byID(word); r != nil {
		return r, nil
	}
	var found []*role
	for _, r := range c.roles {
		if fold(word) == fold(r.id) || sameName(word, r.name) || sameName(word, r.group) {
			found = append(found, r)
		}
	}
	switch len(found) {
	case 0:
		return nil, nil
	case 1:
		return found[0], nil
	}
	return nil, scim.NewError(scim.CodeAmbiguousRole,
		"%q is the name of %d Suger roles. Rename one of them in Suger, or send a role's id: %s.",
		scim.Clip(word, 80), len(found), joinWords(found, func(r *role) string { return r.id }))
}

func (c *catalogue) unknown(word string) error {
	return scim.NewError(scim.CodeUnknownRole, "Suger has no role %q. Its roles are: %s.",
		scim.Clip(word, 80), joinWords(c.roles, (*role).label))
}

func (r *role) label() string {
	if r.group != r.name {
		return r.name + " (" + r.group + ")"
	}
	return r.name
}

func highest(roles []*role) *role {
	var best *role
	for _, r := range roles {
		if r.above(best) {
			best = r
		}
	}
	return best
}

// joinWords lists at most 30 names for a message.
func joinWords[T any](list []T, name func(T) string) string {
	const most = 30
	words := make([]string, 0, min(len(list), most))
	for i, item := range list {
		if i == most {
			words = append(words, fmt.Sprintf("and %d more", len(list)-most))
			break
		}
		words = append(words, scim.Clip(name(item), 80))
	}
	return strings.Join(words, ", ")
}
