package cli

import (
	"cmp"
	"context"
	"net/url"
	"slices"

	"suger-scim-gateway/internal/check"
	"suger-scim-gateway/internal/ops"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/sugerclient"
)

// oktaValues returns what to enter in Okta for a gateway with these base URLs.
func (p *process) oktaValues(baseURLs []string) []ops.OktaValue {
	base := ops.OktaValue{Field: "SCIM connector base URL", Values: baseURLs}
	if p.PublicURL == "" {
		base.Note = "with the gateway's own host; GATEWAY_PUBLIC_URL fills it in"
	}
	authorization := ops.OktaValue{Field: "Authorization", Note: "the Suger API key, with or without the word Bearer"}
	switch {
	case p.HoldsCredential():
		authorization.Note = "one of the gateway's own tokens (GATEWAY_TOKENS), with or without the word Bearer"
	case p.SugerAuth != "key":
		authorization.Note = "client_id:client_secret, with or without the word Bearer before it"
	}
	return []ops.OktaValue{
		base,
		{Field: "Unique identifier field for users", Values: []string{"userName"}},
		{Field: "Supported provisioning actions", Note: "tick Import New Users and Profile Updates, Push New Users, Push Profile Updates, Push Groups, Import Groups"},
		{Field: "Authentication mode", Values: []string{"HTTP Header"}},
		authorization,
		{Field: "Application username format (Sign On tab)", Values: []string{"Email"}},
		{Field: "Role attribute: external name", Values: []string{"role"}, Note: "if roles come by attribute"},
		{Field: "Role attribute: external namespace", Values: []string{mapping.URNSuger}},
	}
}

func (p *process) baseURLs() []string {
	list := slices.Clone(p.KnownOrganizations())
	if len(list) == 0 {
		list = []string{"ORGANIZATION"}
	}
	for i, id := range list {
		list[i] = p.baseURL(id)
	}
	return list
}

// baseURL returns the base URL of an organization; a host is made up if none is set.
func (p *process) baseURL(organization string) string {
	base := cmp.Or(string(p.PublicURL), "https://your-host")
	if organization != string(p.Organization) {
		base += "/org/" + url.PathEscape(organization)
	}
	return base + "/scim/v2"
}

// testConnection runs the read-only part of the check command with a credential from the
// status page. Its calls are not traffic, so they are not counted.
func (p *process) testConnection(ctx context.Context, organization, credential string) (*check.Report, error) {
	request, err := p.checkConfig(organization, credential)
	if err != nil {
		return nil, err
	}
	return check.Run(ctx, request), nil
}

// explainPerson runs the explain command, likewise.
func (p *process) explainPerson(ctx context.Context, organization, credential string, person mapping.Person) (*check.Explanation, error) {
	request, err := p.checkConfig(organization, credential)
	if err != nil {
		return nil, err
	}
	return check.Explain(ctx, request, p.Mapping(), person)
}

func (p *process) checkConfig(organization, credential string) (check.Config, error) {
	request := check.Config{Caller: mapping.Caller{Organization: organization, Credential: sugerclient.Credential(credential)}}
	err := p.complete(&request)
	return request, err
}
