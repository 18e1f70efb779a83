package sandbox

import (
	"slices"
	"strings"
)

// Users are copies of all users, in the order in which they are listed.
func (s *Sandbox) Users() []User {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	users := make([]User, 0, len(s.store.users))
	for _, user := range s.store.users {
		users = append(users, user.copy())
	}
	return users
}

// User is a copy of the user with this id.
func (s *Sandbox) User(id string) (User, bool) {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	return copyOf(s.store.byID[id])
}

// UserByEmail is a copy of the user with this e-mail, whatever its case.
func (s *Sandbox) UserByEmail(email string) (User, bool) {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	return copyOf(s.store.byEmail[strings.ToLower(email)])
}

// Roles are copies of all roles, in the order in which they are listed.
func (s *Sandbox) Roles() []Role { return s.store.listRoles() }

// PutUser writes a user behind the back of the API and past all rules, and
// gives back what is now held. It replaces the user with the same id, or
// without an id the one with the same e-mail, in the same place of the list;
// else it adds one, under the id given or a new one. Another holder of the
// e-mail is removed. An empty Status is StatusActive. The times are the sandbox's.
func (s *Sandbox) PutUser(user User) User {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	user.OtherRoles = slices.Clone(user.OtherRoles)
	if user.Status == "" {
		user.Status = StatusActive
	}
	namesake := s.store.byEmail[strings.ToLower(user.Email)]
	held := s.store.byID[user.ID]
	if user.ID == "" {
		held = namesake
	}
	if namesake != nil && namesake != held {
		s.store.drop(namesake)
	}
	return s.store.put(held, user)
}

// put replaces held, or adds the user if there is none.
func (s *store) put(held *record, user User) User {
	user.LastUpdateTime = s.tick()
	if held == nil {
		if user.ID == "" {
			user.ID = s.freeID()
		}
		user.CreationTime = user.LastUpdateTime
		user.DeactivationTime = deactivation(&User{}, &user)
		return s.insert(user).copy()
	}
	user.ID, user.CreationTime = held.ID, held.CreationTime
	user.DeactivationTime = deactivation(&held.User, &user)
	s.replace(held, user)
	return held.copy()
}

// PutRole writes a role behind the back of the API and past all rules; so two
// roles may come to have one name. It replaces the role with the same id, else
// it adds one, under the id given or a new one. An empty Type is TypeCustom.
func (s *Sandbox) PutRole(role Role) Role {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	role = role.clone()
	if role.Type == "" {
		role.Type = TypeCustom
	}
	if role.ID == "" {
		role.ID = s.store.freeID()
	}
	if at := s.store.roleIndex(role.ID); at >= 0 {
		s.store.roles[at] = role
	} else {
		s.store.roles = append(s.store.roles, role)
	}
	return role.clone()
}

// RemoveUser removes a user behind the back of the API, and says whether there
// was one.
func (s *Sandbox) RemoveUser(id string) bool { return s.store.remove(id, false) == nil }

// AddPeople adds n more sample people behind the back of the API, whether or
// not there are seats.
func (s *Sandbox) AddPeople(n int) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	s.store.addPeople(n, s.store.tick)
}

func (r *record) copy() User {
	user := r.User
	user.OtherRoles = slices.Clone(user.OtherRoles)
	return user
}

func copyOf(r *record) (User, bool) {
	if r == nil {
		return User{}, false
	}
	return r.copy(), true
}
