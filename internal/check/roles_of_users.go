package check

import (
	"fmt"
	"strings"

	"suger-scim-gateway/mapping"
)

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
	r.administrators()
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
		Text: fmt.Sprintf("%s with access who signed in before; the gateway never takes away the last.", count(n, "administrator"))}
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
