package mapping

import (
	"context"
	"errors"
	"maps"
	"slices"

	"suger-scim-gateway/internal/scim"
)

// shelf is where the caller's lists are.
func (s *suger) shelf() *shelf { return s.memory.shelf(s.memory.key(s.Caller)) }

// someUsers are the users as a read may show them.
func (s *suger) someUsers(ctx context.Context) (*userSet, error) {
	return s.usersWithin(ctx, s.memory.toShow())
}

// usersForGroup are the users as a change of a group needs them: on a list that
// is fetched for it, since another replica may have given somebody the role, or
// taken it, a moment ago, and what the list says is so already is not written.
func (s *suger) usersForGroup(ctx context.Context) (*userSet, error) {
	s.shelf().users.forget(0)
	return s.freshUsers(ctx)
}

// freshUsers are the users as a decision on one of them needs them.
func (s *suger) freshUsers(ctx context.Context) (*userSet, error) {
	return s.usersWithin(ctx, fresh)
}

func (s *suger) usersWithin(ctx context.Context, within limit) (*userSet, error) {
	key := s.memory.key(s.Caller)
	shelf := s.memory.shelf(key)
	users, reused, err := shelf.users.get(ctx, within, func(ctx context.Context) (*userSet, error) {
		began, page := s.config.Now(), s.memory.ledger.page()
		users, err := s.fetchUsers(ctx)
		if err != nil {
			return nil, err
		}
		s.memory.filled(key, shelf)
		return newUserSet(s.model, users, began, page), nil
	})
	s.config.Observer.List(hitOrMiss(reused))
	return users, err
}

// usersNow is a list whose fetch begins after this call, for a check that must
// see what other replicas have just done.
func (s *suger) usersNow(ctx context.Context) (*userSet, error) { return s.usersWithin(ctx, limit{}) }

func hitOrMiss(hit bool) string {
	if hit {
		return "hit"
	}
	return "miss"
}

// catalogue is the organization's roles as a read may show them.
func (s *suger) catalogue(ctx context.Context) (*catalogue, error) {
	return s.rolesWithin(ctx, s.memory.toShow())
}

// freshCatalogue is the organization's roles as a change of roles needs them.
func (s *suger) freshCatalogue(ctx context.Context) (*catalogue, error) {
	return s.rolesWithin(ctx, fresh)
}

func (s *suger) rolesWithin(ctx context.Context, within limit) (*catalogue, error) {
	key := s.memory.key(s.Caller)
	shelf := s.memory.shelf(key)
	roles, _, err := shelf.roles.get(ctx, within, func(ctx context.Context) (*catalogue, error) {
		roles, err := s.fetchRoles(ctx)
		if err == nil {
			s.memory.filled(key, shelf)
		}
		return roles, err
	})
	return roles, err
}

// catalogueFor knows the roles of all these users; Suger is only asked if one
// holds a role that is not a standard one.
func (s *suger) catalogueFor(ctx context.Context, users ...*user) (*catalogue, error) {
	return s.catalogueThat(ctx, func(c *catalogue) bool { return c.knows(users) })
}

// catalogueOf is catalogueFor for a whole list.
func (s *suger) catalogueOf(ctx context.Context, users *userSet) (*catalogue, error) {
	return s.catalogueThat(ctx, users.knownTo)
}

// catalogueThat is a catalogue that has what is needed, if there is one: the
// roles known without asking, those at hand or fresh ones. A role that another
// replica has just made is thus not taken for one that Suger does not have.
func (s *suger) catalogueThat(ctx context.Context, knows func(*catalogue) bool) (*catalogue, error) {
	fixed := s.fixed
	if fixed.whole || knows(fixed) {
		return fixed, nil
	}
	roles, err := s.catalogue(ctx)
	if err != nil || knows(roles) {
		return roles, err
	}
	return s.freshCatalogue(ctx)
}

// catalogueWithoutList is what to go by when Suger does not list its roles, which
// must not stop the end of access: the roles that the mapping knows, or nil if
// these do not tell an administrator from others.
func (s *suger) catalogueWithoutList() *catalogue {
	if !s.model.knowsAdministrators() {
		return nil
	}
	return s.fixed
}

