package sandbox

import (
	"cmp"
	"slices"
	"strings"
	"time"

	core "suger-scim-gateway/internal/sandbox"
)

// The states of a user. INVITED is a user who has been added and has not
// signed in yet; only INACTIVE ends access and frees the seat.
const (
	StatusActive   = "ACTIVE"
	StatusInvited  = "INVITED"
	StatusInactive = "INACTIVE"
)

// A User is a member of an organization: the person and the membership in one.
type User struct {
	ID               string
	Email            string // as given; compared without regard to case
	FirstName        string
	LastName         string
	Role             string   // role id; the first one where a user may have several
	OtherRoles       []string // further role ids, in the multirole contract only
	Status           string   // always StatusActive in a contract without a status
	CreationTime     time.Time
	LastUpdateTime   time.Time
	JoinTime         time.Time
	DeactivationTime time.Time // zero unless StatusInactive
}

// viewOf returns a copy of a member.
func viewOf(m *core.Member) User {
	return User{
		ID: m.ID, Email: m.Email, FirstName: m.FirstName, LastName: m.LastName, Role: m.Role, OtherRoles: slices.Clone(m.OtherRoles),
		Status: cmp.Or(m.Status, StatusActive), CreationTime: m.CreationTime.Time, LastUpdateTime: m.LastUpdateTime.Time,
		JoinTime: m.JoinTime.Time, DeactivationTime: m.DeactivationTime.Time,
	}
}

// person returns the part of the user that all organizations share.
func (u *User) person() core.User {
	return core.User{
		ID: u.ID, Email: u.Email, FirstName: u.FirstName, LastName: u.LastName,
		CreationTime: core.Time{Time: u.CreationTime}, LastUpdateTime: core.Time{Time: u.LastUpdateTime},
	}
}

// hold makes the user a member, or updates held, the existing member.
func hold(store *core.Store, o *core.Organization, held *core.Member, u User) *core.Member {
	m := held
	if m == nil {
		m = &core.Member{JoinTime: core.Time{Time: u.JoinTime}}
	}
	m.User, m.Role, m.OtherRoles = store.Put(u.person()), u.Role, slices.Clone(u.OtherRoles)
	m.Status, m.DeactivationTime = u.Status, core.Time{Time: u.DeactivationTime}
	if held == nil {
		o.Add(m)
	}
	return m
}

// seated reports whether the user occupies a seat of the plan.
func (u *User) seated() bool { return u.Status != StatusInactive }

// deactivation returns when the user became inactive, if old is what it was
// before.
func deactivation(old, user *User) time.Time {
	switch {
	case user.seated():
		return time.Time{}
	case old.seated():
		return user.LastUpdateTime
	default:
		return old.DeactivationTime
	}
}

// roles returns the ids of all roles that the user holds.
func (u *User) roles() []string { return rolesOf(u.Role, u.OtherRoles) }

func rolesOf(first string, others []string) []string {
	if first == "" {
		return []string{}
	}
	return append([]string{first}, others...)
}

// setRoles makes these the user's roles.
func (u *User) setRoles(ids []string) {
	u.Role, u.OtherRoles = "", nil
	if len(ids) > 0 {
		u.Role = ids[0]
	}
	if len(ids) > 1 {
		u.OtherRoles = ids[1:]
	}
}

// Users returns all users of the organization of [Options], in the order in
// which they are listed.
func (s *Sandbox) Users() (users []User) {
	s.Locked(func(store *core.Store) {
		users = make([]User, len(store.Home().Members))
		for i, m := range store.Home().Members {
			users[i] = viewOf(m)
		}
	})
	return users
}

// User returns the user with this id.
func (s *Sandbox) User(id string) (user User, ok bool) {
	s.Locked(func(store *core.Store) { user, ok = found(store.Home().Member(id)) })
	return user, ok
}

// UserByEmail returns the user with this e-mail, whatever its case.
func (s *Sandbox) UserByEmail(email string) (user User, ok bool) {
	s.Locked(func(store *core.Store) { user, ok = found(memberByEmail(store, store.Home(), email)) })
	return user, ok
}

func found(m *core.Member) (User, bool) {
	if m == nil {
		return User{}, false
	}
	return viewOf(m), true
}

func memberByEmail(store *core.Store, o *core.Organization, email string) *core.Member {
	if user := store.UserByEmail(email); user != nil {
		return o.Member(user.ID)
	}
	return nil
}

// GlobalUser returns the person with this e-mail, whatever its case, a member
// of an organization or not.
func (s *Sandbox) GlobalUser(email string) (user GlobalUser, ok bool) {
	s.Locked(func(store *core.Store) {
		if held := store.UserByEmail(email); held != nil {
			user, ok = *held, true
		}
	})
	return user, ok
}

