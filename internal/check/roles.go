package check

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
	"suger-scim-gateway/sugerclient"
)

const opListRoles = "list roles"

// A roleList is the roles of the organization.
type roleList struct {
	roles []mapping.RoleName
}

func (l *roleList) byID(id string) (mapping.RoleName, bool) {
	return l.find(func(role mapping.RoleName) bool { return role.ID == id })
}

func (l *roleList) byName(name string) (mapping.RoleName, bool) {
	return l.find(func(role mapping.RoleName) bool { return fold(role.Name) == fold(name) })
}

func (l *roleList) find(is func(mapping.RoleName) bool) (mapping.RoleName, bool) {
	if i := slices.IndexFunc(l.roles, is); i >= 0 {
		return l.roles[i], true
	}
	return mapping.RoleName{}, false
}

// of is the role that a user's record names.
func (l *roleList) of(ref mapping.RoleName) (mapping.RoleName, bool) {
	if ref.ID != "" {
		return l.byID(ref.ID)
	}
	return l.byName(ref.Name)
}

// called is the role that a setting names, by id or name.
func (l *roleList) called(word string) (mapping.RoleName, bool) {
	if role, ok := l.byID(word); ok {
		return role, true
	}
	return l.byName(word)
}

// haveAll reports whether every word is the id or name of a role.
func (l *roleList) haveAll(words map[string]int) bool {
	for word := range words {
		if _, ok := l.called(word); !ok {
			return false
		}
	}
	return len(words) > 0
}

func (l *roleList) names() []string {
	var names []string
	for _, role := range l.roles {
		names = append(names, role.Name)
	}
	return names
}

// listRoles reads the role list, or takes the roles of the mapping if it has no
// such operation. It is nil if the list cannot be read.
func (r *run) listRoles(ctx context.Context) *roleList {
	call, ok := r.probe.Call(opListRoles, nil)
	if !ok {
		list := r.rolesOfFile()
		r.add(Line{Check: opListRoles, Level: OK, Mapping: r.at("role.known"), Text: "Not in the mapping: " + both(list.names()) + " are all there are."})
		return list
	}
	list, unread := &roleList{}, make(map[string]int)
	var sample any
	pages, _, err := r.readPages(ctx, call, r.probe.Paging(opListRoles))
	for _, row := range slices.Concat(pages...) {
		sample = decoded([]byte(row))
		role, err := r.probe.ReadRole(sample)
		if err != nil {
			unread[err.Error()]++
			continue
		}
		list.roles = append(list.roles, role)
	}
	if err != nil {
		r.noRoles(ctx, call, err)
		return nil
	}
	if len(unread) > 0 || len(list.roles) == 0 && !r.knowsRoles() {
		r.add(r.unreadableRoles(unread, sample))
		return nil
	}
	if r.customOnly(list) {
		r.add(r.withKnown(list))
		return list
	}
	r.add(Line{Check: opListRoles, Level: OK, Text: fmt.Sprintf("%s: %s.", count(len(list.roles), "role"), shortList(list.names(), 20))})
	r.knownRoles(list)
	return list
}

// rolesOfFile are the roles that the mapping knows.
func (r *run) rolesOfFile() *roleList {
	list := &roleList{}
	for _, known := range r.Document.Role.Known {
		list.roles = append(list.roles, mapping.RoleName{ID: firstWord(known.IDText(), known.Name), Name: known.Name})
	}
	return list
}

// knowsRoles reports whether the mapping knows roles so well that they need not be
// in the list.
func (r *run) knowsRoles() bool {
	known := r.Document.Role.Known
	return len(known) > 0 && !slices.ContainsFunc(known, func(k spec.KnownRole) bool { return k.ID == nil })
}

// customOnly reports whether the list has none of the roles that the mapping
// knows, which is how Suger's own data layer keeps roles.
func (r *run) customOnly(list *roleList) bool {
	return r.knowsRoles() && !slices.ContainsFunc(r.rolesOfFile().roles, func(known mapping.RoleName) bool {
		_, hasID := list.byID(known.ID)
		_, hasName := list.byName(known.Name)
		return hasID || hasName
	})
}

// withKnown adds the roles of the mapping to a list that has only custom ones.
// Whether they are right shows in the roles that users hold.
func (r *run) withKnown(list *roleList) Line {
	custom := "no custom role"
	if n := len(list.roles); n > 0 {
		custom = fmt.Sprintf("%s: %s", count(n, "custom role"), shortList(list.names(), 20))
	}
	standard := r.rolesOfFile()
	list.roles = slices.Concat(standard.roles, list.roles)
	return Line{Check: opListRoles, Level: OK, Mapping: r.at("role.known"),
		Text: fmt.Sprintf("The list has %s. It has none of %s, which the mapping knows.", custom, both(standard.names()))}
}

