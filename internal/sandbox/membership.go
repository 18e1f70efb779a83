package sandbox

import (
	"strings"
	"unicode/utf8"
)

// What follows are the writes of Suger's own data layer, in which users are
// global and an organization has memberships.

// The sizes of the columns, in characters.
const (
	sizeID          = 36 // also of a membership's role
	sizeName        = 30 // first and last name each
	sizeEmail       = 100
	sizeAuthMethod  = 30
	sizeRoleName    = 50
	sizeDescription = 300
	sizePermission  = 50
)

// errDatabase is all that Suger says of a value that its database refuses.
var errDatabase = refuse(500, "DB error occurred")

// fit says whether every value fits into a column.
func fit(size int, values ...string) bool {
	for _, value := range values {
		if utf8.RuneCountInString(value) > size {
			return false
		}
	}
	return true
}

// A change is what an update of a user or a membership names; nil is nothing.
type change struct {
	firstName, lastName, role *string
	authMethods               []string
}

func (c *change) fits() bool {
	for _, name := range []*string{c.firstName, c.lastName} {
		if name != nil && !fit(sizeName, *name) {
			return false
		}
	}
	return (c.role == nil || fit(sizeID, *c.role)) && fit(sizeAuthMethod, c.authMethods...)
}

// globalUser is a user whom Suger knows, a member or not.
func (s *store) globalUser(id string) (GlobalUser, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if held, ok := s.users[id]; ok {
		return *held, nil
	}
	return GlobalUser{}, errNoUser
}

// join makes somebody a member, and a user where the e-mail is new. It is an
// upsert twice over: a known e-mail keeps its id, names and spelling, and a
// member's role and sign-in methods are overwritten.
func (o *organization) join(wish User, pretend bool) (User, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.permitEmail(wish.Email); err != nil {
		return User{}, err
	}
	user, err := o.upsert(GlobalUser{Email: wish.Email, FirstName: wish.FirstName, LastName: wish.LastName})
	if err != nil {
		return User{}, err
	}
	return o.enroll(user, wish.Role, wish.AuthMethods, pretend)
}

// createUser makes a global user who is a member of nothing, or answers the one
// with this e-mail.
func (s *store) createUser(wish GlobalUser, pretend bool) (GlobalUser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := checkEmail(wish.Email); err != nil {
		return GlobalUser{}, err
	}
	user, err := s.upsert(wish)
	if err == nil && !pretend {
		s.putUser(user)
	}
	return user, err
}

// upsert is the global user of this e-mail, new or known. The caller stores it.
func (s *store) upsert(wish GlobalUser) (GlobalUser, error) {
	if !fit(sizeName, wish.FirstName, wish.LastName) || !fit(sizeEmail, wish.Email) {
		return GlobalUser{}, errDatabase
	}
	if known, ok := s.byEmail[strings.ToLower(wish.Email)]; ok {
		user := *known
		user.LastUpdateTime = s.tick() // the one thing that an upsert changes
		return user, nil
	}
	wish.ID = s.freeID()
	wish.CreationTime = s.tick()
	wish.LastUpdateTime = wish.CreationTime
	return wish, nil
}

// joinByID makes a global user a member.
func (o *organization) joinByID(id, role string, authMethods []string, pretend bool) (User, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	user, ok := o.users[id]
	if !ok {
		return User{}, errNoUser
	}
	if err := o.permitEmail(user.Email); err != nil {
		return User{}, err
	}
	return o.enroll(*user, role, authMethods, pretend)
}

// enroll writes the membership.
func (o *organization) enroll(user GlobalUser, role string, authMethods []string, pretend bool) (User, error) {
	if !(&change{role: &role, authMethods: authMethods}).fits() {
		return User{}, errDatabase
	}
	if o.roleIndex(role) < 0 {
		return User{}, refuse(400, "unknown role %q", role)
	}
	held, present := o.byUser[user.ID]
	joined := User{Status: StatusActive}
	if present {
		joined = held.view()
	} else {
		if err := o.permitSeat(); err != nil {
			return User{}, err
		}
		joined.MembershipID, joined.JoinTime = o.newMembershipID(), o.tick()
	}
	joined.setGlobal(user)
	joined.Role, joined.AuthMethods = role, authMethods
	if !pretend {
		o.put(held, joined)
	}
	return joined, nil
}

// change changes the names of a user, whoever is a member of what, and the role
// of a member. The role and the sign-in methods are one write: a role without
// methods clears them. A role that a user does not have here refuses the whole
// change. The answer says whether the user is a member.
func (o *organization) change(id string, c change, pretend bool) (user User, present bool, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	global, ok := o.users[id]
	if !ok {
		return User{}, false, errNoUser
	}
	held, present := o.byUser[id]
	if present {
		user = held.view()
	}
	switch {
	case c.role != nil && !present:
		return User{}, false, refuse(404, "user is not a member of the organization")
	case !c.fits():
		return User{}, false, errDatabase
	case c.role != nil && o.roleIndex(*c.role) < 0:
		return User{}, false, refuse(400, "unknown role %q", *c.role)
	}
	named := *global
	if c.firstName != nil || c.lastName != nil {
		fill(&named.FirstName, c.firstName)
		fill(&named.LastName, c.lastName)
		named.LastUpdateTime = o.tick() // a role change leaves this time alone: it is the membership's
	}
	user.setGlobal(named)
	if c.role != nil {
		user.Role, user.AuthMethods = *c.role, c.authMethods
	}
	switch {
	case pretend:
	case present:
		o.put(held, user)
	default:
		o.putUser(named)
	}
	return user, present, nil
}

// leave ends a membership; somebody who is no member, or nobody, has left.
func (o *organization) leave(id string, pretend bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if held, ok := o.byUser[id]; ok && !pretend {
		o.drop(held)
	}
}

// userOf is the id of the user whose membership this is.
func (o *organization) userOf(membership string) (string, error) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	for _, m := range o.members {
		if m.id == membership {
			return m.user.ID, nil
		}
	}
	return "", refuse(404, "membership not found")
}
