package mapping

import (
	"context"
	"errors"

	"suger-scim-gateway/internal/scim"
)

// A Person is an entry of a list of people who should have access to Suger.
type Person struct {
	UserName string
	Role     string // name or id of a role, or name of its group; "" leaves the role as it is
}

// An Effect is what would happen to a person if a SCIM client pushed a list.
type Effect string

// The effects, most urgent first.
const (
	EffectRefused Effect = "refused"   // the gateway would refuse it
	EffectAbsent  Effect = "absent"    // has access, and is not on the list
	EffectCreate  Effect = "create"    // would be added
	EffectReturn  Effect = "return"    // has no access, and would get it back
	EffectRole    Effect = "role"      // would hold another role
	EffectNone    Effect = "unchanged" // is as the list has it
)

// Effects returns all effects, in that order.
func Effects() []Effect {
	return []Effect{EffectRefused, EffectAbsent, EffectCreate, EffectReturn, EffectRole, EffectNone}
}

// A Forecast is what would happen to one person.
type Forecast struct {
	UserName string    `json:"userName"`
	Effect   Effect    `json:"effect"`
	Before   string    `json:"before,omitempty"` // the role held, or roles
	After    string    `json:"after,omitempty"`  // the role to be held
	Code     scim.Code `json:"code,omitempty"`   // code of the refusal
	Why      string    `json:"why,omitempty"`    // its text
}

// Compare reports what would happen if a SCIM client pushed a list of everybody who should
// have access: first about the people of the list, in its order, then about those who have
// access and are not on it. The error is a *[scim.Error] of reading Suger.
func (u *Users) Compare(ctx context.Context, people []Person) (forecasts []Forecast, err error) {
	defer u.translate(&err)
	snap, err := u.people(ctx, u.fromNow())
	if err == nil {
		snap, err = u.completed(ctx, snap, u.fromNow())
	}
	if err != nil {
		return nil, err
	}
	forecasts = make([]Forecast, 0, len(people))
	listed := make(map[string]bool, len(people))
	for _, person := range people {
		listed[foldEmail(person.UserName)] = true
		forecasts = append(forecasts, u.forecast(snap, person))
	}
	for _, one := range snap.users {
		if one.access.active && !listed[u.model.key(one)] {
			forecasts = append(forecasts, Forecast{UserName: u.model.email(one), Effect: EffectAbsent, Before: roleNames(snap.roles.of(one))})
		}
	}
	return forecasts, nil
}

// forecast plans a push of one person, as a request does, and asks the guards.
func (u *Users) forecast(snap *snapshot, person Person) Forecast {
	f := Forecast{UserName: person.UserName, Effect: EffectNone}
	known := snap.holderOf(person.UserName)
	if known != nil {
		f.UserName, f.Before = u.model.email(known), roleNames(snap.roles.of(known))
		f.After = f.Before
	}
	wanted := scim.Resource{"userName": person.UserName, "active": true}
	if person.Role != "" {
		wanted[URNSuger] = map[string]any{"role": person.Role}
	}
	var p *plan
	var err error
	if known != nil {
		p, err = u.planner.update(snap, known, wanted, scim.AccessGiven)
	} else {
		p, err = u.planner.create(snap, wanted, scim.AccessGiven)
	}
	if err == nil {
		err = u.planner.guard(snap, p)
	}
	var refused *scim.Error
	switch {
	case errors.As(err, &refused):
		f.Effect, f.Code, f.Why = EffectRefused, refused.Code, refused.Detail
		return f
	case known == nil:
		f.Effect = EffectCreate
	case p.people[0].active != nil:
		f.Effect = EffectReturn
	case p.people[0].roles != nil:
		f.Effect = EffectRole
	}
	if roles := p.people[0].roles; roles != nil {
		f.After = roleNames(roles)
	}
	return f
}
