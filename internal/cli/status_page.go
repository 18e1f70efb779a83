package cli

import (
	"context"
	"net/url"
	"slices"

	"suger-scim-gateway/internal/check"
	"suger-scim-gateway/internal/ops"
	"suger-scim-gateway/mapping"
)

// oktaValues are what to enter in Okta for this gateway.
func (c *config) oktaValues() []ops.OktaValue {
	base := ops.OktaValue{Field: "SCIM connector base URL", Values: c.baseURLs()}
	if c.PublicURL == "" {
		base.Note = "with the gateway's own host; GATEWAY_PUBLIC_URL fills it in"
	}
	authorization := ops.OktaValue{Field: "Authorization", Note: "the Suger API key, with or without the word Bearer"}
	switch {
	case c.credential != nil:
		authorization.Note = "one of the gateway's own tokens (GATEWAY_TOKENS), with or without the word Bearer"
	case c.SugerAuth != "key":
		authorization.Note = "client_id:client_secret, with or without the word Bearer before it"
	}
	return []ops.OktaValue{
		base,
		{Field: "Unique identifier field for users", Values: []string{"userName"}},
		{Field: "Supported provisioning actions", Note: "tick import new users and profile updates, push new users, push profile updates, push groups, import groups"},
		{Field: "Authentication mode", Values: []string{"HTTP Header"}},
		authorization,
		{Field: "Application username format (Sign On tab)", Values: []string{"Email"}},
		{Field: "Role attribute", Values: []string{"role", mapping.URNSuger}, Note: "external name and namespace, if roles come by attribute"},
	}
}

// baseURLs are where the organizations that are known from the settings are
// served.
func (c *config) baseURLs() []string {
	host := string(c.PublicURL)
	if host == "" {
		host = "https://your-host"
	}
	var list []string
	for _, id := range c.knownOrganizations() {
		if id == string(c.Organization) {
			list = append(list, host+"/scim/v2")
		} else {
			list = append(list, host+"/org/"+url.PathEscape(id)+"/scim/v2")
		}
	}
	if len(list) == 0 {
		list = []string{host + "/org/ORGANIZATION/scim/v2"}
	}
	return list
}

// knownOrganizations are those that the settings name, the default one first.
func (c *config) knownOrganizations() []string {
	list := slices.Clone([]string(c.Organizations))
	if c.Organization != "" {
		own := string(c.Organization)
		list = slices.DeleteFunc(list, func(id string) bool { return id == own })
		list = slices.Insert(list, 0, own)
	}
	return list
}

// serves reports whether the gateway answers for an organization.
func (c *config) serves(organization string) bool {
	served := c.servedOrganizations()
	return organizationPattern.MatchString(organization) && (len(served) == 0 || slices.Contains(served, organization))
}

// credentialName is what Suger calls the credential.
func (c *config) credentialName() string {
	if c.SugerAuth == "key" {
		return "Suger API key"
	}
	return "client_id:client_secret of Suger"
}

// testConnection is the read-only part of the check command with a credential
// from the status page's form. Its calls are nobody's traffic, so they are not
// counted.
func (c *config) testConnection(ctx context.Context, organization, credential string) *check.Report {
	with := *c
	with.observers, with.credential = nil, &secret{value: credential}
	run := &checkRun{request: check.Config{Caller: mapping.Caller{Organization: organization}}}
	if err := run.complete(&with); err != nil {
		return &check.Report{Suger: run.request.Target(), Lines: []check.Line{{
			Check: "settings", Level: check.Fail, Text: "The check cannot begin: " + err.Error() + ".",
		}}}
	}
	return check.Run(ctx, run.request)
}
