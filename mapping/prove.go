package mapping

import (
	"context"

	"suger-scim-gateway/mapping/spec"
)

// Prove finds out, by one call that is cheap whatever the size of the
// organization, whether Suger lets the caller read the organization's users. It
// is for credentials of which nothing is known yet: what they send costs nothing
// before.
func (s *Service) Prove(ctx context.Context, c Caller) error {
	as, list := s.open(c), s.model.doc.Operations.ListUsers
	err := s.client.Prove(ctx, c.Credential, as.request(spec.OpListUsers, list, as.ids(nil, nil), nil), pagingOf(list))
	as.driftOf(err)
	return as.asSCIM(err)
}
