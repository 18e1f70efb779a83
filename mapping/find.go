package mapping

import (
	"context"

	"suger-scim-gateway/mapping/spec"
)

// find looks a user up by the mapping's "find user" call. decided is false if only
// the list can decide: nobody was found and the mapping does not say "decides", or
// the record does not show a member with access. Writes always use the list.
func (s *suger) find(ctx context.Context, email string) (snap *snapshot, found *user, decided bool, err error) {
	op := s.model.doc.Operations.FindUser
	if op == nil {
		return nil, nil, false, nil
	}
	at := s.memory.next()
	records, _, err := s.foundBy(ctx, op, email)
	if isGone(err) || callMissing(err) {
		return nil, nil, false, nil // a Suger without the call answers so for everybody
	}
	if err != nil {
		return nil, nil, false, err
	}
	others := false
	for _, record := range records {
		u, err := s.model.readUser(record, s.Organization)
		if err != nil || s.model.key(u) != foldEmail(email) {
			others = true
			continue
		}
		if field := s.model.doc.User.Roles.Field; len(u.roles) == 0 || !u.access.active {
			if len(u.roles) == 0 {
				s.drift(spec.OpFindUser, field.String())
			}
			return nil, nil, false, nil
		}
		if found != nil && found.id != u.id {
			return nil, nil, false, nil // an inconsistency in Suger, which the list reports
		}
		found = u
	}
	if found == nil {
		return nil, nil, op.Decides && !others, nil
	}
	return onePerson(s.model, found, s.fixed, at, s.config.Now()), found, true, nil
}

// foundBy returns the records in the answer to the call for one address, and whether
// the answer is one record alone and no list.
func (s *suger) foundBy(ctx context.Context, op *spec.Operation, email string) (records []any, alone bool, err error) {
	named := s.ids(nil, nil)
	named["userName"] = email
	value, there, err := s.exchange(ctx, op, s.request(spec.OpFindUser, op, named, nil))
	switch {
	case err != nil:
		return nil, false, err
	case !there:
		return []any{nil}, false, nil // proves nothing
	}
	switch records := value.(type) {
	case nil:
		return nil, false, nil
	case []any:
		return records, false, nil
	case map[string]any:
		return []any{records}, true, nil
	}
	return nil, false, s.unreadable(spec.OpFindUser, misfit(wholeAnswer, "an answer that is no user"))
}