// Roles are copies of all roles, the standard ones first, without their creation
// times.
func (s *Sandbox) Roles() (roles []Role) {
	s.Locked(func(store *core.Store) {
		for _, role := range store.Home().Roles {
			held := *role
			held.Permissions, held.CreationTime = slices.Clone(held.Permissions), core.Time{}
			roles = append(roles, held)
		}
	})
	return roles
}

// PutUser writes a user, bypassing the API and its rules, and returns the
// result. It replaces the user with the same id, or without an id the one with
// the same e-mail, in the same place of the list; else it adds one, under the
// id given or a new one. Another holder of the e-mail is removed. An empty
// Status is StatusActive. The times are the sandbox's.
func (s *Sandbox) PutUser(user User) (put User) {
	s.Locked(func(store *core.Store) {
		global := place(store, user.person())
		held := store.Home().Member(global.ID)
		old := User{JoinTime: global.LastUpdateTime.Time}
		if held != nil {
			old = viewOf(held)
		}
		user.ID, user.CreationTime, user.LastUpdateTime = global.ID, global.CreationTime.Time, global.LastUpdateTime.Time
		if user.Status == "" || !s.contract.states {
			user.Status = StatusActive
		}
		user.JoinTime, user.DeactivationTime = old.JoinTime, deactivation(&old, &user)
		put = viewOf(hold(store, store.Home(), held, user))
	})
	return put
}

// PutGlobalUser writes a person, bypassing the API, who need not be a member.
func (s *Sandbox) PutGlobalUser(user GlobalUser) {
	s.Locked(func(store *core.Store) { store.Put(place(store, user)) })
}

// PutNamesake adds a member with the e-mail of somebody who is one already, under
// an id of its own. From then on the e-mail is the new member's.
func (s *Sandbox) PutNamesake(user User) {
	s.Locked(func(store *core.Store) {
		user.ID, user.JoinTime = store.NewID(), store.Tick().Time
		user.CreationTime, user.LastUpdateTime = user.JoinTime, user.JoinTime
		hold(store, store.Home(), nil, user)
	})
}

// place finds the person that the user replaces, and removes another holder of
// the e-mail.
func place(store *core.Store, user core.User) core.User {
	user.LastUpdateTime = store.Tick()
	user.CreationTime = user.LastUpdateTime
	held, namesake := store.Users[user.ID], store.UserByEmail(user.Email)
	if user.ID == "" {
		held = namesake
	}
	if namesake != nil && namesake != held {
		for _, o := range store.Organizations {
			o.Remove(namesake.ID)
		}
		forget(store, namesake)
	}
	switch {
	case held != nil:
		user.ID, user.CreationTime = held.ID, held.CreationTime
	case user.ID == "":
		user.ID = store.NewID()
	}
	return user
}

// forget removes a user who is no member.
func forget(store *core.Store, user *core.User) {
	delete(store.Users, user.ID)
	delete(store.Emails, strings.ToLower(user.Email))
}

// RemoveUser removes a user, bypassing the API, and reports whether there was
// one. Where users are global, only the membership goes.
func (s *Sandbox) RemoveUser(id string) (was bool) {
	s.Locked(func(store *core.Store) {
		m := store.Home().Member(id)
		if was = m != nil; was {
			store.Home().Remove(id)
		}
		if was && s.contract.local {
			forget(store, m.User)
		}
	})
	return was
}

// PutRole writes a role, bypassing the API, so that two roles can have one name.
// It replaces the role with the same id, else it adds one, under the id given or
// a new one. An empty Type is TypeCustom.
func (s *Sandbox) PutRole(role Role) Role {
	s.Locked(func(store *core.Store) {
		o := store.Home()
		role.Type = cmp.Or(role.Type, TypeCustom)
		if role.ID == "" {
			role.ID = store.NewID()
		}
		held := o.Role(role.ID)
		if held == nil {
			held = &Role{CreationTime: store.Tick()}
			o.Roles = append(o.Roles, held)
		}
		created := held.CreationTime
		*held = role
		held.Permissions, held.CreationTime = append([]string{}, role.Permissions...), created
	})
	return role
}

// Members returns the members of an organization.
func (s *Sandbox) Members(organization string) (users []User) {
	s.Locked(func(store *core.Store) {
		for _, o := range store.Organizations {
			for _, m := range o.Members {
				if o.ID == organization {
					users = append(users, viewOf(m))
				}
			}
		}
	})
	return users
}

// Member returns the member of an organization with this e-mail.
func (s *Sandbox) Member(organization, email string) (User, bool) {
	for _, user := range s.Members(organization) {
		if strings.EqualFold(user.Email, email) {
			return user, true
		}
	}
	return User{}, false
}