func (r *run) noRoles(ctx context.Context, call sugerclient.Call, err error) {
	fail := asFailure(err)
	switch {
	case fail != nil && (tokenFailure(fail) != nil || fail.Status == http.StatusUnauthorized):
		return // said of the list of users
	case fail != nil && fail.Kind == sugerclient.Unreadable && fail.Status < 300:
		r.unreadableList(ctx, call, fail)
	default:
		r.add(r.failed(ctx, call, err))
	}
}

// unreadableRoles says what differs about roles that are not as the mapping says.
func (r *run) unreadableRoles(unread map[string]int, sample any) Line {
	line := Line{Check: opListRoles, Level: Fail, Mapping: r.at("role.id"), Text: "The list of roles is empty."}
	if len(unread) == 0 {
		line.Mapping = r.at("operations.list roles.call")
		r.withoutOperation(&line, "Correct the call.", opListRoles)
		return line
	}
	line.Text = fmt.Sprintf("Suger's answer has %s.", both(sortedNames(unread)))
	object, ok := sample.(map[string]any)
	if !ok {
		line.Change = "Say role.id and role.name as Suger writes a role."
		return line
	}
	if _, there := r.Document.Role.ID.In(object); there {
		line.Mapping = r.at("role.name")
	}
	found := &roleFacts{}
	found.guess([]any{sample})
	for _, part := range []struct{ key, path string }{{"id", found.id}, {"name", found.name}} {
		if part.path != "" && !slices.Contains(map[string]spec.Field{"id": r.Document.Role.ID, "name": r.Document.Role.Name}[part.key].Scalars(), part.path) {
			line.Fixes = append(line.Fixes, fix("role."+part.key, part.path))
		}
	}
	line.Change = joined(fmt.Sprintf("A role of Suger's has the fields %s.", both(sortedKeys(object))), say(line.Fixes...))
	return line
}

// knownRoles says whether the roles that the mapping takes for granted exist.
func (r *run) knownRoles(list *roleList) {
	for i, known := range r.Document.Role.Known {
		entry := fmt.Sprintf("role.known[%d]", i)
		id, _ := wordOf(known.ID)
		byID, hasID := list.byID(id)
		byName, hasName := list.byName(known.Name)
		line := Line{Check: "known roles", Level: Fail, Mapping: r.at(entry)}
		switch {
		case id == "" && hasName, hasID && fold(byID.Name) == fold(known.Name):
			continue
		case hasID:
			line.Text = fmt.Sprintf("The role with the id %s is called %s, not %s.", id, byID.Name, known.Name)
			line.propose(fix(entry+".name", byID.Name))
		case hasName:
			line.Text = fmt.Sprintf("Role %s has the id %s, not %s.", known.Name, byName.ID, id)
			line.propose(fix(entry+".id", byName.ID))
			line.Change = joined(line.Change, "Without an id it is taken from the list.")
		default:
			line.Text = fmt.Sprintf("Suger's list has no role %s.", known.Name)
			line.Change = fmt.Sprintf("Correct its name: there are %s.", shortList(list.names(), 20))
			if known.Administrator {
				line.Text += " The last administrator would not be protected."
			}
		}
		r.add(line)
	}
}

// rolesOfUsers says which roles users hold, and whether the role list has them.
func (r *run) rolesOfUsers() {
	u := r.users.fields.use("role")
	if u.present == 0 || r.users.readable() == 0 {
		return // said already
	}
	spec := &r.Document.User.Roles
	line := Line{Check: "roles of users", Level: OK, Mapping: r.at("user.roles")}
	known, unknown := make(map[string]int), make(map[string]int)
	for ref, users := range r.users.roleRefs {
		if r.roles == nil {
			unknown[firstWord(ref.Name, ref.ID)] += users
		} else if role, ok := r.roles.of(ref); ok {
			known[role.Name] += users
		} else {
			unknown[firstWord(ref.ID, ref.Name)] += users
		}
	}
	switch {
	case r.roles == nil:
		line.Level, line.Text = Look, "The list of roles could not be read, so those of users cannot be compared with it."
	case r.cutRoles() > 0:
		list, _, _ := strings.Cut(u.field.String(), "[")
		line.Level, line.Mapping = Fail, r.at("user.roles.field")
		line.Text = fmt.Sprintf("%s several roles in %s, and the mapping reads only one of them: the others could neither be seen nor taken away.", holdVerb(r.cutRoles()), list)
		line.propose(fix("user.roles.field", list), fix("user.roles.hold", "many"))
	case r.users.manyRoles > 0 && spec.Hold != "many":
		line.Level, line.Mapping = Fail, r.at("user.roles.hold")
		line.Text = fmt.Sprintf("%s more than one role, but the mapping says that a user holds one.", holdVerb(r.users.manyRoles))
		line.Change = "Say hold: many, and how roles are granted and revoked."
	case len(unknown) > 0:
		line.Level = Fail
		r.unknownRoles(&line, unknown)
	default:
		line.Text = tally(known) + "."
	}
	if n := r.users.noRole; n > 0 && line.Level == OK {
		line.Text += fmt.Sprintf(" %s no role.", holdVerb(n))
	}
	r.add(line)
	r.unreadRoles(r.users.fields, "")
	r.administrators()
}

