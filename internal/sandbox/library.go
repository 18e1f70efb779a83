package sandbox

import (
	"slices"
	"strings"
	"time"
)

// The states of a user. INVITED is a user who has been added and has not
// signed in yet; only INACTIVE ends access and frees the seat.
const (
	StatusActive   = "ACTIVE"
	StatusInvited  = "INVITED"
	StatusInactive = "INACTIVE"
)

// The standard roles. Their ids equal their names, and they are fixed
// (doc.suger.io/get-started/account).
const (
	RoleAdmin  = "ADMIN"
	RoleEditor = "EDITOR"
	RoleViewer = "VIEWER"
)

// The types of a role.
const (
	TypeStandard = "STANDARD"
	TypeCustom   = "CUSTOM"
)

// A Role is a role of the organization.
type Role struct {
	ID          string
	Name        string // unique without regard to case
	Description string
	Type        string // TypeStandard or TypeCustom
	Permissions []string
}

// A GlobalUser is a person as all organizations share it.
type GlobalUser struct {
	ID             string
	Email          string // as given; compared without regard to case
	FirstName      string
	LastName       string
	CreationTime   time.Time
	LastUpdateTime time.Time
}

// A User is a member of an organization as the sandbox holds it: the global
// user and the membership in one. The contract decides how it looks on the wire.
type User struct {
	ID               string
	Email            string // as given; compared without regard to case
	FirstName        string
	LastName         string
	Role             string   // role id; the first one where a user may have several
	OtherRoles       []string // further role ids, in the multirole contract only
	Status           string   // StatusActive, StatusInvited or StatusInactive; always StatusActive in a contract without a status
	MembershipID     string   // shown by the twostep contract only
	CreationTime     time.Time
	LastUpdateTime   time.Time
	JoinTime         time.Time
	DeactivationTime time.Time // zero unless StatusInactive
}

// global is the user's global part.
func (u *User) global() GlobalUser {
	return GlobalUser{ID: u.ID, Email: u.Email, FirstName: u.FirstName, LastName: u.LastName, CreationTime: u.CreationTime, LastUpdateTime: u.LastUpdateTime}
}

// setGlobal makes this the user's global part.
func (u *User) setGlobal(g GlobalUser) {
	u.ID, u.Email, u.FirstName, u.LastName = g.ID, g.Email, g.FirstName, g.LastName
	u.CreationTime, u.LastUpdateTime = g.CreationTime, g.LastUpdateTime
}

// seated reports whether the user holds a seat of the plan.
func (u *User) seated() bool { return u.Status != StatusInactive }

// roles are the ids of all roles the user holds, the first one first.
func (u *User) roles() []string {
	if u.Role == "" {
		return []string{}
	}
	return append([]string{u.Role}, u.OtherRoles...)
}

// setRoles makes these the user's roles. It never writes into OtherRoles,
// which copies of the user share.
func (u *User) setRoles(ids []string) {
	u.Role, u.OtherRoles = "", nil
	if len(ids) > 0 {
		u.Role = ids[0]
	}
	if len(ids) > 1 {
		u.OtherRoles = slices.Clone(ids[1:])
	}
}

// sameAs reports whether nothing that can be written differs.
func (u *User) sameAs(other *User) bool {
	return u.Email == other.Email && u.FirstName == other.FirstName && u.LastName == other.LastName &&
		u.Status == other.Status && slices.Equal(u.roles(), other.roles())
}

// Users are copies of all users of the organization of [Options], in the order
// in which they are listed.
func (s *Sandbox) Users() []User {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	var users []User
	for _, m := range s.store.home().members {
		user, _ := copyOf(m)
		users = append(users, user)
	}
	return users
}

// User is a copy of the user with this id.
func (s *Sandbox) User(id string) (User, bool) {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	return copyOf(s.store.home().byUser[id])
}

// UserByEmail is a copy of the user with this e-mail, whatever its case.
func (s *Sandbox) UserByEmail(email string) (User, bool) {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	return copyOf(s.store.home().memberByEmail(email))
}

