package check

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
)

const opListRoles = "list roles"

// A roleList is the roles of the organization.
type roleList []mapping.RoleName

// of returns the role that a user's record names: by id, or by name if it has no id.
func (l roleList) of(ref mapping.RoleName) (role mapping.RoleName, ok bool) {
	i := slices.IndexFunc(l, func(role mapping.RoleName) bool {
		if ref.ID != "" {
			return role.ID == ref.ID
		}
		return fold(role.Name) == fold(ref.Name)
	})
	if i < 0 {
		return role, false
	}
	return l[i], true
}

// called returns the role that a word names, by id or name.
func (l roleList) called(word string) (mapping.RoleName, bool) {
	if role, ok := l.of(mapping.RoleName{ID: word}); ok {
		return role, true
	}
	return l.of(mapping.RoleName{Name: word})
}

// problem explains why a setting that names a role names none or several, "" if it
// names one.
func (l roleList) problem(word string) string {
	switch role, ok := l.called(word); {
	case !ok:
		return "which Suger does not have"
	case role.ID != word && len(l.idsOf(word)) > 1:
		return "which is the name of several roles: name its id"
	}
	return ""
}

// haveAll reports whether every word is the id or name of a role.
func (l roleList) haveAll(words map[string]int) bool {
	for word := range words {
		if _, ok := l.called(word); !ok {
			return false
		}
	}
	return len(words) > 0
}

func (l roleList) idsOf(name string) (ids []string) {
	for _, role := range l {
		if fold(role.Name) == fold(name) && !slices.Contains(ids, role.ID) {
			ids = append(ids, role.ID)
		}
	}
	return ids
}

func (l roleList) names() (names []string) {
	for _, role := range l {
		names = append(names, role.Name)
	}
	return names
}

// knows reports whether an entry of role.known is about a role.
func knows(known spec.KnownRole, role mapping.RoleName) bool {
	if known.ID != nil {
		return known.IDText() == role.ID
	}
	return fold(known.Name) == fold(role.Name)
}

// listRoles reads the role list, or takes the roles of the mapping if it has no
// such operation. It is nil if the list cannot be read.
func (r *run) listRoles(ctx context.Context) roleList {
	known := roleList{} // of the mapping
	// Suger's own data layer lists only custom roles: roles whose ids the mapping has
	// need not be in the list.
	fixed := true
	for _, role := range r.Document.Role.Known {
		known = append(known, mapping.RoleName{ID: cmp.Or(role.IDText(), role.Name), Name: role.Name})
		fixed = fixed && role.ID != nil
	}
	call, ok := r.probe.Call(opListRoles, nil)
	if !ok {
		r.note(opListRoles, OK, "role.known", "The mapping has no %q, so its known roles count as all: %s.", opListRoles, series(known.names()))
		return known
	}
	rows, _, err := r.readRows(ctx, call, r.probe.Paging(opListRoles), mostRows)
	if err != nil {
		r.listFailed(ctx, call, err)
		return nil
	}
	list := roleList{}
	for _, row := range rows {
		role, err := r.probe.ReadRole(decoded([]byte(row)))
		if err != nil {
			found := countFields([]any{decoded([]byte(row))}).roleFields()
			r.add(r.line(opListRoles, Fail, "role", "A role cannot be read: %v.", err).propose(fix("role.id", cmp.Or(found.id, found.name)), fix("role.name", found.name)))
			return nil
		}
		list = append(list, role)
	}
	isListed := func(role mapping.RoleName) bool {
		_, hasID := list.of(mapping.RoleName{ID: role.ID})
		return hasID || list.idsOf(role.Name) != nil
	}
	if fixed && !slices.ContainsFunc(known, isListed) {
		r.note(opListRoles, OK, "role.known", "%s: %s. %s are not listed; the mapping names them.",
			count(len(list), "custom role"), cmp.Or(series(list.names()), "none"), series(known.names()))
		list = slices.Concat(known, list) // the roles that users hold show whether the mapping's are right
	} else {
		r.note(opListRoles, OK, "", "%s: %s.", count(len(list), "role"), series(list.names()))
		r.knownRoles(list)
	}
	r.sameNames(list)
	return list
}

// sameNames names the roles that share a name. By it nobody can tell them apart.
func (r *run) sameNames(list roleList) {
	field := &r.Document.User.Roles
	for _, role := range list {
		ids := list.idsOf(role.Name)
		if len(ids) < 2 || ids[0] != role.ID {
			continue
		}
		line := r.line("role names", Warn, "role", "Suger has %d roles called %s (ids %s), which only an id tells apart.", len(ids), role.Name, series(ids)).
			advise("Rename all but one of them in Suger. Until then, SCIM clients have to send the id, and the mapping has to read and know these roles by id.")
		isMeant := func(known spec.KnownRole) bool { return known.ID == nil && knows(known, role) }
		if field.By == "name" || field.Name.Given() && !field.ID.Given() || slices.ContainsFunc(r.Document.Role.Known, isMeant) {
			line.Level = Fail
		}
		r.add(line)
	}
}

func (r *run) knownRoles(list roleList) {
	for i, known := range r.Document.Role.Known {
		entry, id := fmt.Sprintf("role.known[%d]", i), known.IDText()
		ids := list.idsOf(known.Name)
		if id == "" && ids != nil || slices.Contains(ids, id) {
			continue
		}
		missing := known.Name
		if id != "" {
			missing += " with the id " + id
		}
		r.add(r.line("known roles", Fail, entry, "Suger's list has no role %s.", missing).
			advise("Correct it: the roles are %s.", series(list.names())).propose(fixes(entry+".id", ids)...))
	}
}

