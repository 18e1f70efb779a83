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

func (l roleList) byID(id string) (mapping.RoleName, bool) {
	return l.find(func(role mapping.RoleName) bool { return role.ID == id })
}

func (l roleList) byName(name string) (mapping.RoleName, bool) {
	return l.find(func(role mapping.RoleName) bool { return fold(role.Name) == fold(name) })
}

func (l roleList) find(is func(mapping.RoleName) bool) (role mapping.RoleName, ok bool) {
	if i := slices.IndexFunc(l, is); i >= 0 {
		return l[i], true
	}
	return role, false
}

// of returns the role that a user's record names.
func (l roleList) of(ref mapping.RoleName) (mapping.RoleName, bool) {
	if ref.ID != "" {
		return l.byID(ref.ID)
	}
	return l.byName(ref.Name)
}

// called returns the role that a setting names, by id or name.
func (l roleList) called(word string) (mapping.RoleName, bool) {
	if role, ok := l.byID(word); ok {
		return role, true
	}
	return l.byName(word)
}

// problem explains why a setting that names a role names none or several, "" if it
// names one.
func (l roleList) problem(word string) string {
	_, known := l.called(word)
	_, isID := l.byID(word)
	switch {
	case !known:
		return "which Suger does not have"
	case !isID && len(l.idsOf(word)) > 1:
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

// idsOf returns the ids of the roles with a name.
func (l roleList) idsOf(name string) (ids []string) {
	for _, role := range l {
		if fold(role.Name) == fold(name) && !slices.Contains(ids, role.ID) {
			ids = append(ids, role.ID)
		}
	}
	return ids
}

func (l roleList) names() []string {
	var names []string
	for _, role := range l {
		names = append(names, role.Name)
	}
	return names
}

// listRoles reads the role list, or takes the roles of the mapping if it has no
// such operation. It is nil if the list cannot be read.
func (r *run) listRoles(ctx context.Context) roleList {
	call, ok := r.probe.Call(opListRoles, nil)
	if !ok {
		list := r.rolesOfFile()
		r.note(opListRoles, OK, "role.known", "Not in the mapping: %s are all roles.", both(list.names()))
		return list
	}
	list, unread := roleList{}, make(map[string]int)
	var sample any
	pages, _, err := r.readPages(ctx, call, r.probe.Paging(opListRoles), mostRows)
	for _, row := range slices.Concat(pages...) {
		sample = decoded([]byte(row))
		role, err := r.probe.ReadRole(sample)
		if err != nil {
			unread[err.Error()]++
			continue
		}
		list = append(list, role)
	}
	switch {
	case err != nil:
		r.listFailed(ctx, call, err)
		return nil
	case len(list)+len(unread) == 0 && !r.knowsRoles():
		r.add(r.withoutOperation(r.line(opListRoles, Fail, "operations.list roles.call", "The list of roles is empty."), "Correct the call."))
		return nil
	case len(unread) > 0:
		r.add(r.unreadableRoles(unread, sample))
		return nil
	case r.customOnly(list): // the roles that users hold show whether the mapping's are right
		custom, standard := "no custom role", r.rolesOfFile()
		if len(list) > 0 {
			custom = fmt.Sprintf("%s: %s", count(len(list), "custom role"), shortList(list.names(), 20))
		}
		list = slices.Concat(standard, list)
		r.note(opListRoles, OK, "role.known", "The list has %s. It has none of the mapping's known roles: %s.", custom, both(standard.names()))
	default:
		r.note(opListRoles, OK, "", "%s: %s.", count(len(list), "role"), shortList(list.names(), 20))
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
		line := r.line("role names", Warn, "", "Suger has %d roles called %s (ids %s): SCIM clients have to send the id of such a role.", len(ids), role.Name, both(ids)).
			advise("Rename all but one of them in Suger.")
		if field.By == "name" || field.Name.Given() && !field.ID.Given() {
			line.Level, line.Mapping = Fail, r.at("user.roles")
			line.Text = fmt.Sprintf("Suger has %d roles called %s (ids %s), and the mapping reads a user's role by its name: the gateway could give somebody another role than the one meant.", len(ids), role.Name, both(ids))
		}
		for i, known := range r.Document.Role.Known {
			if known.ID == nil && fold(known.Name) == fold(role.Name) {
				line.Level, line.Mapping = Fail, r.at(fmt.Sprintf("role.known[%d]", i))
				line.Change = "Add the id of the one that is meant, and rename the others in Suger."
			}
		}
		r.add(line)
	}
}

// rolesOfFile returns the roles that the mapping knows.
func (r *run) rolesOfFile() roleList {
	list := roleList{}
	for _, known := range r.Document.Role.Known {
		list = append(list, mapping.RoleName{ID: cmp.Or(known.IDText(), known.Name), Name: known.Name})
	}
	return list
}

// knowsRoles reports whether the mapping has the ids of its known roles, so that
// they need not be in the list.
func (r *run) knowsRoles() bool {
	known := r.Document.Role.Known
	return len(known) > 0 && !slices.ContainsFunc(known, func(k spec.KnownRole) bool { return k.ID == nil })
}

// customOnly reports whether the list has none of the known roles: Suger's own data
// layer lists only custom roles.
func (r *run) customOnly(list roleList) bool {
	return r.knowsRoles() && !slices.ContainsFunc(r.rolesOfFile(), func(known mapping.RoleName) bool {
		_, hasID := list.byID(known.ID)
		_, hasName := list.byName(known.Name)
		return hasID || hasName
	})
}

// unreadableRoles describes roles that differ from the mapping.
func (r *run) unreadableRoles(unread map[string]int, sample any) Line {
	line := r.line(opListRoles, Fail, "role.id", "Some roles cannot be read: %s.", both(sortedNames(unread)))
	object, ok := sample.(map[string]any)
	if !ok {
		return line.advise("Set role.id and role.name to the fields of a role in Suger's answer.")
	}
	role, found := &r.Document.Role, roleFieldsOf([]any{sample})
	if _, there := role.ID.In(object); there {
		line.Mapping = r.at("role.name")
	}
	for _, part := range []struct {
		entry, found string
		field        spec.Field
	}{{"role.id", found.id, role.ID}, {"role.name", found.name, role.Name}} {
		if part.found != "" && !slices.Contains(part.field.Scalars(), part.found) {
			line.Fixes = append(line.Fixes, fix(part.entry, part.found))
		}
	}
	return line.advise("Suger's roles have the fields %s.", both(sortedNames(object))).also(say(line.Fixes...))
}

// knownRoles compares the known roles of the mapping with the list.
func (r *run) knownRoles(list roleList) {
	for i, known := range r.Document.Role.Known {
		entry := fmt.Sprintf("role.known[%d]", i)
		id := known.IDText()
		byID, hasID := list.byID(id)
		_, hasName := list.byName(known.Name)
		line := r.line("known roles", Fail, entry, "")
		switch {
		case id == "" && hasName, hasID && fold(byID.Name) == fold(known.Name):
			continue
		case hasID:
			line.Text = fmt.Sprintf("The role with the id %s is called %s, not %s.", id, byID.Name, known.Name)
			line = line.propose(fix(entry+".name", byID.Name))
		case hasName:
			ids := list.idsOf(known.Name)
			line.Text = fmt.Sprintf("Role %s has the id %s, not %s.", known.Name, either(ids), id)
			if line = line.propose(fixes(entry+".id", ids)...); len(ids) == 1 {
				line = line.also("Without an id, the gateway takes it from the list.")
			}
		default:
			line.Text = fmt.Sprintf("Suger's list has no role %s.", known.Name)
			line.Change = fmt.Sprintf("Correct its name: the roles are %s.", shortList(list.names(), 20))
			if known.Administrator {
				line.Text += " The gateway could not protect the last administrator."
			}
		}
		r.add(line)
	}
}

// rolesOfUsers reports which roles users hold, and whether the role list has them.
func (r *run) rolesOfUsers() {
	u := r.users.fields.use("role")
	if u.present == 0 || r.users.readable() == 0 {
		return // reported before
	}
	r.add(r.heldRoles(u.field))
	r.unreadRoles(r.users.fields, "")
	r.administrators()
}

func (r *run) heldRoles(field spec.Field) Line {
	const check = "roles of users"
	if r.roles == nil {
		return r.line(check, Warn, "user.roles", "Not compared with the list of roles, which could not be read.")
	}
	known, unknown := make(map[string]int), make(map[string]int)
	for ref, users := range r.users.roleRefs {
		if role, ok := r.roles.of(ref); ok {
			known[role.Name] += users
		} else {
			unknown[cmp.Or(ref.ID, ref.Name)] += users
		}
	}
	switch cut := r.cutRoles(); {
	case cut > 0:
		list, _, _ := strings.Cut(field.String(), "[")
		return r.line(check, Fail, "user.roles.field", "%s several roles in %s, and the mapping reads only one of them: the gateway could neither see nor revoke the others.", holdVerb(cut), list).
			propose(fix("user.roles.field", list), fix("user.roles.hold", "many"))
	case r.users.manyRoles > 0 && r.Document.User.Roles.Hold != "many":
		return r.line(check, Fail, "user.roles.hold", "%s more than one role, but by the mapping a user holds one.", holdVerb(r.users.manyRoles)).
			advise("Set hold: many, and add the operations that grant and revoke a role.")
	case len(unknown) > 0:
		return r.unknownRoles(unknown)
	}
	line := r.line(check, OK, "user.roles", "%s.", tally(known))
	if n := r.users.noRole; n > 0 {
		line.Text += fmt.Sprintf(" %s no role.", holdVerb(n))
	}
	return line
}

// unreadRoles reports lists of further roles that the mapping does not read. where
// names the answers that have them.
func (r *run) unreadRoles(c *fieldCounts, where string) {
	if r.roles == nil || r.Document.User.Roles.Hold == "many" {
		return
	}
	for _, path := range sortedNames(c.leaves) {
		l := c.leaves[path]
		if l.kind() != isList || l.several == 0 || c.isUsed(path) || c.leads(path) {
			continue
		}
		areRoles := func(inside string) bool { return within(inside, path) && r.roles.haveAll(c.leaves[inside].words) }
		if !slices.ContainsFunc(sortedNames(c.leaves), areRoles) {
			continue
		}
		line := r.line("roles of users", Fail, "user.roles.field",
			"%s several roles in %s%s, which the mapping does not read: the gateway could neither see nor revoke the others.", holdVerb(l.several), path, where).
			advise("In user.roles, set field: %s and hold: many, and add the operations that grant and revoke a role.", path)
		if where != "" {
			line.Change = "Find in Suger's documentation how the list of users shows all roles, such as by a query parameter, and how roles are granted and revoked."
		}
		r.add(line)
	}
}

// cutRoles returns how many users have several roles in a list of which the
// mapping reads one element.
func (r *run) cutRoles() int {
	for _, path := range r.Document.User.Roles.Field.Scalars() {
		list, _, indexed := strings.Cut(path, "[")
		if l := r.users.fields.leaves[list]; indexed && l != nil && l.several > 0 {
			return l.several
		}
	}
	return 0
}

func holdVerb(users int) string {
	if users == 1 {
		return "1 user holds"
	}
	return fmt.Sprintf("%d users hold", users)
}

// unknownRoles describes words in the role field that the role list lacks.
func (r *run) unknownRoles(unknown map[string]int) Line {
	n, byName, byID := 0, false, false
	for word, users := range unknown {
		n += users
		_, isName := r.roles.byName(word)
		_, isID := r.roles.byID(word)
		byName, byID = byName || isName, byID || isID
	}
	line := r.line("roles of users", Fail, "user.roles", "%s a role that is not in the list of roles", holdVerb(n))
	set := wordsAreSet(unknown, n)
	if set || r.ShowPersonal {
		line.Text += ": " + tally(unknown)
	}
	line.Text += "."
	switch like, by := r.candidates("role"), r.Document.User.Roles.By; {
	case by == "id" && byName:
		return line.propose(fix("user.roles.by", "name")).also("The field has names of roles.")
	case by == "name" && byID:
		return line.propose(fix("user.roles.by", "id")).also("The field has ids of roles.")
	case len(like) > 0:
		return line.propose(fixes("user.roles.field", like)...).advise("Suger has %s, which looks like the role.", either(like))
	case set:
		var known []Fix
		for i, word := range sortedNames(unknown) {
			known = append(known, fix(fmt.Sprintf("role.known[%d]", len(r.Document.Role.Known)+i), map[string]any{"name": word, "id": word}))
		}
		return line.propose(known...).also("If the word is an id, correct the name.")
	}
	return line.advise("Compare user.roles and the role list with Suger's documentation.")
}

// administrators reports whether somebody can manage users besides the gateway.
func (r *run) administrators() {
	if r.roles == nil {
		return
	}
	n := 0
	for ref, users := range r.users.holders {
		role, ok := r.roles.of(ref)
		if ok && slices.ContainsFunc(r.Document.Role.Known, func(known spec.KnownRole) bool {
			id := known.IDText()
			return known.Administrator && (id != "" && id == role.ID || id == "" && fold(known.Name) == fold(role.Name))
		}) {
			n += users
		}
	}
	if n > 0 {
		line := r.line("administrators", OK, "role.known", "%s with access; the gateway never removes the last.", count(n, "administrator"))
		if len(r.Document.Access.Pending) > 0 {
			line.Text += " Users who are only invited do not count."
		}
		r.add(line)
		return
	}
	r.add(r.line("administrators", Fail, "role.known", "Nobody with access has a role that the mapping marks as administrator, although every organization has one.").
		advise("Mark the role that manages users administrator: true, or correct user.roles."))
}
