package mapping

import (
	"cmp"
	"errors"
	"maps"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping/spec"
)

// endAccess plans the end of a user's access and nothing else, in the mapping's way.
func (p *planner) endAccess(s *snapshot, u *user) (*plan, error) {
	if p.model.endOfAccess() == spec.ByRemoval {
		return p.remove(s, u)
	}
	return p.end(s, &personPlan{kind: planChange, before: u, active: new(false)})
}

func (p *planner) remove(s *snapshot, u *user) (*plan, error) {
	if p.model.doc.Operations.RemoveUser == nil {
		return nil, scim.NewError(scim.CodeUnsupported,
			"The mapping has no operation that removes a Suger user. Deactivate the user instead, or add the operation to the mapping file.")
	}
	return p.end(s, &personPlan{kind: planLeave, before: u})
}

// end completes the plan of an end of access. It needs no list of roles where the mapping
// can identify administrators without it.
func (p *planner) end(s *snapshot, one *personPlan) (*plan, error) {
	if err := s.knowsRoles(one.before); err != nil && !p.model.knowsAdministrators() {
		return nil, err
	}
	one.held = s.roles.of(one.before)
	return planFor(one, nil)
}

// update compares the client's resource with what Suger has. An attribute that it does not
// mention stays as it is, so that a missing mapping in Okta changes nothing; one that it
// empties is emptied. Ending access is a separate plan.
func (p *planner) update(s *snapshot, u *user, wanted scim.Resource, access scim.Access) (*plan, error) {
	one, err := p.changeTo(s, u, wanted, access)
	if err == nil {
		one.roles, err = p.rolesAsked(s, wanted, one.held)
	}
	return planFor(one, err)
}

// changeTo plans the attributes and the access of a member, not the roles.
func (p *planner) changeTo(s *snapshot, u *user, wanted scim.Resource, access scim.Access) (*personPlan, error) {
	one, err := p.changeOf(s, u)
	if err == nil {
		err = p.values(one, wanted, access)
	}
	if access == scim.AccessGiven && (!u.access.active || u.access.unknown && !u.access.missing()) {
		one.active = new(true)
	}
	return one, err
}

// tombstone is before the address of a user whom Entra ID has deleted.
var tombstone = regexp.MustCompile(`^[0-9A-Fa-f]{32}`)

func isTombstone(userName, present string) bool {
	return tombstone.MatchString(userName) && foldEmail(userName[32:]) == foldEmail(present)
}

func (p *planner) values(one *personPlan, wanted scim.Resource, access scim.Access) error {
	m := p.model
	joins := one.kind == planJoin
	for i, a := range m.attributes {
		value, given := attributeOf(wanted, a.name)
		isName := i == m.userName
		same := value == one.before.values[i] || isName && foldEmail(value) == m.key(one.before) ||
			isName && access == scim.AccessEnded && isTombstone(value, m.email(one.before))
		switch {
		case !given || a.Write == spec.WriteNever || joins && value == "" || !joins && same:
			continue
		case a.Write == spec.WriteCreate && !joins && isName:
			return scim.NewError(scim.CodeMutability,
				"Suger cannot change the e-mail address of a person. In Okta, set the userName back to %s, or unassign the person and assign the new address as a new user.",
				scim.Clip(m.email(one.before), 120))
		case a.Write == spec.WriteCreate && !joins:
			return scim.NewError(scim.CodeMutability, "Suger does not let %s be changed once the user exists. Remove the attribute from Okta's mapping.", a.name)
		}
		if err := a.fits(value); err != nil {
			return err
		}
		one.values[i] = value
	}
	p.splitFullName(one, wanted)
	m.dropSameName(one.values, one.after(m), one.before)
	if email, changed := one.values[m.userName]; changed {
		return checkEmail(email)
	}
	return nil
}

