package mapping

import (
	"context"
	"errors"

	"suger-scim-gateway/internal/scim"
)

// roleWish reads which roles a client wants a user to hold: nil if it does not
// say, or says what is so already.
//
// Two attributes can carry a role, roles and the extension's role. Okta's PUT
// echoes our own answer with its mapped attributes laid over it, so a carrier
// equal to the roles that the client had read is an echo, and the one that
// differs is the wish. What it had read is in the groups of the same echo: by
// the present roles alone, the echo would be the wish if the request came twice,
// or if the roles changed between the client's GET and its PUT.
func (s *suger) roleWish(ctx context.Context, wanted scim.Resource, present []*role) ([]*role, error) {
	read, err := s.rolesRead(ctx, wanted, present)
	if err != nil {
		return nil, err
	}
	var wish []*role
	for _, carrier := range []func(context.Context, scim.Resource, []*role) (carried, error){s.rolesCarried, s.extensionCarries} {
		c, err := carrier(ctx, wanted, read)
		if err != nil {
			return nil, err
		}
		switch {
		case !c.given || c.echoes(read, present):
		case wish != nil && !sameRoles(c.roles, wish):
			return nil, scim.NewError(scim.CodeConflictingRoles,
				"The request asks for two roles, %s in roles and %s in the extension's role. Map only one of the two in Okta.",
				joinWords(wish, (*role).label), joinWords(c.roles, (*role).label))
		default:
			wish = c.roles
		}
	}
	if wish != nil && sameRoles(wish, present) {
		return nil, nil
	}
	return wish, nil
}

// rolesRead are the roles that a client had read when it made a resource: those
// in the groups that it echoes, or the present ones if it echoes none. Present
// roles come first, since these need no call.
func (s *suger) rolesRead(ctx context.Context, wanted scim.Resource, present []*role) ([]*role, error) {
	entries, _ := wanted["groups"].([]any)
	var read []*role
	for _, entry := range entries {
		group, _ := entry.(map[string]any)
		id, _ := group["value"].(string)
		if id == "" {
			continue
		}
		r, err := s.roleOr(ctx, id, present)
		switch {
		case isUnknownRole(err): // it has been deleted since
			name, _ := group["display"].(string)
			r = &role{id: id, raw: id, name: name, group: name, word: name, tier: lowestTier}
		case err != nil:
			return nil, err
		}
		if !holds(read, r) {
			read = append(read, r)
		}
	}
	if len(read) == 0 {
		return present, nil
	}
	return read, nil
}

func isUnknownRole(err error) bool {
	var e *scim.Error
	return errors.As(err, &e) && e.Code == scim.CodeUnknownRole
}

// carried is what one attribute says of the roles.
type carried struct {
	roles   []*role
	given   bool // it says something at all
	emptied bool // that there is to be none, which stands for the default role
}

// echoes reports whether a carrier repeats what the client had read. An emptied one
// never was, but asks for nothing if the default role is held anyway.
func (c carried) echoes(read, present []*role) bool {
	return sameRoles(c.roles, read) && (!c.emptied || sameRoles(read, present))
}

// rolesCarried reads the roles attribute. Of several, a user who can hold one
// gets the highest.
func (s *suger) rolesCarried(ctx context.Context, wanted scim.Resource, read []*role) (carried, error) {
	entries, given := wanted["roles"].([]any)
	if !given {
		return carried{}, nil
	}
	var roles []*role
	for _, entry := range entries {
		word := roleWord(entry)
		if word == "" {
			continue
		}
		r, err := s.roleOr(ctx, word, read)
		if err != nil {
			return carried{}, err
		}
		if !holds(roles, r) {
			roles = append(roles, r)
		}
	}
	if len(roles) == 0 {
		return s.emptied(ctx)
	}
	if !s.model.many {
		roles = []*role{highest(roles)}
	}
	return carried{roles: roles, given: true}, nil
}

// roleWord is the role that an entry of roles names.
func roleWord(entry any) string {
	object, ok := entry.(map[string]any)
	if !ok {
		return ""
	}
	value, _ := object["value"].(string)
	display, _ := object["display"].(string)
	return firstOf(value, display)
}

// extensionCarries reads the extension's role. Where users hold many roles, it
// shows the highest of them, so that one is its echo.
func (s *suger) extensionCarries(ctx context.Context, wanted scim.Resource, read []*role) (carried, error) {
	word, given := attributeOf(wanted, URNSuger+":role")
	if !given {
		return carried{}, nil
	}
	if word == "" {
		return s.emptied(ctx)
	}
	r, err := s.roleOr(ctx, word, read)
	if err != nil {
		return carried{}, err
	}
	if top := highest(read); top != nil && top.id == r.id {
		return carried{roles: read, given: true}, nil
	}
	return carried{roles: []*role{r}, given: true}, nil
}

// emptied is what an attribute says that was explicitly emptied.
func (s *suger) emptied(ctx context.Context) (carried, error) {
	r, err := s.defaultRole(ctx)
	if err != nil {
		return carried{}, err
	}
	return carried{roles: []*role{r}, given: true, emptied: true}, nil
}

// roleOr finds a role by a client's word, among the present ones first: these
// are known without a call, even one that the role list lacks.
func (s *suger) roleOr(ctx context.Context, word string, present []*role) (*role, error) {
	for _, r := range present {
		if word == r.id {
			return r, nil
		}
	}
	r, err := s.roleNamed(ctx, word)
	if err != nil {
		for _, held := range present {
			if fold(word) == fold(held.name) {
				return held, nil
			}
		}
	}
	return r, err
}