// unreadRoles names the lists that hold roles beside the one role that the mapping
// reads: the others could neither be seen nor taken away. Where says in which answers
// they are.
func (r *run) unreadRoles(c *fieldCounts, where string) {
	if r.roles == nil || r.Document.User.Roles.Hold == "many" {
		return
	}
	for _, path := range sortedNames(c.leaves) {
		l := c.leaves[path]
		if l.kind() != isList || l.several == 0 || c.isUsed(path) || c.leads(path) {
			continue
		}
		for _, element := range append([]string{path + "[0]"}, c.within(path+"[0]")...) {
			if inside := c.leaves[element]; inside != nil && r.roles.haveAll(inside.words) {
				line := Line{Check: "roles of users", Level: Fail, Mapping: r.at("user.roles.field"),
					Text:   fmt.Sprintf("%s several roles in %s%s, which the mapping does not read: the others could neither be seen nor taken away.", holdVerb(l.several), path, where),
					Change: fmt.Sprintf("Say user.roles: field: %s and hold: many, and how roles are granted and revoked.", path)}
				if where != "" {
					line.Change = "Find in Suger's documentation how the list of users shows all roles, such as by a query parameter, and how roles are granted and revoked."
				}
				r.add(line)
				break
			}
		}
	}
}

// within are the fields of an object at a path.
func (c *fieldCounts) within(path string) []string {
	return slices.DeleteFunc(sortedNames(c.leaves), func(other string) bool { return !strings.HasPrefix(other, path+".") })
}

// cutRoles is how many users have several roles in a list of which the mapping
// reads one element.
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

func firstWord(words ...string) string {
	for _, word := range words {
		if word != "" {
			return word
		}
	}
	return ""
}

// unknownRoles describes words in the role field that the role list lacks.
func (r *run) unknownRoles(line *Line, unknown map[string]int) {
	n := 0
	for _, users := range unknown {
		n += users
	}
	set := wordsAreSet(unknown, n)
	line.Text = fmt.Sprintf("%s a role that is not in the list of roles", holdVerb(n))
	if set || r.ShowPersonal {
		line.Text += ": " + tally(unknown)
	}
	line.Text += "."
	spec := &r.Document.User.Roles
	byName, byID := 0, 0
	for word := range unknown {
		if _, ok := r.roles.byName(word); ok {
			byName++
		}
		if _, ok := r.roles.byID(word); ok {
			byID++
		}
	}
	switch like := r.candidates("role"); {
	case spec.By == "id" && byName > 0:
		line.propose(fix("user.roles.by", "name"))
		line.Change = joined(line.Change, "The field holds names of roles.")
	case spec.By == "name" && byID > 0:
		line.propose(fix("user.roles.by", "id"))
		line.Change = joined(line.Change, "The field holds ids of roles.")
	case len(like) > 0:
		line.Fixes = fixes("user.roles.field", like)
		line.Change = fmt.Sprintf("Suger has %s, which looks like the role.", either(like))
	case set:
		for i, word := range sortedNames(unknown) {
			line.Fixes = append(line.Fixes, fix(fmt.Sprintf("role.known[%d]", len(r.Document.Role.Known)+i), object{{"name", word}, {"id", word}}))
		}
		line.Change = joined(say(line.Fixes...), "If it is the id of a role, say what the role is called.")
	default:
		line.Change = "Compare user.roles and the role list with Suger's documentation."
	}
}

// administrators says whether somebody can help others back in.
func (r *run) administrators() {
	if r.roles == nil {
		return
	}
	n := 0
	for ref, users := range r.users.holders {
		if role, ok := r.roles.of(ref); ok && r.isAdministrator(role) {
			n += users
		}
	}
	line := Line{Check: "administrators", Level: OK, Mapping: r.at("role.known"),
		Text: count(n, "administrator") + " with access; the gateway never takes away the last."}
	if len(r.Document.Access.Pending) > 0 {
		line.Text += " Who is only invited is not counted."
	}
	if n == 0 {
		line.Level, line.Text = Fail, "Nobody with access holds a role that the mapping marks administrator, though somebody manages this organization."
		line.Change = "Mark the role that manages users administrator: true, or correct user.roles."
	}
	r.add(line)
}

func (r *run) isAdministrator(role mapping.RoleName) bool {
	for _, known := range r.Document.Role.Known {
		id, _ := wordOf(known.ID)
		if known.Administrator && (id != "" && id == role.ID || id == "" && fold(known.Name) == fold(role.Name)) {
			return true
		}
	}
	return false
}