// dropSameName drops the parts of a name that is one field in Suger, if it is the same.
func (m *model) dropSameName(values map[int]string, a, b *user) {
	if m.formatted(a) == m.formatted(b) {
		maps.DeleteFunc(values, func(i int, _ string) bool { return m.attributes[i].Part != spec.WholeField })
	}
}

// checkSizes refuses a whole resource with a value that Suger cannot keep.
func (p *planner) checkSizes(wanted scim.Resource) error {
	for _, a := range p.model.attributes {
		value, _ := attributeOf(wanted, a.name)
		if err := a.fits(value); err != nil {
			return err
		}
	}
	return nil
}

func (a *attribute) fits(value string) error {
	if a.Max == 0 || a.Write == spec.WriteNever || utf8.RuneCountInString(value) <= a.Max {
		return nil
	}
	return scim.NewError(scim.CodeInvalidValue, "The attribute %s is longer than the %d characters that Suger allows.", a.name, a.Max)
}

// splitFullName takes the name from displayName or name.formatted where the client sends no
// part of it and Suger has none, so that nobody is without a name in Suger.
func (p *planner) splitFullName(one *personPlan, wanted scim.Resource) {
	m := p.model
	if m.given < 0 || m.formatted(one.before) != "" || m.formatted(one.after(m)) != "" {
		return
	}
	for _, name := range []string{"displayName", "name.formatted"} {
		full, _ := attributeOf(wanted, name)
		if m.holds(name) || strings.TrimSpace(full) == "" {
			continue
		}
		for i, part := range map[int]string{m.given: cut(full, spec.FirstNames), m.family: cut(full, spec.LastName)} {
			if i < 0 || part == "" {
				continue
			}
			runes := []rune(part)
			if longest := m.attributes[i].Max; longest > 0 {
				runes = runes[:min(len(runes), longest)]
			}
			one.values[i] = string(runes)
		}
		return
	}
}

func checkEmail(userName string) error {
	address, err := mail.ParseAddress(userName)
	if err != nil || address.Address != userName || strings.ContainsAny(userName, " \t\r\n<>") {
		return scim.NewError(scim.CodeUserNameNotEmail,
			"The userName %q is not an e-mail address, and Suger knows people by e-mail. In Okta's Sign On tab, set the application username format to Email.",
			scim.Clip(userName, 80))
	}
	return nil
}

// create plans a POST: it adds a person, or restores access of a listed person, without the
// earlier role. Adding is an upsert in Suger, so a member with the address is a conflict.
func (p *planner) create(s *snapshot, wanted scim.Resource, access scim.Access) (*plan, error) {
	email, _ := wanted["userName"].(string)
	if err := cmp.Or(checkEmail(email), p.usable(s, "", email)); err != nil {
		return nil, err
	}
	if known := s.holderOf(email); known != nil {
		return p.comeBack(s, known, wanted, access)
	}
	return p.join(s, p.draft(email), wanted, access)
}

func (p *planner) draft(email string) *user {
	u := &user{values: make([]string, len(p.model.attributes)), access: p.model.accessFor(true)}
	u.values[p.model.userName] = email
	return u
}

// usable returns an error if Suger has a record with the id or the address that cannot be
// used: the answer must not be that there is nobody.
func (p *planner) usable(s *snapshot, id, email string) error {
	return p.unreadable(s.unusable(id, email))
}

func (p *planner) unreadable(cause error) error {
	if cause == nil {
		return nil
	}
	return scim.Wrap(cause, scim.CodeSugerUnreadable,
		"Suger has a record of this user that does not match the mapping, so the gateway cannot use it. Run the check command to see what differs.")
}

// comeBack plans a POST for a listed person without access.
func (p *planner) comeBack(s *snapshot, known *user, wanted scim.Resource, access scim.Access) (*plan, error) {
	if known.access.active {
		return nil, scim.NewError(scim.CodeUserExists,
			"Suger already has an active user with the userName %s. Okta links to it when it looks the person up before creating; retry the assignment.",
			scim.Clip(p.model.email(known), 120))
	}
	if access != scim.AccessEnded {
		access = scim.AccessGiven
	}
	one, err := p.changeTo(s, known, wanted, access)
	if err != nil {
		return nil, err
	}
	roles, err := p.rolesToCreate(s, wanted)
	if !sameRoles(roles, one.held) {
		one.roles = roles
	}
	return planFor(one, err)
}

