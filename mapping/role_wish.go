package mapping

import (
	"context"

	"suger-scim-gateway/gateway/scim"
)

// roleWish reads which roles a client wants a user to hold: nil if it does not
// say, or says what is so already.
//
// Two attributes can carry a role, roles and the extension's role. Okta's PUT
// echoes our own answer with its mapped attributes laid over it, so a carrier
// equal to the present role is an echo, and the one that differs is the wish.
func (s *suger) roleWish(ctx context.Context, wanted scim.Resource, present []*role) ([]*role, error) {
	var wish []*role
	for _, read := range []func(context.Context, scim.Resource, []*role) ([]*role, bool, error){s.rolesWanted, s.extensionRoleWanted} {
		roles, given, err := read(ctx, wanted, present)
		if err != nil {
			return nil, err
		}
		switch {
		case !given || sameRoles(roles, present):
		case wish != nil && !sameRoles(roles, wish):
			return nil, scim.NewError(scim.CodeConflictingRoles,
				"The request asks for two roles, %s in roles and %s in the extension's role. Map only one of the two in Okta.",
				joinWords(wish, (*role).label), joinWords(roles, (*role).label))
		default:
			wish = roles
		}
	}
	return wish, nil
}

// rolesWanted reads the roles attribute. Of several, a user who can hold one
// gets the highest; an emptied attribute stands for the default role.
func (s *suger) rolesWanted(ctx context.Context, wanted scim.Resource, present []*role) ([]*role, bool, error) {
	entries, given := wanted["roles"].([]any)
	if !given {
		return nil, false, nil
	}
	var roles []*role
	for _, entry := range entries {
		word := roleWord(entry)
		if word == "" {
			continue
		}
		r, err := s.roleOr(ctx, word, present)
		if err != nil {
			return nil, true, err
		}
		if !holds(roles, r) {
			roles = append(roles, r)
		}
	}
	if len(roles) == 0 {
		return s.defaultRoles(ctx, present)
	}
	if !s.model.many {
		roles = []*role{highest(roles)}
	}
	return roles, true, nil
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

// extensionRoleWanted reads the extension's role. Where users hold many roles,
// it shows the highest of them, so that one is its echo.
func (s *suger) extensionRoleWanted(ctx context.Context, wanted scim.Resource, present []*role) ([]*role, bool, error) {
	word, given := attributeOf(wanted, URNSuger+":role")
	if !given {
		return nil, false, nil
	}
	if word == "" {
		return s.defaultRoles(ctx, present)
	}
	r, err := s.roleOr(ctx, word, present)
	if err != nil {
		return nil, true, err
	}
	if top := highest(present); top != nil && top.id == r.id {
		return present, true, nil
	}
	return []*role{r}, true, nil
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

// defaultRoles is the default role as a wish.
func (s *suger) defaultRoles(ctx context.Context, present []*role) ([]*role, bool, error) {
	r, err := s.defaultRole(ctx)
	if err != nil {
		return nil, true, err
	}
	for _, held := range present {
		if held.id == r.id {
			r = held
		}
	}
	return []*role{r}, true, nil
}
