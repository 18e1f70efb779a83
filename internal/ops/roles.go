package ops

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
)

// How the roles on the status page are read. The page shows what it has rather
// than wait for Suger.
const (
	rolesLast        = time.Minute
	rolesTimeout     = 4 * time.Second
	maxOrganizations = 5 // shown at most
)

// A Role is one role of an organization.
type Role struct {
	Name   string
	Group  string // its name as a SCIM group
	People int    // who hold it
}

// CountRoles reads the roles of the caller's organization and who holds them, from
// the lists that answer SCIM requests. The role with the most people comes first.
func CountRoles(ctx context.Context, service *mapping.Service, caller mapping.Caller) ([]Role, error) {
	everything := &scim.Query{Count: scim.MaxPageSize}
	groups, err := service.Groups(caller).List(ctx, everything)
	if err != nil {
		return nil, err
	}
	named, err := service.Roles(caller).List(ctx, everything)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, role := range named.Resources {
		names[role.ID()], _ = role.Resource()["displayName"].(string)
	}
	roles := make([]Role, 0, len(groups.Resources))
	for _, group := range groups.Resources {
		members, _ := group.Resource()["members"].([]any)
		name, _ := group.Resource()["displayName"].(string)
		roles = append(roles, Role{Name: names[group.ID()], Group: name, People: len(members)})
	}
	slices.SortStableFunc(roles, func(a, b Role) int { return b.People - a.People })
	return roles, nil
}

// rolesRead caches the roles, so that reloading the page does not ask Suger each
// time.
type rolesRead struct {
	config Config

	mu    sync.Mutex
	known map[string]organizationRoles
}

// organizationRoles are the roles of one organization.
type organizationRoles struct {
	ID      string
	Roles   []Role
	Read    time.Time // when Roles were read
	Problem string    // why the last read failed, or ""

	asked time.Time
}

func newRolesRead(config Config) *rolesRead {
	return &rolesRead{config: config, known: map[string]organizationRoles{}}
}

// current returns the roles of each organization, read again if they are too old.
// Simultaneous requests share one read.
func (r *rolesRead) current(ctx context.Context) []organizationRoles {
	if r.config.Roles == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rolesTimeout)
	defer cancel()
	var all []organizationRoles
	for _, id := range r.config.Organizations[:min(len(r.config.Organizations), maxOrganizations)] {
		one := r.known[id]
		if now := r.config.Now(); one.asked.IsZero() || now.Sub(one.asked) >= rolesLast {
			one = r.read(ctx, one, id, now)
			r.known[id] = one
		}
		all = append(all, one)
	}
	return all
}

// read reads an organization's roles; if that fails, the old ones stay.
func (r *rolesRead) read(ctx context.Context, one organizationRoles, id string, now time.Time) organizationRoles {
	one.ID, one.asked = id, now
	roles, err := r.config.Roles(ctx, id)
	if err != nil {
		one.Problem = problemOf(err)
		return one
	}
	one.Roles, one.Read, one.Problem = roles, now, ""
	return one
}

// problemOf returns what an error's code means, for the page. The message for
// clients can contain Suger's own words, and these personal data.
func problemOf(err error) string {
	var known *scim.Error
	if errors.As(err, &known) {
		return known.Code.Entry().Cause
	}
	return "Suger did not answer in time."
}
