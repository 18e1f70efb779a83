package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"suger-scim-gateway/internal/sandbox"
)

// The requests of the role model, as Okta forms them.

const extensionURN = "urn:ietf:params:scim:schemas:extension:suger:2.0:User"

type object = map[string]any

func pick[T any](m *modelRun, from []T) T { return from[m.rand.IntN(len(from))] }

// anybody is the address of a person who may or may not be there.
func (m *modelRun) anybody() string {
	return fmt.Sprintf("person%d@example.com", m.rand.IntN(6))
}

// somebody is the address of a person who is there.
func (m *modelRun) somebody() string {
	var emails []string
	for email := range m.people {
		emails = append(emails, email)
	}
	slices.Sort(emails)
	return pick(m, emails)
}

func (m *modelRun) some(most int) (emails []string) {
	for range m.rand.IntN(most + 1) {
		if email := m.somebody(); !slices.Contains(emails, email) {
			emails = append(emails, email)
		}
	}
	return emails
}

func (m *modelRun) someRole() string {
	return pick(m, append([]string{"ADMIN", "EDITOR", "VIEWER"}, m.custom...))
}

// word is how a client may name a role.
func (m *modelRun) word(role string) string {
	words := []string{role, strings.ToLower(role)}
	if m.has(role) {
		words = append(words, m.roleID(role))
	}
	if role == "EDITOR" {
		words = append(words, "suger editors")
	}
	return pick(m, words)
}

// wish is a role to ask for, "VIEWER" also for an emptied attribute, and now and
// then one that is not there.
func (m *modelRun) wish() string {
	if m.rand.IntN(12) == 0 {
		return "OWNER"
	}
	return m.someRole()
}

// putUser sends our own answer back with a mapped role laid over it.
func (m *modelRun) putUser() {
	email := m.somebody()
	p, path := m.people[email], "/Users/"+m.userID(email)
	body := m.get(path)
	role := m.wish()
	roles := pick(m, []any{m.word(role), []any{m.word(role)}, []any{object{"value": m.word(role), "primary": true}}, object{"value": m.word(role)}})
	want := role
	switch m.rand.IntN(7) {
	case 0:
		want = "" // a pure echo
	case 1:
		body["roles"] = roles
	case 2:
		body[extensionURN].(object)["role"] = m.word(role)
	case 3:
		body[extensionURN+":role"] = m.word(role) // beside the echo in the object
	case 4:
		body["roles"], body[extensionURN] = roles, object{"role": m.word(role)}
	case 5: // another one by each carrier
		other := m.someRole()
		body["roles"], body[extensionURN+":role"] = roles, m.word(other)
		if want = m.wishOfTwo(p, role, other); want == "" {
			m.ask(invalid, http.MethodPut, path, body)
			return
		}
	case 6:
		body["roles"], want = pick(m, []any{[]any{}, nil, ""}), "VIEWER"
	}
	m.ask(m.bring(p, want, nil), http.MethodPut, path, body)
}

// wishOfTwo is what two carriers ask for together, "" if they contradict.
func (m *modelRun) wishOfTwo(p *modelPerson, one, other string) string {
	switch {
	case !m.has(one):
		return one // which is not there, and is refused as that
	case one == p.role || one == other:
		return other
	case other == p.role:
		return one
	}
	return ""
}

func (m *modelRun) patchUser() {
	email := m.somebody()
	p := m.people[email]
	role := m.wish()
	word := m.word(role)
	want := role
	var op object
	switch m.rand.IntN(7) {
	case 0:
		op = object{"op": "replace", "path": "roles", "value": []any{object{"value": word}}}
	case 1:
		op = object{"op": "replace", "path": "roles[primary eq true].value", "value": word}
	case 2:
		op = object{"op": "replace", "path": extensionURN + ":role", "value": word}
	case 3:
		op = object{"op": "Replace", "value": object{extensionURN: object{"role": word}}}
	case 4:
		op, want = object{"op": "remove", "path": "roles"}, "VIEWER"
	case 5:
		op = object{"op": "add", "path": "roles", "value": []any{object{"value": word}}}
		if m.has(role) && above(p.role, role) {
			want = "" // of two, the more powerful one counts
		}
	case 6:
		op, want = object{"op": "remove", "path": fmt.Sprintf("roles[value eq %q]", m.roleID(p.role))}, "VIEWER"
	}
	m.ask(m.bring(p, want, nil), http.MethodPatch, "/Users/"+m.userID(email), object{"Operations": []any{op}})
}

