package mapping

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"suger-scim-gateway/internal/scim"
)

// Names of the guards, for metrics and audit records.
const (
	guardLastAdmin  = "last_admin"
	guardProtected  = "protected_user"
	guardAdminGrant = "admin_grant"
	guardUnique     = "unique_address"
	guardBrake      = "change_brake"
)

// GuardNames returns the guards that can stop a change.
func GuardNames() []string {
	return []string{guardLastAdmin, guardProtected, guardAdminGrant, guardUnique, guardBrake}
}

// A refusal is the error of a guard. Its text is for the client.
type refusal struct {
	guard string
	err   *scim.Error
}

func (r *refusal) Error() string { return fmt.Sprintf("%s: %s", r.guard, r.err.Detail) }
func (r *refusal) Unwrap() error { return r.err }

// errNeedsEverybody means that a guard needs everybody, and the snapshot holds one person.
var errNeedsEverybody = errors.New("the guards need the whole list")

// guard refuses a plan whose resulting state is not allowed. The change brake is separate.
func (p *planner) guard(s *snapshot, all *plan) error {
	return cmp.Or(p.sparesProtected(s, all), p.grantsNoAdministrator(s, all), p.keepsAddressesUnique(s, all), p.leavesAdministrator(s, all))
}

func (p *planner) sparesProtected(s *snapshot, all *plan) error {
	if len(p.protected) == 0 {
		return nil
	}
	var emails []string
	for _, one := range all.touched() {
		emails = append(emails, p.model.email(one.before), one.values[p.model.userName])
	}
	if all.role != nil && all.role.kind != roleMade {
		for _, u := range s.holdersOf(all.role.role) { // a group's change is planned on everybody
			emails = append(emails, p.model.email(u))
		}
	}
	for _, email := range emails {
		if p.protects(email) {
			return &refusal{guardProtected, scim.NewError(scim.CodeProtectedUser,
				"%s is protected: SCIM may read but not change this user, nor rename or delete the user's role. Make the change in Suger's console, or remove the address from GATEWAY_PROTECTED_USERS.", email)}
		}
	}
	return nil
}

// protects reports whether an address is a protected one, or looks like one.
func (p *planner) protects(email string) bool {
	email = foldEmail(email)
	if p.protected[email] {
		return true
	}
	for one := range p.protected {
		if looksLike(one, email) {
			return true
		}
	}
	return false
}

// looksLike reports whether a server that folds all letters takes two addresses for the same.
func looksLike(a, b string) bool {
	return a != b && (!isASCII(a) || !isASCII(b)) && sameName(a, b)
}

// withoutAccents returns a text as a server reads it that ignores accents.
func withoutAccents(s string) string {
	return cleanName(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(s)))
}