func (r *run) rolesOfUsers() {
	if r.roles == nil || r.users.fields.use("role").present == 0 || r.users.read == 0 {
		return // reported before
	}
	if !r.severalRoles(r.users.fields, "") {
		r.add(r.heldRoles())
	}
	administrators := 0
	for held, users := range r.users.holders {
		role, ok := r.roles.of(held.RoleName)
		if ok && held.access && slices.ContainsFunc(r.Document.Role.Known, func(known spec.KnownRole) bool { return known.Administrator && knows(known, role) }) {
			administrators += users
		}
	}
	if administrators > 0 {
		r.note("administrators", OK, "role.known", "%s with access, not counting invitations; the gateway never removes the last.", count(administrators, "administrator"))
		return
	}
	r.add(r.line("administrators", Fail, "role.known", "Nobody with access has a role that the mapping marks as administrator, although every organization has one.").
		advise("Mark the role that manages users administrator: true, or correct user.roles."))
}

func (r *run) heldRoles() Line {
	known, unknown, n := make(map[string]int), make(map[string]int), 0
	isOther := false // the list has the word as a name where the mapping says id, or the reverse
	for held, users := range r.users.holders {
		role, ok := r.roles.of(held.RoleName)
		word := cmp.Or(held.ID, held.Name)
		if ok || word == "" {
			known[role.Name] += users
			continue
		}
		_, called := r.roles.called(word)
		unknown[word] += users
		n, isOther = n+users, isOther || called
	}
	if n == 0 {
		return r.line("roles of users", OK, "user.roles", "%s.", tally(known))
	}
	set, words := wordsAreSet(unknown, n), ""
	if set || r.ShowPersonal {
		words = ": " + tally(unknown)
	}
	line := r.line("roles of users", Fail, "user.roles", "%s with a role that is not in the list of roles%s.", count(n, "user"), words)
	switch by := r.Document.User.Roles.By; {
	case by != "" && isOther:
		return line.propose(fix("user.roles.by", map[string]string{"id": "name", "name": "id"}[by]))
	case set:
		var add []Fix
		for i, word := range sortedNames(unknown) {
			add = append(add, fix(fmt.Sprintf("role.known[%d]", len(r.Document.Role.Known)+i), map[string]any{"name": word, "id": word}))
		}
		return line.propose(add...).also("If the word is an id, correct the name.")
	}
	return line.advise("Compare user.roles and the role list with Suger's documentation.")
}

// severalRoles reports lists of several roles of which the mapping reads one, or none.
// where names the answers that have them.
func (r *run) severalRoles(c *fieldCounts, where string) (found bool) {
	if r.roles == nil || r.Document.User.Roles.Hold == "many" {
		return false
	}
	paths := sortedNames(c.leaves)
	for _, path := range paths {
		n := c.leaves[path].several
		isRead := slices.ContainsFunc(r.Document.User.Roles.Field.Scalars(), func(field string) bool { return field == path || strings.HasPrefix(field, path+"[") })
		hasRoles := func(inside string) bool { return within(inside, path) && r.roles.haveAll(c.leaves[inside].words) }
		if n == 0 || !isRead && !slices.ContainsFunc(paths, hasRoles) {
			continue
		}
		found = true
		line := r.line("roles of users", Fail, "user.roles.field", "%s with several roles in %s%s: the mapping reads one at most, so the gateway could neither see nor revoke the others.",
			count(n, "user"), path, where)
		if isRead {
			line = line.propose(fix("user.roles.field", path), fix("user.roles.hold", "many"))
		}
		r.add(line.also("Find in Suger's documentation how the list shows all roles and how they are granted and revoked; then set user.roles, with hold: many, and the operations."))
	}
	return found
}

// namesOfRoles checks the roles that settings and the mapping name.
func (r *run) namesOfRoles() {
	if r.roles == nil {
		return // reported before
	}
	roles := series(r.roles.names())
	name, entry, correct := r.Settings.DefaultRole, "", "Set GATEWAY_DEFAULT_ROLE"
	if name == "" {
		name, entry, correct = r.Document.Role.Default, "role.default", "Correct role.default, or set GATEWAY_DEFAULT_ROLE,"
	}
	if problem := r.roles.problem(name); problem != "" {
		r.add(r.line("default role", Fail, entry, "A user without a role would get %s, %s.", name, problem).
			advise("%s to the role with the fewest rights of %s.", correct, roles))
	} else {
		role, _ := r.roles.called(name)
		r.note("default role", OK, entry, "A user without a role gets %s.", role.Name)
	}
	for _, group := range sortedNames(r.Settings.GroupRoles) {
		name := r.Settings.GroupRoles[group]
		if problem := r.roles.problem(name); problem != "" {
			r.add(r.line("group roles", Fail, "", "GATEWAY_GROUP_ROLES maps group %q to role %q, %s.", group, name, problem).advise("Correct the setting: the roles are %s.", roles))
		}
	}
	for i, name := range r.Document.Role.Precedence {
		if r.roles.idsOf(name) == nil && name != "*" {
			r.add(r.line("precedence", Warn, fmt.Sprintf("role.precedence[%d]", i), "Suger has no role %s.", name).advise("Correct the name."))
		}
	}
}