// putOldEcho sends what was read before a pushed group changed the role, with the
// mapped role laid over it. What was read does not count, only what is held now.
func (m *modelRun) putOldEcho() {
	email := m.somebody()
	p, path := m.people[email], "/Users/"+m.userID(email)
	body, read := m.get(path), p.role
	delete(body, "groups") // which would show that it is old, and is a repetition when it comes twice
	group := m.someRole()
	m.ask(m.members(group, []*modelPerson{p}, nil), http.MethodPatch, "/Groups/"+m.roleID(group),
		object{"Operations": []any{object{"op": "add", "path": "members", "value": m.memberList([]string{email})}}})
	mapped := m.someRole()
	if m.rand.IntN(2) == 0 {
		body["roles"] = []any{m.word(mapped)}
	} else {
		body[extensionURN].(object)["role"] = m.word(mapped)
	}
	want := m.wishOfTwo(p, mapped, read)
	if want == "" {
		m.askOnce(invalid, http.MethodPut, path, body)
		return
	}
	m.askOnce(m.bring(p, want, nil), http.MethodPut, path, body)
}

// setActive takes access away or gives it back, at times with a role.
func (m *modelRun) setActive() {
	email := m.somebody()
	p, path := m.people[email], "/Users/"+m.userID(email)
	active := m.rand.IntN(2) == 0
	switch m.rand.IntN(3) {
	case 0:
		m.ask(m.bring(p, "", &active), http.MethodPatch, path, object{"Operations": []any{object{"op": "replace", "value": object{"active": active}}}})
	case 1:
		m.ask(m.bring(p, "", &active), http.MethodPatch, path, object{"Operations": []any{object{"op": "Replace", "path": "active", "value": fmt.Sprint(active)}}})
	case 2:
		role := m.wish()
		m.ask(m.bring(p, role, &active), http.MethodPut, path, object{"userName": strings.ToUpper(email), "active": active, "roles": []any{m.word(role)}})
	}
}

func (m *modelRun) createUser() {
	email := m.anybody()
	body := object{"userName": email, "name": object{"givenName": "Iris", "familyName": "Sample"}, "active": true}
	role := ""
	switch m.rand.IntN(4) {
	case 0:
		role = m.wish()
		body["roles"] = []any{object{"value": m.word(role)}}
	case 1:
		role = m.wish()
		body[extensionURN] = object{"role": m.word(role)}
	case 2:
		body["roles"] = []any{}
	}
	m.ask(m.create(email, role), http.MethodPost, "/Users", body)
}

func (m *modelRun) removeUser() {
	email := m.somebody()
	id := m.userID(email)
	m.ask(m.remove(email), http.MethodDelete, "/Users/"+id, nil)
}

func (m *modelRun) changeMembers() {
	role := m.someRole()
	add, remove := m.some(3), m.some(3)
	if m.rand.IntN(2) == 0 {
		add = nil
	} else {
		remove = nil
	}
	var ops []any
	if len(add) > 0 {
		ops = append(ops, object{"op": "add", "path": "members", "value": m.memberList(add)})
	}
	for _, email := range remove {
		ops = append(ops, object{"op": "remove", "path": fmt.Sprintf("members[value eq %q]", m.userID(email))})
	}
	if len(ops) == 0 {
		return
	}
	m.ask(m.members(role, m.persons(add), m.persons(remove)), http.MethodPatch, "/Groups/"+m.roleID(role), object{"Operations": ops})
}

// replaceMembers sends a whole list, as Okta does with PUT and with PATCH.
func (m *modelRun) replaceMembers() {
	role := m.someRole()
	path := "/Groups/" + m.roleID(role)
	will := m.some(5)
	var leave []*modelPerson
	for email, p := range m.people {
		if p.role == role && !slices.Contains(will, email) {
			leave = append(leave, p)
		}
	}
	want := m.members(role, m.persons(will), leave)
	if m.rand.IntN(2) == 0 {
		m.ask(want, http.MethodPut, path, object{"displayName": m.groupName(role), "members": m.memberList(will)})
		return
	}
	m.ask(want, http.MethodPatch, path, object{"Operations": []any{object{"op": "replace", "path": "members", "value": m.memberList(will)}}})
}

