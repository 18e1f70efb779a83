package mapping

import (
	"context"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping/spec"
)

// Users are the users of one caller's organization as SCIM resources. Answers
// are whole, so that the gateway projects them, and the caller's own to change.
// Errors are *scim.Error, or the context's own if the client went away.
type Users struct{ *suger }

// Get is one user, read afresh.
func (u *Users) Get(ctx context.Context, id string, _ *scim.Projection) (scim.View, error) {
	found, err := u.fetchUser(ctx, id)
	if err != nil {
		return nil, u.asSCIM(err)
	}
	return u.answer(ctx, found)
}

// answer is a user as SCIM shows it.
func (s *suger) answer(ctx context.Context, found *user) (scim.View, error) {
	roles, err := s.catalogueFor(ctx, found)
	if err != nil {
		return nil, s.asSCIM(err)
	}
	return s.view(found, roles), nil
}

// List is the users that a query asks for. A query for one user by userName,
// e-mail address or id is looked up; others read the list.
func (u *Users) List(ctx context.Context, q *scim.Query) (*scim.List, error) {
	list, err := u.query(ctx, q)
	return list, u.asSCIM(err)
}

func (u *Users) query(ctx context.Context, q *scim.Query) (*scim.List, error) {
	if found, looked, err := u.lookUp(ctx, q.Filter); looked || err != nil {
		if err != nil {
			return nil, err
		}
		roles, err := u.catalogueFor(ctx, found...)
		if err != nil {
			return nil, err
		}
		return u.selectFrom(q, found, roles), nil
	}
	users, err := u.someUsers(ctx)
	if err != nil {
		return nil, err
	}
	roles, err := u.catalogueOf(ctx, users)
	if err != nil {
		return nil, err
	}
	var list *scim.List
	users.read(func(all []*user) { list = u.selectFrom(q, all, roles) })
	return list, nil
}

// lookUp answers a query that can match one user at most.
func (u *Users) lookUp(ctx context.Context, f *scim.Filter) (found []*user, looked bool, err error) {
	if f == nil {
		return nil, false, nil
	}
	path, value, ok := f.Equality()
	text, isText := value.(string)
	if !ok || !isText {
		return nil, false, nil
	}
	var one *user
	switch path {
	case "userName", "emails", "emails.value":
		one, err = u.userWithEmail(ctx, text, u.memory.toShow())
	case "id":
		if one, err = u.fetchUser(ctx, text); isNotFound(err) {
			one, err = nil, nil
		}
	default:
		return nil, false, nil
	}
	if one != nil {
		found = []*user{one}
	}
	return found, true, err
}

// selectFrom answers a query from users that are in order.
func (u *Users) selectFrom(q *scim.Query, users []*user, roles *catalogue) *scim.List {
	return q.Select(len(users), func(i int) scim.View { return u.view(users[i], roles) })
}

// Replace makes a user as the client's whole resource says (PUT).
func (u *Users) Replace(ctx context.Context, id string, r scim.Resource, ifMatch string, _ *scim.Projection) (scim.Resource, error) {
	return u.change(ctx, id, ifMatch, func(current scim.Resource) (scim.Resource, error) {
		if err := u.userType.CheckRequired(r); err != nil {
			return nil, err
		}
		return r, u.userType.CheckImmutable(current, r)
	})
}

// Patch makes the changes that PATCH operations ask for.
func (u *Users) Patch(ctx context.Context, id string, ops []scim.PatchOperation, ifMatch string, _ *scim.Projection) (scim.Resource, error) {
	return u.change(ctx, id, ifMatch, func(current scim.Resource) (scim.Resource, error) {
		return u.userType.ApplyPatch(current, ops)
	})
}

// change reads a user, computes what a client wants it to be, and writes what
// differs. Changes of one user are made one at a time.
func (u *Users) change(ctx context.Context, id, ifMatch string, want func(current scim.Resource) (scim.Resource, error)) (scim.Resource, error) {
	release, err := u.locks.acquire(ctx, u.lockName(id))
	if err != nil {
		return nil, u.asSCIM(err)
	}
	defer release()
	found, err := u.fetchForChange(ctx, id)
	if err != nil {
		return nil, u.asSCIM(err)
	}
	roles, missing := u.catalogueFor(ctx, found)
	if missing != nil {
		if roles = u.catalogueWithoutList(); roles == nil || ifMatch != "" {
			return nil, u.asSCIM(missing)
		}
	}
	current := u.view(found, roles).Resource()
	if err := scim.CheckIfMatch(ifMatch, current.Version()); err != nil {
		return nil, err
	}
	wanted, err := want(current)
	if err != nil {
		return nil, err
	}
	after, err := u.bring(ctx, found, roles, wanted, missing)
	if err != nil {
		return nil, u.asSCIM(err)
	}
	return u.answerTo(ctx, after, wanted)
}

// fetchForChange reads a user who is to be changed. Not to be found is only
// believed of a user whom Suger does not list either: an organization that the
// key may not see looks the same, and a client that wants to end somebody's
// access could take it for done.
func (s *suger) fetchForChange(ctx context.Context, id string) (*user, error) {
	found, err := s.fetchUser(ctx, id)
	if !isNotFound(err) {
		return found, err
	}
	for _, list := range []func(context.Context) (*userSet, error){s.freshUsers, s.usersNow} {
		users, listErr := list(ctx)
		if listErr != nil {
			return nil, listErr
		}
		if users.byID(id) == nil {
			return nil, err
		}
	}
	return nil, s.unreadable(spec.OpGetUser, misfit("", "not found, for a user who is listed,"))
}

// lockName is under which writes to a user are serialized.
func (s *suger) lockName(user string) string { return "user " + user + " of " + s.Organization }

// addressLock is under which users with an address are added one at a time. It
// is no lockName, since the id of a user may be the address.
func (s *suger) addressLock(email string) string {
	return "address " + fold(email) + " of " + s.Organization
}

// answerTo is the direct answer to a write: the user as Suger has it, with the
// externalId that the client sent, which Suger has no place for.
func (s *suger) answerTo(ctx context.Context, u *user, sent scim.Resource) (scim.Resource, error) {
	shown, err := s.answer(ctx, u)
	if err != nil {
		return nil, err
	}
	return echoing(shown.Resource(), sent), nil
}

// echoing adds to an answer of one's own making the externalId that a client sent.
func echoing(answer, sent scim.Resource) scim.Resource {
	if external, ok := sent["externalId"].(string); ok && external != "" {
		answer["externalId"] = external
	}
	return answer
}

// Delete takes a user out of the organization.
func (u *Users) Delete(ctx context.Context, id, ifMatch string) error {
	release, err := u.locks.acquire(ctx, u.lockName(id))
	if err != nil {
		return u.asSCIM(err)
	}
	defer release()
	found, err := u.fetchForChange(ctx, id)
	if err != nil {
		return u.asSCIM(err)
	}
	if ifMatch != "" {
		current, err := u.answer(ctx, found)
		if err != nil {
			return err
		}
		if err := scim.CheckIfMatch(ifMatch, current.Version()); err != nil {
			return err
		}
	}
	return u.asSCIM(u.removeUser(ctx, found))
}