// takesForAnother returns an error if Suger finds somebody else by the address of a person
// who is to be added: the call that adds would change them.
func (s *suger) takesForAnother(ctx context.Context, p *plan) error {
	op, one := s.model.doc.Operations.FindUser, p.joining()
	if op == nil || one == nil || one.before.id != "" {
		return nil
	}
	asked := one.values[s.model.userName]
	records, alone, err := s.foundBy(ctx, op, asked)
	if err != nil && !isGone(err) && !callMissing(err) {
		return err
	}
	for _, record := range records {
		email, _ := fieldText(record, s.model.attributes[s.model.userName].Field)
		differs := email != "" && foldEmail(email) != foldEmail(asked)
		if differs && (alone || sameName(withoutAccents(email), withoutAccents(asked))) {
			return &refusal{guardUnique, scim.NewError(scim.CodeUserExists,
				"Suger takes the userName %s for that of another person, so nothing was changed. Give one of the two another address.", scim.Clip(asked, 120))}
		}
	}
	return nil
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

// grantsNoAdministrator refuses, if granting is switched off, to make somebody an
// administrator: by the role, by restoring access, or by another address.
func (p *planner) grantsNoAdministrator(s *snapshot, all *plan) error {
	if p.config.AllowAdminGrant {
		return nil
	}
	for _, one := range all.touched() {
		if !s.whole && one.kind == planChange && one.givesAccess() {
			return errNeedsEverybody // the record by id can be older than the list
		}
		gains := one.givesAccess() || one.renames(p.model) || !anyAdministrator(one.held)
		if gains && one.kind != planLeave && anyAdministrator(one.will()) {
			return &refusal{guardAdminGrant, scim.NewError(scim.CodeAdminGrant,
				"This gateway does not grant the administrator role, nor restore an administrator's access or change the address (GATEWAY_ALLOW_ADMIN_GRANT=false). Do it in Suger's console.")}
		}
	}
	return nil
}

func (p *planner) keepsAddressesUnique(s *snapshot, all *plan) error {
	for _, one := range all.touched() {
		email, given := one.values[p.model.userName]
		if !given || one.kind == planChange && !one.renames(p.model) {
			continue
		}
		if !s.whole {
			return errNeedsEverybody
		}
		folded := foldEmail(email)
		other := find(s.users, func(u *user) bool { // who joins has an address that nobody here has
			is := p.model.key(u)
			return u.id != one.before.id && (is == folded && one.kind == planChange || looksLike(is, folded))
		})
		if other != nil || one.kind == planChange && s.unusable("", email) != nil {
			taken := email
			if other != nil {
				taken = p.model.email(other)
			}
			return &refusal{guardUnique, scim.NewError(scim.CodeUserExists,
				"Suger already has another user with the userName %s, the same or one that it may treat as the same. Nothing was changed.", scim.Clip(taken, 120))}
		}
		if usual := fold(cleanName(email)); usual != folded && (one.kind == planChange || one.before.id == "") {
			return &refusal{guardUnique, scim.NewError(scim.CodeInvalidValue,
				"Suger may take the userName %q for %q, which can be somebody else's, so nothing was changed. Use the second spelling in Okta.", scim.Clip(email, 120), scim.Clip(usual, 120))}
		}
	}
	return nil
}

// leavesAdministrator refuses a plan that takes an active administrator away, or somebody
// whose role is unknown, and leaves none.
func (p *planner) leavesAdministrator(s *snapshot, all *plan) error {
	touched := all.touched()
	loser := find(touched, p.takesAdministrator)
	known := loser != nil // to be an administrator
	if !known {
		loser = find(touched, func(one *personPlan) bool {
			unknown := len(one.before.roles) == 0 || !s.roles.knows(one.before.roles)
			return unknown && one.before.access.active && p.model.leavesPowerless(one)
		})
	}
	switch {
	case loser == nil:
		return nil
	case !s.whole:
		return errNeedsEverybody
	case !s.roles.whole && !p.model.knowsAdministrators():
		return errNeedsRoles
	case p.administratorsAfter(s, all) > 0:
		return nil
	case !known && !s.roles.whole:
		return errNeedsRoles
	case !known:
		return &refusal{guardLastAdmin, scim.NewError(scim.CodeSugerUnreadable,
			"Suger shows nobody as an administrator and no known role of %s, who may be the last one, so nothing was changed. Retry; if the error remains, run the check command.",
			p.model.email(loser.before))}
	}
	refused := scim.NewError(scim.CodeLastAdmin,
		"The change would leave the Suger organization without an active administrator (%s), so nothing was changed. Make somebody else an administrator first.",
		p.model.email(loser.before))
	if slices.ContainsFunc(s.users, s.doubts) {
		refused.Detail += fmt.Sprintf(" A removal that was sent in the last %d minutes and is not confirmed may still take effect, so the person does not count.", int(doubtLifetime.Minutes()))
	}
	return &refusal{guardLastAdmin, refused}
}

// takesAdministrator reports whether a plan takes an administrator away, or may.
func (p *planner) takesAdministrator(one *personPlan) bool {
	is := one.before.access.active && !one.before.access.pending && anyAdministrator(one.held)
	return is && p.model.leavesPowerless(one)
}

// tookAdministrator reports whether a plan that is done may have taken an administrator
// away: a slow write can meet somebody who has become one since the plan was made.
func (p *planner) tookAdministrator(after *snapshot, one *personPlan) bool {
	is := after.byID(one.before.id)
	if is == nil || one.kind != planChange || !one.endsAccess() {
		return false
	}
	return anyAdministrator(after.roles.of(is)) || !after.roles.knows(is.roles) && !p.model.knowsAdministrators()
}

// administratorsAfter counts the active administrators after a plan that adds nobody. One
// whose address changes does not count: the account may then be somebody else's.
func (p *planner) administratorsAfter(s *snapshot, all *plan) (n int) {
	for _, u := range s.assume(p.model, all).administrators() {
		if one := all.of(u.id); one == nil || !one.renames(p.model) {
			n++
		}
	}
	return n
}

// losses counts what the change brake bounds.
func (p *planner) losses(all *plan) (n int) {
	for _, one := range all.people {
		active := one.kind == planChange && one.before.access.active
		if one.kind == planLeave || active && (one.endsAccess() || one.losesRole() || one.renames(p.model)) {
			n++
		}
	}
	return n
}
