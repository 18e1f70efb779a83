package check

import (
	"context"
	"errors"
	"slices"
	"strings"

	"suger-scim-gateway/internal/scim"
)

func (r *run) settings() {
	if r.roles != nil {
		r.namesOfRoles()
	}
	switch base := r.BaseURL; {
	case base == "":
	case !strings.HasPrefix(base, "https://"), strings.Contains(base, "_"), len(base) > maxBaseURL:
		r.add(r.line("public URL", Fail, "", "Okta accepts only a base URL that begins with https://, has no underscore and at most %d characters.", maxBaseURL).
			advise("Correct GATEWAY_PUBLIC_URL."))
	default:
		r.note("public URL", OK, "", "Okta accepts %s.", base)
	}
}

func (r *run) namesOfRoles() {
	roles := series(r.roles.names())
	name, entry := r.Settings.DefaultRole, ""
	if name == "" {
		name, entry = r.Document.Role.Default, "role.default"
	}
	if problem := r.roles.problem(name); problem == "" {
		role, _ := r.roles.called(name)
		r.note("default role", OK, entry, "A user without a role gets %s.", role.Name)
	} else {
		r.add(r.line("default role", Fail, entry, "A user without a role would get %s, %s.", name, problem).
			advise("Set GATEWAY_DEFAULT_ROLE to the role with the fewest rights of %s.", roles))
	}
	for _, group := range sortedNames(r.Settings.GroupRoles) {
		name := r.Settings.GroupRoles[group]
		if problem := r.roles.problem(name); problem != "" {
			r.add(r.line("group roles", Fail, "", "GATEWAY_GROUP_ROLES maps group %q to role %q, %s.", group, name, problem).advise("Correct the setting: the roles are %s.", roles))
		}
	}
	isUnknown := func(name string) bool { _, ok := r.roles.byName(name); return !ok && name != "*" }
	precedence := r.Document.Role.Precedence
	if i := slices.IndexFunc(precedence, isUnknown); i >= 0 {
		line := r.line("precedence", Warn, "role.precedence", "Suger has no role %s.", precedence[i])
		r.add(line.propose(fix("role.precedence", anys(slices.DeleteFunc(slices.Clone(precedence), isUnknown)))))
	}
}

// maxBaseURL is the longest base URL that Okta's form accepts.
const maxBaseURL = 1024

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

// detailOf returns the error text for a SCIM client, "" for no error.
func detailOf(err error) string {
	var e *scim.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Detail
	}
	return err.Error()
}
