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
// user and the membership in one. How it looks on the wire is the affair of the
// contract.
type User struct {
	ID               string
	Email            string // as given; compared without regard to case
	FirstName        string
	LastName         string
	Role             string   // role id; the first one where a user may have several
	OtherRoles       []string // further role ids, in the multirole contract only
	AuthMethods      []string // allowed sign-in methods; none is no limit
	Status           string   // StatusActive, StatusInvited or StatusInactive; always StatusActive in a contract without a status
	MembershipID     string   // shown by the twostep contract only
	CreationTime     time.Time
	LastUpdateTime   time.Time
	JoinTime         time.Time
	DeactivationTime time.Time // zero unless StatusInactive
}

// setGlobal makes this the user's global part.
func (u *User) setGlobal(g GlobalUser) {
	u.ID, u.Email, u.FirstName, u.LastName = g.ID, g.Email, g.FirstName, g.LastName
	u.CreationTime, u.LastUpdateTime = g.CreationTime, g.LastUpdateTime
}

// seated says whether the user holds a seat of the plan.
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

// sameAs says whether nothing that can be written differs.
func (u *User) sameAs(other *User) bool {
	return u.Email == other.Email && u.FirstName == other.FirstName && u.LastName == other.LastName &&
		u.Status == other.Status && slices.Equal(u.roles(), other.roles())
}

// Users are copies of all users of the organization of [Options], in the order
// in which they are listed.
func (s *Sandbox) Users() []User { return s.Members(s.organization) }

// Members are copies of all members of an organization, in the order in which
// they are listed.
func (s *Sandbox) Members(organization string) []User {
	o := s.mustOrganization(organization)
	members := o.all()
	users := make([]User, 0, len(members))
	for _, m := range members {
		users = append(users, m.copy())
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
func (s *Sandbox) UserByEmail(email string) (User, bool) { return s.Member(s.organization, email) }

// Member is a copy of the member of an organization with this e-mail, whatever
// its case.
func (s *Sandbox) Member(organization, email string) (User, bool) {
	o := s.mustOrganization(organization)
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	return copyOf(o.memberByEmail(email))
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
func (s *Sandbox) Roles() []Role { return s.store.home().listRoles() }

// What follows writes behind the back of the API and past all rules.

// PutUser writes a user and gives back what is now held. It replaces the user
// with the same id, or without an id the one with the same e-mail, in the same
// place of the list; else it adds one, under the id given or a new one. Another
// holder of the e-mail is removed. An empty Status is StatusActive. The times
// are the sandbox's.
func (s *Sandbox) PutUser(user User) User { return s.PutMember(s.organization, user) }

// PutMember is PutUser for any organization: the names become those of the
// person in all organizations, the rest is the membership's.
func (s *Sandbox) PutMember(organization string, user User) User {
	o := s.mustOrganization(organization)
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	global := s.store.place(GlobalUser{ID: user.ID, Email: user.Email, FirstName: user.FirstName, LastName: user.LastName})
	held := o.byUser[global.ID]
	old := User{JoinTime: global.LastUpdateTime}
	if held != nil {
		old = held.view()
	} else if user.MembershipID == "" {
		user.MembershipID = o.newMembershipID()
	}
	user.setGlobal(global)
	user.OtherRoles, user.AuthMethods = slices.Clone(user.OtherRoles), slices.Clone(user.AuthMethods)
	if user.Status == "" || s.store.noStates {
		user.Status = StatusActive
	}
	if user.MembershipID == "" {
		user.MembershipID = old.MembershipID
	}
	user.JoinTime, user.DeactivationTime = old.JoinTime, deactivation(&old, &user)
	return o.put(held, user).copy()
}

// PutNamesake adds a member with the e-mail of somebody who is one already, under
// an id of its own, and gives back what is now held. From then on the e-mail
// stands for the new member.
func (s *Sandbox) PutNamesake(user User) User {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	o := s.store.home()
	user.ID, user.MembershipID, user.JoinTime = s.store.freeID(), o.newMembershipID(), s.store.tick()
	user.CreationTime, user.LastUpdateTime = user.JoinTime, user.JoinTime
	return o.put(nil, user).copy()
}

// PutGlobalUser writes a person and gives back what is now held, as PutUser
// does. It makes nobody a member. Only the contracts over Suger's own data
// layer know a person who is no member.
func (s *Sandbox) PutGlobalUser(user GlobalUser) GlobalUser {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	return *s.store.putUser(s.store.place(user))
}

// place finds out whom the user stands for, and removes another holder of the
// e-mail.
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
		s.forget(namesake)
	}
	switch {
	case held != nil:
		user.ID, user.CreationTime = held.ID, held.CreationTime
	case user.ID == "":
		user.ID = s.freeID()
	}
	return user
}

// RemoveUser removes a user, and says whether there was one. Where users are
// global, only the membership goes.
func (s *Sandbox) RemoveUser(id string) bool { return s.store.home().remove(id, false) == nil }

// RemoveMember ends the membership of the person with this e-mail, and says
// whether there was one.
func (s *Sandbox) RemoveMember(organization, email string) bool {
	o := s.mustOrganization(organization)
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	held := o.memberByEmail(email)
	if held != nil {
		o.drop(held)
	}
	return held != nil
}

// AddPeople adds n more sample people, whether or not there are seats.
func (s *Sandbox) AddPeople(n int) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	s.store.addPeople(n, s.store.tick)
}

// AddCustomRole adds a custom role to an organization and gives it back.
func (s *Sandbox) AddCustomRole(organization, name string, permissions ...string) Role {
	o := s.mustOrganization(organization)
	return o.putRole(Role{Name: name, Permissions: permissions})
}

// PutRole writes a role; so two roles may come to have one name. It replaces
// the role with the same id, else it adds one, under the id given or a new one.
// An empty Type is TypeCustom.
func (s *Sandbox) PutRole(role Role) Role { return s.store.home().putRole(role) }

func (o *organization) putRole(role Role) Role {
	o.mu.Lock()
	defer o.mu.Unlock()
	role = role.clone()
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
	return role.clone()
}

// mustOrganization is the organization with this id. One that does not exist
// is a mistake in the test.
func (s *Sandbox) mustOrganization(id string) *organization {
	o := s.store.organization(id)
	if o == nil {
		panic("sandbox: no organization " + id)
	}
	return o
}

func (o *organization) memberByEmail(email string) *member {
	user, ok := o.byEmail[strings.ToLower(email)]
	if !ok {
		return nil
	}
	return o.byUser[user.ID]
}

func (m *member) copy() User {
	user := m.view()
	user.OtherRoles, user.AuthMethods = slices.Clone(user.OtherRoles), slices.Clone(user.AuthMethods)
	return user
}

func copyOf(m *member) (User, bool) {
	if m == nil {
		return User{}, false
	}
	return m.copy(), true
}
