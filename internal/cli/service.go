package cli

import (
	"log/slog"
	"net/http"

	"suger-scim-gateway/gateway"
	"suger-scim-gateway/internal/throttle"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/sugerclient"
)

// newGateway makes the SCIM service that the configuration describes.
func (c *config) newGateway(service *mapping.Service) (http.Handler, error) {
	v, _ := build()
	scim := gateway.Config{
		Organization:         string(c.Organization),
		AllowedOrganizations: c.servedOrganizations(),
		PublicURL:            string(c.PublicURL),
		TrustedProxies:       c.TrustedProxies,
		AllowedClients:       c.AllowedClients,
		AuthFailures:         throttle.Limit{Failures: c.AuthFailures.Limit, Window: c.AuthFailures.Window},
		Budget:               c.Budget,
		MaxInFlight:          c.MaxInFlight,
		CursorSecret:         c.cursorSecret,
		Log:                  c.log,
		Version:              v,
		Observe:              c.observers.Answered,
		Failed:               c.observers.Failed,
	}
	if c.credential != nil {
		scim.Tokens, scim.HeldCredential = c.acceptedTokens, c.heldCredential
	}
	return gateway.New(scim, service)
}

// servedOrganizations are the only ones served; nil if Suger alone decides. Who
// has one of the gateway's own tokens is not meant to reach every organization
// that the gateway's credential can see.
func (c *config) servedOrganizations() []string {
	if len(c.Organizations) == 0 && c.credential != nil && c.Organization != "" {
		return []string{string(c.Organization)}
	}
	return c.Organizations
}

// newService makes the users and roles behind the SCIM service.
func (c *config) newService() (*mapping.Service, error) {
	client, err := sugerclient.New(c.clientConfig())
	if err != nil {
		return nil, err
	}
	return mapping.New(c.document, client, c.mappingConfig())
}

func (c *config) clientConfig() sugerclient.Config {
	v, _ := build()
	return sugerclient.Config{
		BaseURL:     string(c.SugerURL),
		Auth:        c.authenticator(),
		UserAgent:   "suger-scim-gateway/" + v,
		Timeout:     c.SugerTimeout,
		Concurrency: c.SugerConcurrency,
		Observer:    c.observers,
	}
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
		Observer:        c.observers,
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
		"allowed_organizations", c.servedOrganizations(),
		"credential", credential,
		"auth", c.SugerAuth,
	)
}
