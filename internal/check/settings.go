package check

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
)

// settings looks at those that name roles and at the base URL.
func (r *run) settings() {
	if r.roles != nil {
		r.defaultRole()
		for _, group := range sortedNames(r.GroupRoles) {
			if _, ok := r.roles.called(r.GroupRoles[group]); !ok {
				r.add(Line{Check: "group roles", Level: Fail,
					Text:   fmt.Sprintf("GATEWAY_GROUP_ROLES ties group %q to role %q, which Suger does not have.", group, r.GroupRoles[group]),
					Change: fmt.Sprintf("Correct the setting: there are %s.", shortList(r.roles.names(), 20))})
			}
		}
		r.precedence()
	}
	r.publicURL()
}

func (r *run) defaultRole() {
	name, line := r.DefaultRole, Line{Check: "default role", Level: OK}
	if name == "" {
		name, line.Mapping = r.Document.Role.Default, r.at("role.default")
	}
	if role, ok := r.roles.called(name); ok {
		line.Text = fmt.Sprintf("A user who is given no role gets %s.", role.Name)
	} else {
		line.Level = Fail
		line.Text = fmt.Sprintf("A user who is given no role would get %s, which Suger does not have.", name)
		line.Change = fmt.Sprintf("Set GATEWAY_DEFAULT_ROLE to the least of %s.", shortList(r.roles.names(), 20))
	}
	r.add(line)
}

// precedence notes names in it that are no role.
func (r *run) precedence() {
	var strange []string
	for _, name := range r.Document.Role.Precedence {
		if _, ok := r.roles.byName(name); !ok && name != "*" {
			strange = append(strange, name)
		}
	}
	if len(strange) > 0 {
		r.add(Line{Check: "precedence", Level: Look, Mapping: r.at("role.precedence"),
			Text:   fmt.Sprintf("Suger has no role %s.", either(strange)),
			Change: fmt.Sprintf("Put the roles in order of power: %s.", shortList(r.roles.names(), 20)), Fixes: r.orderFix()})
	}
}

// orderFix is the order without the names that are no role.
func (r *run) orderFix() []Fix {
	var order []any
	for _, name := range r.Document.Role.Precedence {
		if _, ok := r.roles.byName(name); ok || name == "*" {
			order = append(order, name)
		}
	}
	return []Fix{fix("role.precedence", order)}
}

// gateway asks the gateway itself for what it would answer Okta: the last word
// on whether the mapping can be read by.
func (r *run) gateway(ctx context.Context) {
	query := &scim.Query{StartIndex: 1, Count: 1}
	users, err := r.Service.Users(r.Caller).List(ctx, query)
	var groups *scim.List
	if err == nil {
		groups, err = r.Service.Groups(r.Caller).List(ctx, query)
	}
	line := Line{Check: "gateway", Level: Fail}
	switch {
	case err == nil:
		r.serves = true
		line.Level = OK
		line.Text = fmt.Sprintf("Answers a SCIM client %s and %s.", count(users.TotalResults, "User"), count(groups.TotalResults, "Group"))
	case r.report.Count(Fail) > 0:
		line.Text = "It cannot answer a SCIM client as long as what failed above is so."
	default:
		line.Text = "It cannot answer a SCIM client: " + detailOf(err)
	}
	r.add(line)
}

// detailOf is what a SCIM client would be told.
func detailOf(err error) string {
	var e *scim.Error
	if errors.As(err, &e) {
		return e.Detail
	}
	return err.Error()
}

// notWritten says what reads cannot tell.
func (r *run) notWritten() {
	if r.serves {
		r.add(Line{Check: "managing users", Level: Look,
			Text:   "The credential may read users. Whether it may manage them, no read can tell.",
			Change: "Check with --write ADDRESS, somebody new at your domain: that user is created, changed and removed."})
	}
}

// maxBaseURL is the longest base URL that Okta's form takes.
const maxBaseURL = 1024

// baseURL is what to enter in Okta; a host is made up if none is set.
func (r *run) baseURL() string {
	base := r.PublicURL
	if base == "" {
		base = "https://YOUR-HOST"
	}
	if r.NamesInPath {
		base += "/org/" + url.PathEscape(r.Caller.Organization)
	}
	return base + "/scim/v2"
}

// publicURL says what Okta would not take about the base URL.
func (r *run) publicURL() {
	if r.PublicURL == "" {
		return
	}
	line := Line{Check: "public URL", Level: Fail, Change: "Correct GATEWAY_PUBLIC_URL."}
	switch base := r.baseURL(); {
	case !strings.HasPrefix(base, "https://"):
		line.Text = "Okta only takes a base URL that begins with https://."
	case strings.Contains(base, "_"):
		line.Text = "Okta takes no base URL with an underscore in it."
	case len(base) > maxBaseURL:
		line.Text = "Okta takes no base URL of more than 1024 characters."
	default:
		line.Level, line.Text, line.Change = OK, "Okta takes "+base+".", ""
	}
	r.add(line)
}

// oktaValues are what to enter in Okta, by the names of its forms.
func (r *run) oktaValues() []Value {
	authorization := "the Suger credential that was checked"
	if r.HoldsCredential {
		authorization = "one of GATEWAY_TOKENS"
	}
	values := []Value{
		{"SCIM connector base URL", r.baseURL()},
		{"Unique identifier field for users", "userName"},
		{"Supported provisioning actions", "Import New Users and Profile Updates, Push New Users, Push Profile Updates, Push Groups, Import Groups"},
		{"Authentication mode", "HTTP Header"},
		{"Authorization", authorization},
		{"Application username format (Sign On tab)", "Email"},
		{"Role attribute: external name", "role"},
		{"Role attribute: external namespace", mapping.URNSuger},
	}
	if r.roles != nil {
		values = append(values, Value{"Role attribute: enum", strings.Join(r.roles.names(), ", ")})
	}
	return values
}