func copyOf(m *member) (User, bool) {
	if m == nil {
		return User{}, false
	}
	user := m.User
	user.OtherRoles = slices.Clone(user.OtherRoles)
	return user, true
}

// GlobalUser is the person with this e-mail, whatever its case, a member of an
// organization or not.
func (s *Sandbox) GlobalUser(email string) (GlobalUser, bool) {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	if held, ok := s.store.byEmail[strings.ToLower(email)]; ok {
		return *held, true
	}
	return GlobalUser{}, false
}

// Roles are copies of all roles, the standard ones first.
func (s *Sandbox) Roles() []Role {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	roles := slices.Clone(s.store.home().roles)
	for i := range roles {
		roles[i].Permissions = slices.Clone(roles[i].Permissions)
	}
	return roles
}

// PutUser writes a user, past the API and its rules, and returns what is now
// held. It replaces the user with the same id, or without an id the one with
// the same e-mail, in the same place of the list; else it adds one, under the
// id given or a new one. Another holder of the e-mail is removed. An empty
// Status is StatusActive. The times are the sandbox's.
func (s *Sandbox) PutUser(user User) User {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	o := s.store.home()
	global := s.store.place(user.global())
	held := o.byUser[global.ID]
	old := User{JoinTime: global.LastUpdateTime}
	if held != nil {
		old = held.User
	} else if user.MembershipID == "" {
		user.MembershipID = o.newMembershipID()
	}
	user.setGlobal(global)
	user.OtherRoles = slices.Clone(user.OtherRoles)
	if user.Status == "" || s.store.noStates {
		user.Status = StatusActive
	}
	if user.MembershipID == "" {
		user.MembershipID = old.MembershipID
	}
	user.JoinTime, user.DeactivationTime = old.JoinTime, deactivation(&old, &user)
	o.put(held, user)
	put, _ := copyOf(o.byUser[user.ID])
	return put
}

// PutGlobalUser writes a person, past the API, who need not be a member.
func (s *Sandbox) PutGlobalUser(user GlobalUser) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	s.store.putUser(s.store.place(user))
}

// PutNamesake adds a member with the e-mail of somebody who is one already, under
// an id of its own. From then on the e-mail is the new member's.
func (s *Sandbox) PutNamesake(user User) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	o := s.store.home()
	user.ID, user.MembershipID, user.JoinTime = s.store.freeID(), o.newMembershipID(), s.store.tick()
	user.CreationTime, user.LastUpdateTime = user.JoinTime, user.JoinTime
	o.put(nil, user)
}

// place finds the person that the user replaces, and removes another holder of
// the e-mail.
func (s *store) place(user GlobalUser) GlobalUser {
	user.LastUpdateTime = s.tick()
	user.CreationTime = user.LastUpdateTime
	held, namesake := s.users[user.ID], s.byEmail[strings.ToLower(user.Email)]
	if user.ID == "" {
		held = namesake
	}
	if namesake != nil && namesake != held {
		for _, o := range s.organizations {
			if m, ok := o.byUser[namesake.ID]; ok {
				o.drop(m)
			}
		}
		s.forget(*namesake)
	}
	switch {
	case held != nil:
		user.ID, user.CreationTime = held.ID, held.CreationTime
	case user.ID == "":
		user.ID = s.freeID()
	}
	return user
}

// RemoveUser removes a user, past the API, and reports whether there was one.
// Where users are global, only the membership goes.
func (s *Sandbox) RemoveUser(id string) bool {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	return s.store.home().remove(id) == nil
}

// PutRole writes a role, past the API; so two roles may come to have one name.
// It replaces the role with the same id, else it adds one, under the id given or
// a new one. An empty Type is TypeCustom.
func (s *Sandbox) PutRole(role Role) Role {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	o := s.store.home()
	role.Permissions = slices.Clone(role.Permissions)
	if role.Type == "" {
		role.Type = TypeCustom
	}
	if role.ID == "" {
		role.ID = o.freeID()
	}
	if at := o.roleIndex(role.ID); at >= 0 {
		o.roles[at] = role
	} else {
		o.appendRole(role)
	}
	return role
}
