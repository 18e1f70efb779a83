package check

import (
	"fmt"

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
	case r.users.manyRoles > 0 && spec.Hold != "many":
		line.Level, line.Mapping = Fail, r.at("user.roles.hold")
		line.Text = fmt.Sprintf("%s more than one role, but the mapping says that a user holds one.", holdVerb(r.users.manyRoles))
		line.Change = "Say hold: many, and how roles are granted and revoked."
	case len(unknown) > 0:
		line.Level = Fail
		line.Text, line.Change = r.unknownRoles(unknown)
	default:
		line.Text = tally(known) + "."
	}
	if n := r.users.noRole; n > 0 && line.Level == OK {
		line.Text += fmt.Sprintf(" %s no role.", holdVerb(n))
	}
	r.add(line)
	r.administrators()
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
func (r *run) unknownRoles(unknown map[string]int) (text, change string) {
	n := 0
	for _, users := range unknown {
		n += users
	}
	text = fmt.Sprintf("%s a role that is not in the list of roles", holdVerb(n))
	if wordsAreSet(unknown, n) || r.ShowPersonal {
		text += ": " + tally(unknown)
	}
	text += "."
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
	u := r.users.fields.use("role")
	switch {
	case spec.By == "id" && byName > 0:
		return text, "Say by: name: the field holds names of roles."
	case spec.By == "name" && byID > 0:
		return text, "Say by: id: the field holds ids of roles."
	}
	if like := r.users.fields.candidates(u, r.roles); len(like) > 0 {
		return text, fmt.Sprintf("Suger has %s, which looks like the role.", either(like))
	}
	return text, "Compare user.roles and the role list with Suger's documentation."
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
