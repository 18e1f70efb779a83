package mapping

import "context"

// Prove finds out, by one call that is cheap whatever the size of the
// organization, whether Suger lets the caller read the organization's users. It
// is for credentials of which nothing is known yet: what they send costs nothing
// before.
func (s *Service) Prove(ctx context.Context, c Caller) error {
	as, list := s.open(c), s.model.doc.Operations.ListUsers
	err := s.client.Prove(ctx, c.Credential, as.request(opListUsers, list, as.ids(nil, nil), nil), list.paging())
	as.driftOf(err)
	return as.asSCIM(err)
}
