package cli

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"suger-scim-gateway/docs"
	"suger-scim-gateway/gateway"
	"suger-scim-gateway/internal/ops"
	"suger-scim-gateway/internal/settings"
	"suger-scim-gateway/internal/throttle"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/sugerclient"
)

// A process is a gateway with its settings, or the part of it that a command
// needs.
type process struct {
	*settings.Config
	activity *ops.Activity // observes a gateway, for metrics and the status page; nil for others
	guide    string        // where people read how to set SCIM up; "" if nowhere
}

// opsAnswerWithin is the longest time that a page of the ops listener needs: a
// connection test that reads a large organization.
const opsAnswerWithin = time.Minute

// assemble builds the gateway with its metrics and status page. ctx is done when
// the process is to stop.
func (p *process) assemble(ctx context.Context) (scim, operations http.Handler, err error) {
	p.activity = ops.NewActivity(build(), string(p.SugerURL), p.StatusPersonal, p.Log, time.Now)
	if p.Certificates != nil {
		p.activity.ShowCertificate(p.Certificates.NotAfter)
	}
	service, err := p.newService()
	if err != nil {
		return nil, nil, err
	}
	scim = p.newGateway(service)
	config := ops.Config{
		Build: build(), Started: time.Now(), Stopping: func() bool { return ctx.Err() != nil },
		Activity: p.activity, Drift: service.Drift,
		Profiles: p.Profiles, HidePages: p.HidesPages(),
		Okta: p.oktaValues(), PublicURL: string(p.PublicURL), BaseURL: p.baseURLs()[0], Guides: docs.Files,
		Held: p.HoldsCredential(), DryRun: p.DryRun,
		Test: p.testConnection, Explain: p.explainPerson, CredentialName: p.credentialName(), Organization: string(p.Organization), Serves: p.Serves,
		Token: p.StatusToken(), Log: p.Log, Now: time.Now,
	}
	if p.HoldsCredential() {
		config.Organizations = p.KnownOrganizations()
		config.Roles = func(ctx context.Context, organization string) ([]ops.Role, error) {
			return ops.CountRoles(ctx, service, mapping.Caller{
				Organization: organization, Credential: p.HeldCredential(), RequestID: "status-page",
			})
		}
	}
	return p.activity.InFlight(scim), ops.New(config), nil
}

// newGateway returns the SCIM service for the settings.
func (p *process) newGateway(service *mapping.Service) http.Handler {
	scim := gateway.Config{
		Organization:         string(p.Organization),
		AllowedOrganizations: p.ServedOrganizations(),
		PublicURL:            string(p.PublicURL),
		TrustedProxies:       p.TrustedProxies,
		AllowedClients:       p.AllowedClients,
		AuthFailures:         throttle.Limit{Failures: p.AuthFailures.Limit, Window: p.AuthFailures.Window},
		Budget:               p.Budget,
		MaxInFlight:          p.MaxInFlight,
		Strict:               p.Strict,
		CursorSecret:         p.CursorKey(),
		DocumentationURL:     p.guide,
		Log:                  p.Log,
		Version:              build().Version,
		Observe:              p.activity.Answered,
		Failed:               p.activity.Failed,
	}
	if p.HoldsCredential() {
		scim.Tokens, scim.HeldCredential = p.AcceptedTokens, p.HeldCredential
	}
	return gateway.New(scim, service)
}

// newService returns the mapping behind the SCIM service.
func (p *process) newService() (*mapping.Service, error) {
	client, err := sugerclient.New(p.clientConfig())
	if err != nil {
		return nil, err
	}
	config := p.Mapping()
	config.Observer = p.activity
	return mapping.New(p.Document, client, config)
}

func (p *process) clientConfig() sugerclient.Config {
	config := sugerclient.Config{
		BaseURL:     string(p.SugerURL),
		Auth:        p.authenticator(),
		UserAgent:   "suger-scim-gateway/" + build().Version,
		Timeout:     p.SugerTimeout,
		Concurrency: p.SugerConcurrency,
	}
	if p.activity != nil {
		config.Observer = p.activity
	}
	return config
}

// authenticator returns how a credential is sent to Suger.
func (p *process) authenticator() sugerclient.Authenticator {
	if p.SugerAuth == "oauth" {
		return sugerclient.OAuthAuth{TokenURL: string(p.SugerTokenURL)}
	}
	key := p.Document.Credential
	return sugerclient.KeyAuth{Header: key.Header, Scheme: key.Scheme}
}

// organizationMode describes for the log which organizations are served and whose
// credential is sent to Suger.
func (p *process) organizationMode() slog.Value {
	shown := "the client's"
	if p.HoldsCredential() {
		shown = "held by the gateway"
	}
	return slog.GroupValue(
		slog.String("url", string(p.SugerURL)),
		slog.String("organization", string(p.Organization)),
		slog.Any("allowed_organizations", p.ServedOrganizations()),
		slog.String("credential", shown),
		slog.String("auth", p.SugerAuth),
	)
}
