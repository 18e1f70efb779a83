package mapping

import (
	"context"
	"errors"
	"net/http"

	"suger-scim-gateway/internal/scim"
)

// A Person is somebody whom a list gives access to Suger.
type Person struct {
	UserName string
	Role     string // name or id of a role, or name of its group; "" says nothing of the role
}

// An Effect is what would happen to somebody if a SCIM client pushed a list.
type Effect string

// The effects, in the order in which one wants to read them.
const (
	EffectRefused Effect = "refused"   // the gateway would refuse it
	EffectAbsent  Effect = "absent"    // has access, and is not on the list
	EffectCreate  Effect = "create"    // would be added
	EffectReturn  Effect = "return"    // has no access, and would get it back
	EffectRole    Effect = "role"      // would hold another role
	EffectNone    Effect = "unchanged" // is as the list has it
)

// Effects are all effects, in that order.
func Effects() []Effect {
	return []Effect{EffectRefused, EffectAbsent, EffectCreate, EffectReturn, EffectRole, EffectNone}
}

// A Forecast is what would happen to one person.
type Forecast struct {
	UserName string    `json:"userName"`
	Effect   Effect    `json:"effect"`
	Before   string    `json:"before,omitempty"` // the role held, or roles
	After    string    `json:"after,omitempty"`  // the role to be held
	Code     scim.Code `json:"code,omitempty"`   // of the refusal
	Why      string    `json:"why,omitempty"`    // its words
}

// Compare tells what would happen if a SCIM client pushed a list of everybody who
// is to have access. It reads, and changes nothing. The list's people come in its
// order; after them those who have access and are not on it.
//
// The error is a *[scim.Error] of reading Suger.
func (u *Users) Compare(ctx context.Context, people []Person) ([]Forecast, error) {
	forecasts, err := u.compare(ctx, people)
	if err != nil {
		return nil, u.asSCIM(err)
	}
	return forecasts, nil
}

func (u *Users) compare(ctx context.Context, people []Person) ([]Forecast, error) {
	users, err := u.usersNow(ctx)
	if err != nil {
		return nil, err
	}
	roles, err := u.catalogueOf(ctx, users)
	if err != nil {
		return nil, err
	}
	forecasts := make([]Forecast, 0, len(people))
	listed := make(map[string]bool, len(people))
	for _, person := range people {
		listed[fold(person.UserName)] = true
		forecast, err := u.forecast(ctx, users.withEmail(person.UserName), roles, person)
		if err != nil {
			return nil, err
		}
		forecasts = append(forecasts, forecast)
	}
	users.read(func(all []*user) {
		for _, one := range all {
			if email := u.model.email(one); one.standing.active && !listed[fold(email)] {
				forecasts = append(forecasts, Forecast{UserName: email, Effect: EffectAbsent, Before: roleNames(roles.of(one))})
			}
		}
	})
	return forecasts, nil
}

// forecast plans what a push of one person would do, as a create or an update
// plans it.
func (s *suger) forecast(ctx context.Context, known *user, roles *catalogue, person Person) (Forecast, error) {
	f := Forecast{UserName: person.UserName, Effect: EffectNone}
	p, err := s.planFor(ctx, known, roles, person)
	if err == nil {
		err = s.foreseenRefusal(known, p, person)
	}
	var refusal *scim.Error
	switch {
	case err != nil && (!errors.As(err, &refusal) || refusal.Status >= http.StatusInternalServerError || refusal.Status == http.StatusTooManyRequests):
		return f, err
	case err != nil:
		f.Effect, f.Code, f.Why = EffectRefused, refusal.Code, refusal.Detail
	case known == nil:
		f.Effect = EffectCreate
	case p.active != nil:
		f.Effect = EffectReturn
	case p.roles != nil:
		f.Effect = EffectRole
	}
	if known != nil {
		f.UserName, f.Before = s.model.email(known), roleNames(roles.of(known))
		f.After = f.Before
	}
	if p != nil && p.roles != nil {
		f.After = roleNames(p.roles)
	}
	return f, nil
}

// planFor is the plan of a push that gives a person access and perhaps a role.
func (s *suger) planFor(ctx context.Context, known *user, roles *catalogue, person Person) (*plan, error) {
	wanted := scim.Resource{"active": true}
	if person.Role != "" {
		wanted[URNSuger] = map[string]any{"role": person.Role}
	}
	if known != nil {
		return s.plan(ctx, known, roles, wanted)
	}
	if err := checkEmail(person.UserName); err != nil {
		return nil, err
	}
	p, err := s.plan(ctx, s.draft(person.UserName), roles, wanted)
	if err != nil || p.roles != nil {
		return p, err
	}
	r, err := s.defaultRole(ctx)
	if err != nil {
		return nil, err
	}
	p.roles = []*role{r}
	return p, nil
}

// foreseenRefusal is what the guards would say that need no other list.
func (s *suger) foreseenRefusal(known *user, p *plan, person Person) error {
	switch {
	case known != nil && p.empty():
		return nil
	case s.protected[fold(person.UserName)]:
		return scim.NewError(scim.CodeProtectedUser, "Protected by GATEWAY_PROTECTED_USERS: nothing is changed.")
	case s.makesAdministrator(p) && !s.config.AllowAdminGrant:
		return scim.NewError(scim.CodeAdminGrant, "The gateway makes nobody an administrator (GATEWAY_ALLOW_ADMIN_GRANT=false).")
	}
	return nil
}
