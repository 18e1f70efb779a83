package main

import (
	"log/slog"
	"net/http"

	"suger-scim-gateway/gateway"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/sugerclient"
)

// newGateway makes the SCIM service that the configuration describes.
func (c *config) newGateway() (http.Handler, error) {
	service, err := c.newService()
	if err != nil {
		return nil, err
	}
	v, _ := build()
	scim := gateway.Config{
		Organization:         string(c.Organization),
		AllowedOrganizations: c.Organizations,
		PublicURL:            string(c.PublicURL),
		TrustedProxies:       c.TrustedProxies,
		Budget:               c.Budget,
		MaxInFlight:          c.MaxInFlight,
		CursorSecret:         c.cursorSecret,
		Log:                  c.log,
		Version:              v,
	}
	if c.credential != nil {
		scim.Tokens, scim.HeldCredential = c.acceptedTokens, c.heldCredential
	}
	return gateway.New(scim, service)
}

// newService makes the users and roles behind the SCIM service.
func (c *config) newService() (*mapping.Service, error) {
	v, _ := build()
	client, err := sugerclient.New(sugerclient.Config{
		BaseURL:     string(c.SugerURL),
		Auth:        c.authenticator(),
		UserAgent:   "suger-scim-gateway/" + v,
		Timeout:     c.SugerTimeout,
		Concurrency: c.SugerConcurrency,
	})
	if err != nil {
		return nil, err
	}
	return mapping.New(c.document, client, c.mappingConfig())
}

func (c *config) mappingConfig() mapping.Config {
	return mapping.Config{
		DefaultRole:     c.DefaultRole,
		GroupRoles:      c.GroupRoles,
		ProtectedUsers:  c.ProtectedUsers,
		AllowAdminGrant: c.AllowAdminGrant,
		CreateRoles:     c.CreateRoles,
		Brake:           mapping.Brake(c.ChangeBrake),
		DryRun:          c.DryRun,
		LookupCache:     c.LookupCache,
		LookupTTL:       c.LookupTTL,
		ListTTL:         c.ListTTL,
		Parallel:        c.SugerConcurrency,
		Log:             c.log,
		Audit:           c.audit,
		AuditKey:        c.auditKey,
	}
}

// authenticator is how a credential is shown to Suger.
func (c *config) authenticator() sugerclient.Authenticator {
	switch c.SugerAuth {
	case "oauth":
		return sugerclient.OAuthAuth{TokenURL: string(c.SugerTokenURL)}
	case "legacy":
		token := c.document.Token
		return sugerclient.LegacyAuth{
			Method:       token.Call.Method,
			Path:         token.Call.Path,
			Organization: token.Organization,
			ClientID:     token.ClientID,
			ClientSecret: token.ClientSecret,
			AccessToken:  token.AccessToken,
			ExpiresIn:    token.ExpiresIn,
		}
	}
	return sugerclient.KeyAuth{}
}

// organizationMode says for the log which organizations are served and whose
// credential Suger is shown.
func (c *config) organizationMode() slog.Attr {
	credential := "the client's"
	if c.credential != nil {
		credential = "held by the gateway"
	}
	return slog.Group("suger",
		"url", string(c.SugerURL),
		"organization", string(c.Organization),
		"allowed_organizations", []string(c.Organizations),
		"credential", credential,
		"auth", c.SugerAuth,
	)
}
