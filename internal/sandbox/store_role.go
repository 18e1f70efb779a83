package sandbox

import (
	"slices"
	"strings"
)

func (s *store) listRoles() []Role {
	s.mu.RLock()
	defer s.mu.RUnlock()
	roles := make([]Role, 0, len(s.roles))
	for _, role := range s.roles {
		roles = append(roles, role.clone())
	}
	return roles
}

func (s *store) addRole(role Role, pretend bool) (Role, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.permitRoleName("", role.Name); err != nil {
		return Role{}, err
	}
	role.ID, role.Type = s.freeID(), TypeCustom
	if !pretend {
		s.roles = append(s.roles, role.clone())
	}
	return role, nil
}

func (s *store) updateRole(id string, pretend bool, edit func(*Role)) (Role, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, err := s.customRole(id)
	if err != nil {
		return Role{}, err
	}
	edited := s.roles[at].clone()
	edit(&edited)
	if err := s.permitRoleName(id, edited.Name); err != nil {
		return Role{}, err
	}
	if !pretend {
		s.roles[at] = edited.clone()
	}
	return edited, nil
}

// removeRole removes a custom role that nobody holds; inactive users count.
func (s *store) removeRole(id string, pretend bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, err := s.customRole(id)
	if err != nil {
		return err
	}
	for _, user := range s.users {
		if user.Role == id || slices.Contains(user.OtherRoles, id) {
			return refuse(400, "role %q is in use", s.roles[at].Name)
		}
	}
	if !pretend {
		s.roles = slices.Delete(s.roles, at, at+1)
	}
	return nil
}

// customRole finds a role that may be written.
func (s *store) customRole(id string) (int, error) {
	at := s.roleIndex(id)
	if at < 0 {
		return 0, refuse(404, "role not found")
	}
	if s.roles[at].Type == TypeStandard {
		return 0, refuse(400, "role %q is a standard role, which cannot be changed", s.roles[at].Name)
	}
	return at, nil
}

func (s *store) permitRoleName(id, name string) error {
	if strings.TrimSpace(name) == "" {
		return refuse(400, "name is required")
	}
	for _, role := range s.roles {
		if role.ID != id && strings.EqualFold(role.Name, name) {
			return refuse(400, "a role named %q already exists", role.Name)
		}
	}
	return nil
}

func (s *store) roleIndex(id string) int {
	return slices.IndexFunc(s.roles, func(r Role) bool { return r.ID == id })
}

// roleName is the name of the role with this id, or the id itself.
func (s *store) roleName(id string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if at := s.roleIndex(id); at >= 0 {
		return s.roles[at].Name
	}
	return id
}
