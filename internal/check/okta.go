package check

import (
	"net/url"
	"strings"

	"suger-scim-gateway/mapping"
)

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
