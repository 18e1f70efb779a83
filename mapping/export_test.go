package mapping

// WaitingForUsers returns how many requests of a caller wait for a list of users that
// is being fetched or about to be fetched.
func (s *Service) WaitingForUsers(c Caller) (waiting int) {
	users := s.open(c).lists().users
	users.mu.Lock()
	defer users.mu.Unlock()
	for _, flight := range users.flights {
		waiting += flight.waiting
	}
	return waiting
}

// HoldsUsers reports whether a list of users is cached for a caller.
func (s *Service) HoldsUsers(c Caller) bool {
	users := s.open(c).lists().users
	users.mu.Lock()
	defer users.mu.Unlock()
	return users.held != nil
}
