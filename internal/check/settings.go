package check

import (
	"context"
	"errors"
	"strings"

	"suger-scim-gateway/internal/scim"
)

// settings checks the settings that name roles, and the base URL.
func (r *run) settings() {
	if r.roles != nil {
		r.add(r.defaultRole())
		for _, group := range sortedNames(r.Settings.GroupRoles) {
			if problem := r.roles.problem(r.Settings.GroupRoles[group]); problem != "" {
				r.add(r.line("group roles", Fail, "", "GATEWAY_GROUP_ROLES maps group %q to role %q, %s.", group, r.Settings.GroupRoles[group], problem).
					advise("Correct the setting: the roles are %s.", shortList(r.roles.names(), 20)))
			}
		}
		r.precedence()
	}
	if r.BaseURL != "" {
		r.add(r.publicURL())
	}
}

func (r *run) defaultRole() Line {
	name, entry := r.Settings.DefaultRole, ""
	if name == "" {
		name, entry = r.Document.Role.Default, "role.default"
	}
	problem := r.roles.problem(name)
	if problem == "" {
		role, _ := r.roles.called(name)
		return r.line("default role", OK, entry, "A user without a role gets %s.", role.Name)
	}
	return r.line("default role", Fail, entry, "A user without a role would get %s, %s.", name, problem).
		advise("Set GATEWAY_DEFAULT_ROLE to the role with the fewest rights of %s.", shortList(r.roles.names(), 20))
}

// precedence notes names in it that are no role, and proposes the order without
// them.
func (r *run) precedence() {
	var unknown []string
	var order []any
	for _, name := range r.Document.Role.Precedence {
		if _, ok := r.roles.byName(name); ok || name == "*" {
			order = append(order, name)
		} else {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		line := r.line("precedence", Warn, "role.precedence", "Suger has no role %s.", either(unknown)).
			advise("List the roles by rights, the most powerful first: %s.", shortList(r.roles.names(), 20))
		line.Fixes = []Fix{fix("role.precedence", order)}
		r.add(line)
	}
}

// gateway checks the gateway's own answers to Okta, which show whether it can read
// Suger by the mapping.
func (r *run) gateway(ctx context.Context) {
	query := &scim.Query{StartIndex: 1, Count: 1}
	users, err := r.Service.Users(r.Caller).List(ctx, query)
	var groups *scim.List
	if err == nil {
		groups, err = r.Service.Groups(r.Caller).List(ctx, query)
	}
	switch {
	case err == nil:
		r.serves = true
		r.note("gateway", OK, "", "SCIM clients see %s and %s.", count(users.TotalResults, "User"), count(groups.TotalResults, "Group"))
	case r.report.Count(Fail) > 0:
		r.note("gateway", Fail, "", "It cannot serve SCIM clients until the checks that failed above pass.")
	default:
		r.note("gateway", Fail, "", "It cannot serve SCIM clients: %s", detailOf(err))
	}
}

// detailOf returns the error text for a SCIM client.
func detailOf(err error) string {
	var e *scim.Error
	if errors.As(err, &e) {
		return e.Detail
	}
	return err.Error()
}

// maxBaseURL is the longest base URL that Okta's form accepts.
const maxBaseURL = 1024

// publicURL reports whether Okta accepts the base URL.
func (r *run) publicURL() Line {
	fail := func(text string) Line {
		return r.line("public URL", Fail, "", "%s", text).advise("Correct GATEWAY_PUBLIC_URL.")
	}
	switch base := r.BaseURL; {
	case !strings.HasPrefix(base, "https://"):
		return fail("Okta accepts only a base URL that begins with https://.")
	case strings.Contains(base, "_"):
		return fail("Okta accepts no base URL with an underscore.")
	case len(base) > maxBaseURL:
		return fail("Okta accepts no base URL of more than 1024 characters.")
	default:
		return r.line("public URL", OK, "", "Okta accepts %s.", base)
	}
}