// rolesToCreate returns the roles of somebody who is created. A POST repeats nothing that
// was read, so the roles held before and groups have no say.
func (p *planner) rolesToCreate(s *snapshot, wanted scim.Resource) ([]*role, error) {
	roles, err := p.rolesAsked(s, wanted, nil)
	if err != nil || roles != nil {
		return roles, err
	}
	return p.defaultRole(s)
}

// join plans that a draft becomes a member. One with an id has a global record.
func (p *planner) join(s *snapshot, draft *user, wanted scim.Resource, access scim.Access) (*plan, error) {
	one := &personPlan{kind: planJoin, before: draft, values: make(map[int]string)}
	err := p.values(one, wanted, access)
	one.values[p.model.userName] = p.model.email(draft)
	if err == nil {
		one.roles, err = p.rolesToCreate(s, wanted)
	}
	if access == scim.AccessEnded {
		one.active = new(false)
		if err == nil && p.model.endOfAccess() == spec.ByRemoval {
			err = scim.NewError(scim.CodeInvalidValue, "This Suger has no inactive users, so a user cannot be created with active false.")
		}
	}
	return planFor(one, err)
}

func errNobody(id string) error { return scim.NotFound("user", id) }

func hasCode(err error, code scim.Code) bool {
	var e *scim.Error
	return errors.As(err, &e) && e.Code == code
}

// comeBackByID plans active true for the id of a person who has left: they are added again
// if the global record with that id has the requested address and a domain of the
// organization. Else the id counts as unknown: the record may be another company's.
func (p *planner) comeBackByID(s *snapshot, global *user, id string, want func() (scim.Resource, error)) (*plan, error) {
	m := p.model
	if global == nil || global.id != id || !s.knowsDomain(m, m.key(global)) || s.holderOf(m.key(global)) != nil {
		return nil, errNobody(id)
	}
	email := m.key(global)
	if err := p.usable(s, id, email); err != nil {
		return nil, err
	}
	wanted, err := want()
	asked, given := wanted["userName"].(string)
	switch {
	case hasCode(err, scim.CodeMutability), err == nil && given && foldEmail(asked) != email:
		return nil, errNobody(id) // another address
	case err != nil:
		return nil, err
	}
	return p.join(s, global, wanted, scim.AccessGiven)
}

// rolesAsked reads which roles a client wants a user to hold, nil for the present ones.
//
// Two attributes can carry a role, roles and the extension's role. Okta's PUT repeats our
// own answer with its mapped attributes laid over it, so a carrier equal to the present
// roles is a repetition, and the one that differs is the change. Two changes are an error.
//
// A PUT that is sent twice, or was made before somebody else changed the role, repeats
// roles that are not the present ones any more: its groups name the same as the differing
// carriers. That is only believed where it leaves the person with less; a demotion that is
// called a repetition is an error, since what a client claims to have read cannot cancel it.
func (p *planner) rolesAsked(s *snapshot, wanted scim.Resource, present []*role) ([]*role, error) {
	byRoles, byExtension, err := p.rolesCarried(s, wanted, present)
	if err != nil {
		return nil, err
	}
	var changes [][]*role
	for _, carried := range [][]*role{byRoles, byExtension} {
		if carried != nil && !sameRoles(carried, present) {
			changes = append(changes, carried)
		}
	}
	if len(changes) == 0 {
		return nil, nil
	}
	asked, both := changes[0], len(changes) == 2
	repeats := byRoles != nil && byExtension != nil && len(present) > 0 && p.groupsName(wanted, asked)
	switch {
	case both && !sameRoles(asked, changes[1]):
	case !repeats:
		return asked, nil
	case highest(asked).above(highest(present)):
		return nil, nil
	case both: // both carriers leave the person with less
		return asked, nil
	}
	return nil, scim.NewError(scim.CodeConflictingRoles,
		"The request has two different roles, %s and %s, in roles and in the extension's role. Map only one of the two in Okta. If only one is mapped, retry: the role has changed since Okta read it.",
		joinWords(byRoles, (*role).label), joinWords(byExtension, (*role).label))
}

