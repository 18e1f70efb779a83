package cli

import (
	"context"
	"net/http"
	"runtime"
	"time"

	"suger-scim-gateway/docs"
	"suger-scim-gateway/internal/metrics"
	"suger-scim-gateway/internal/ops"
	"suger-scim-gateway/mapping"
)

// opsAnswerWithin is the longest that a page of the ops listener takes: a
// connection test that reads a large organization.
const opsAnswerWithin = time.Minute

// handlers are what the two listeners answer with.
type handlers struct {
	scim       http.Handler
	operations http.Handler
}

// assemble puts the gateway together, with everything that watches it. stopping
// is closed when the process is to stop.
func (c *config) assemble(stopping <-chan struct{}) (*handlers, error) {
	v, revision := build()
	counters := metrics.New(metrics.Build{Version: v, Commit: revision, Go: runtime.Version()})
	if c.certificates != nil {
		counters.ShowCertificate(c.certificates.NotAfter)
	}
	activity := ops.NewActivity(ops.NewReachability(string(c.SugerURL), c.log, time.Now), c.StatusPersonal, time.Now)
	c.observers = observers{counters, activity}
	service, err := c.newService()
	if err != nil {
		return nil, err
	}
	scim, err := c.newGateway(service)
	if err != nil {
		return nil, err
	}
	if revision == unknown {
		revision = ""
	}
	config := ops.Config{
		Version: v, Commit: revision, Started: time.Now(), Stopping: stopping,
		Activity: activity, Drift: service.Drift, Metrics: counters.Handler(),
		Profiles: c.Profiles, HidePages: c.hidesPages(),
		Okta: c.oktaValues(), PublicURL: string(c.PublicURL), BaseURL: c.baseURLs()[0], Guides: docs.Files,
		Held: c.credential != nil, DryRun: c.DryRun,
		Test: c.testConnection, CredentialName: c.credentialName(), Organization: string(c.Organization), Serves: c.serves,
		Log: c.log, Now: time.Now,
	}
	if c.opsToken != nil {
		config.Token = c.opsToken.current
	}
	if c.credential != nil {
		config.Organizations = c.knownOrganizations()
		config.Roles = func(ctx context.Context, organization string) ([]ops.Role, error) {
			return ops.CountRoles(ctx, service, mapping.Caller{
				Organization: organization, Credential: c.heldCredential(), RequestID: "status-page",
			})
		}
	}
	operations, err := ops.New(config)
	if err != nil {
		return nil, err
	}
	return &handlers{scim: counters.InFlight(scim), operations: operations}, nil
}

// hidesPages reports whether the ops listener can be reached by others and asks
// for no token, so that it only shows health and metrics.
func (c *config) hidesPages() bool { return c.opsToken == nil && !c.OpsAddr.loopback() }
