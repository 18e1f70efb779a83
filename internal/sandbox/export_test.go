package sandbox

// Members are the members of an organization.
func (s *Sandbox) Members(organization string) []User {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	var users []User
	for _, m := range s.store.organization(organization).members {
		users = append(users, m.User)
	}
	return users
}

// Member is the member of an organization with this e-mail.
func (s *Sandbox) Member(organization, email string) (User, bool) {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	return copyOf(s.store.organization(organization).memberByEmail(email))
}