func (p *planner) groupsName(wanted scim.Resource, roles []*role) bool {
	entries, _ := wanted["groups"].([]any)
	if len(entries) != len(roles) {
		return false
	}
	for _, entry := range entries {
		group, _ := entry.(map[string]any)
		id, _ := group["value"].(string)
		if !slices.ContainsFunc(roles, func(r *role) bool { return r.id == id }) {
			return false
		}
	}
	return true
}

// rolesCarried reads the two carriers of roles, each nil if the client does not send it. The
// extension shows the highest of several roles, which is its repetition.
func (p *planner) rolesCarried(s *snapshot, wanted scim.Resource, present []*role) (byRoles, byExtension []*role, err error) {
	if entries, given := wanted["roles"].([]any); given {
		words := make([]string, len(entries))
		for i, entry := range entries {
			object, _ := entry.(map[string]any)
			words[i], _ = object["value"].(string)
		}
		if byRoles, err = p.rolesNamed(s, words, present); err != nil {
			return nil, nil, err
		}
	}
	if word, given := attributeOf(wanted, URNSuger+":role"); given {
		words := slices.DeleteFunc([]string{word}, func(word string) bool { return word == "" })
		byExtension, err = p.rolesNamed(s, words, present)
		if top := highest(present); err == nil && top != nil && word != "" && top.id == byExtension[0].id {
			byExtension = present
		}
	}
	return byRoles, byExtension, err
}

// rolesNamed returns the roles that a client names, of several the highest where users hold
// one, and of none the default role.
func (p *planner) rolesNamed(s *snapshot, words []string, present []*role) (roles []*role, err error) {
	if len(words) == 0 {
		return p.defaultRole(s)
	}
	for _, word := range words {
		r, err := p.roleOr(s, word, present)
		if err != nil {
			return nil, err
		}
		if !holds(roles, r) {
			roles = append(roles, r)
		}
	}
	if !p.model.many {
		roles = []*role{highest(roles)}
	}
	return roles, nil
}

// rolesRemoved returns the operations with those that remove roles by any of their names as
// removals of every form in which a role can be shown.
func (p *planner) rolesRemoved(s *snapshot, operations []scim.PatchOperation) ([]scim.PatchOperation, error) {
	operations = slices.Clone(operations)
	for i, op := range operations {
		words := removedValues(op, "roles")
		if len(words) == 0 {
			continue
		}
		var values []any
		for _, word := range words {
			forms := []string{word}
			r, err := p.roleNamed(s, word)
			switch {
			case err == nil:
				forms = append(forms, r.id, r.name, r.group, r.word)
			case !hasCode(err, scim.CodeUnknownRole):
				return nil, err
			}
			for _, form := range forms {
				values = append(values, map[string]any{"value": form})
			}
		}
		path := *op.Path
		path.Filter = nil
		operations[i].Path, operations[i].Value = &path, values
	}
	return operations, nil
}

// roleOr finds a role by a client's word, among the present ones first, which the list of
// roles may lack.
func (p *planner) roleOr(s *snapshot, word string, present []*role) (*role, error) {
	if r := find(present, func(r *role) bool { return word == r.id }); r != nil {
		return r, nil
	}
	r, err := p.roleNamed(s, word)
	if err != nil && s.roles.whole {
		if held := find(present, func(r *role) bool { return sameName(word, r.name) }); held != nil {
			return held, nil
		}
	}
	return r, err
}
