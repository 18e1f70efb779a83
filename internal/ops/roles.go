package ops

import (
	"context"
	"errors"
	"slices"
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

// organizationRoles are the roles of one organization.
type organizationRoles struct {
	ID      string
	Roles   []Role
	Read    time.Time // when Roles were read
	Problem string    // why the last read failed, or ""

	asked time.Time
}

// currentRoles returns the roles of each organization, read again if they are too
// old; if that fails, the old ones stay. Simultaneous requests share one read.
func (s *server) currentRoles(ctx context.Context) []organizationRoles {
	s.rolesMu.Lock()
	defer s.rolesMu.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rolesTimeout)
	defer cancel()
	for i := range s.roles {
		one, now := &s.roles[i], s.config.Now()
		if now.Sub(one.asked) < rolesLast {
			continue
		}
		one.asked, one.Problem = now, ""
		if roles, err := s.config.Roles(ctx, one.ID); err != nil {
			one.Problem = problemOf(err)
		} else {
			one.Roles, one.Read = roles, now
		}
	}
	return slices.Clone(s.roles)
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