func (m *modelRun) persons(emails []string) (persons []*modelPerson) {
	for _, email := range emails {
		persons = append(persons, m.people[email])
	}
	return persons
}

func (m *modelRun) memberList(emails []string) []any {
	list := []any{}
	for _, email := range emails {
		list = append(list, object{"value": m.userID(email), "display": email})
	}
	return list
}

func (m *modelRun) groupName(role string) string {
	if role == "EDITOR" {
		return "Suger Editors"
	}
	return role
}

func (m *modelRun) createGroup() {
	name, add := pick(m, []string{"Finance", "Deal desk", "Partner", "Quality", "suger editors", "viewer"}), m.some(3)
	if slices.Contains(m.custom, name) || name == "suger editors" || name == "viewer" {
		m.ask(conflict, http.MethodPost, "/Groups", object{"displayName": strings.ToUpper(name), "members": m.memberList(add)})
		return
	}
	m.custom = append(m.custom, name)
	m.ask(done, http.MethodPost, "/Groups", object{"displayName": name, "members": m.memberList(add)}) // a role without permissions takes nobody's
	if err := m.stage.permit(name + " offer.read"); err != nil {
		m.t.Fatal(err)
	}
	m.stage.clock.Advance(11 * time.Second)
}

func (m *modelRun) deleteGroup() {
	role := m.someRole()
	if slices.Contains(m.custom, role) && m.rand.IntN(2) == 0 {
		return // or there would soon be none
	}
	id := m.roleID(role)
	m.ask(m.endRole(role), http.MethodDelete, "/Groups/"+id, nil)
}

func (m *modelRun) renameGroup() {
	role, name := m.someRole(), pick(m, []string{"Partner", "Quality", "Money"})
	path, body := "/Groups/"+m.roleID(role), object{"displayName": name}
	switch {
	case role == name:
		m.ask(done, http.MethodPut, path, body)
	case !slices.Contains(m.custom, role):
		m.ask(invalid, http.MethodPut, path, body)
	case slices.Contains(m.custom, name):
		m.ask(conflict, http.MethodPut, path, body)
	default:
		m.custom[slices.Index(m.custom, role)] = name
		for _, p := range m.people {
			if p.role == role {
				p.role = name
			}
		}
		m.ask(done, http.MethodPut, path, body)
	}
}

// renameNoise repeats a name, in whatever letters.
func (m *modelRun) renameNoise() {
	role := m.someRole()
	name := pick(m, []string{m.groupName(role), strings.ToUpper(m.groupName(role)), role})
	if m.rand.IntN(2) == 0 {
		m.ask(done, http.MethodPut, "/Groups/"+m.roleID(role), object{"displayName": name})
		return
	}
	m.ask(done, http.MethodPatch, "/Groups/"+m.roleID(role), object{"Operations": []any{object{"op": "replace", "value": object{"id": m.roleID(role), "displayName": name}}}})
}

// inTheConsole changes somebody behind the gateways' backs, and waits until their
// lists have become old.
func (m *modelRun) inTheConsole() {
	email := m.somebody()
	p := m.people[email]
	m.story = append(m.story, "in Suger's console: "+email)
	if !m.last(p) {
		user, _ := m.stage.suger.UserByEmail(email)
		switch m.rand.IntN(3) {
		case 0:
			p.role = m.someRole()
			user.Role = m.roleID(p.role)
			m.stage.suger.PutUser(user)
		case 1:
			if m.removal {
				delete(m.people, email)
				m.stage.suger.RemoveUser(user.ID)
				break
			}
			p.active, p.invited = !p.active, false
			user.Status = map[bool]string{true: sandbox.StatusActive, false: sandbox.StatusInactive}[p.active]
			m.stage.suger.PutUser(user)
		case 2:
			delete(m.people, email)
			m.stage.suger.RemoveUser(user.ID)
		}
	}
	m.stage.clock.Advance(11 * time.Second)
}
