package mapping

// WaitingForUsers is how many requests of a caller wait for a list of users that
// is being fetched.
func (s *Service) WaitingForUsers(c Caller) int {
	users := &s.open(c).shelf().users
	users.mu.Lock()
	defer users.mu.Unlock()
	if users.flight == nil {
		return 0
	}
	return users.flight.waiting
}

// HoldsUsers reports whether a list of users is in memory for a caller.
func (s *Service) HoldsUsers(c Caller) bool {
	_, held := s.open(c).shelf().users.peek()
	return held
}