// knows reports whether the catalogue has every role that these users hold.
func (c *catalogue) knows(users []*user) bool {
	for _, u := range users {
		for _, ref := range u.roles {
			if c.byRef(ref) == nil {
				return false
			}
		}
	}
	return true
}

// roleNamed finds the role that a client means. Standard roles need no call; a
// word that is not on the list at hand is looked for in a fresh one before it is
// called unknown.
func (s *suger) roleNamed(ctx context.Context, word string) (*role, error) {
	c := s.fixed
	if r := c.byID(word); r != nil && !s.namesGroup(word) {
		return r, nil
	}
	for _, get := range []func(context.Context) (*catalogue, error){s.catalogue, s.freshCatalogue} {
		var err error
		if c, err = get(ctx); err != nil {
			return nil, err
		}
		r, err := c.named(word)
		if r != nil || err != nil {
			return r, err
		}
	}
	return nil, c.unknown(word)
}

// namesGroup reports whether the setting gives this name to a group.
func (s *suger) namesGroup(word string) bool {
	return slices.ContainsFunc(sortedKeys(s.config.GroupRoles), func(group string) bool { return fold(group) == fold(word) })
}

// defaultRole is the role of a user who is given none.
func (s *suger) defaultRole(ctx context.Context) (*role, error) {
	r, err := s.roleNamed(ctx, s.defaultRoleName())
	if err != nil {
		return nil, err
	}
	if r.administrator {
		return nil, scim.NewError(scim.CodeAdminGrant, "The default role is an administrator role. Set GATEWAY_DEFAULT_ROLE to a lesser one.")
	}
	return r, nil
}

// userNow is a user of a list as he or she is by now: as on the list, unless it
// has become old or this process has written to the user since it was fetched.
func (s *suger) userNow(ctx context.Context, users *userSet, id string) (*user, error) {
	current := s.config.Now().Sub(users.began) <= freshAge && !s.memory.ledger.notedSince(s.lockName(id), users.page)
	if u := users.byID(id); u != nil && current {
		return u, nil
	}
	return s.fetchUser(ctx, id)
}

// userWithEmail finds a user by address, or nil. A hint of an earlier lookup is
// checked with one call; without one a list within a limit is read.
func (s *suger) userWithEmail(ctx context.Context, email string, within limit) (*user, error) {
	key := s.memory.key(s.Caller)
	if id := s.memory.recall(key, email); id != "" && s.model.doc.Operations.GetUser != nil {
		u, err := s.fetchUser(ctx, id)
		if err != nil && !isNotFound(err) {
			return nil, err
		}
		if err == nil && fold(s.model.email(u)) == fold(email) {
			s.config.Observer.Lookup("hit")
			return u, nil
		}
		s.config.Observer.Lookup("wrong")
		s.memory.unlearn(key, email)
		within = fresh // the list at hand may be what gave the wrong hint
	} else {
		s.config.Observer.Lookup("miss")
	}
	users, err := s.usersWithin(ctx, within)
	if err != nil {
		return nil, err
	}
	u := users.withEmail(email)
	if u != nil {
		s.memory.remember(key, email, u.id)
	}
	return u, nil
}

// wrote makes a confirmed write show in what is remembered.
func (s *suger) wrote(u *user) {
	s.shelf().users.apply(func(users *userSet) { users.put(u) })
	s.memory.remember(s.memory.key(s.Caller), s.model.email(u), u.id)
}

// removed makes a confirmed removal show in what is remembered.
func (s *suger) removed(u *user) {
	s.shelf().users.apply(func(users *userSet) { users.remove(u.id) })
	s.memory.unlearn(s.memory.key(s.Caller), s.model.email(u))
}

// rolesChanged makes the next reader of roles ask Suger.
func (s *suger) rolesChanged() { s.shelf().roles.forget(0) }

func isNotFound(err error) bool {
	var e *scim.Error
	return errors.As(err, &e) && e.Code == scim.CodeNotFound
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
