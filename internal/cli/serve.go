package cli

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"runtime"
	"slices"
	"time"

	"suger-scim-gateway/docs"
	"suger-scim-gateway/gateway"
	"suger-scim-gateway/internal/conns"
	"suger-scim-gateway/internal/ops"
	"suger-scim-gateway/internal/settings"
	"suger-scim-gateway/internal/throttle"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/sugerclient"
)

// serve runs the gateway until ctx is done.
func serve(ctx context.Context, c *console, args []string) error {
	flags := c.newFlags()
	usage := flags.Usage
	flags.Usage = func() {
		usage()
		_ = c.print(c.err, "settings.txt", settings.Describe())
	}
	if err := parse(flags, args); err != nil {
		return err
	}
	config, err := settings.Load(c.err)
	if err != nil {
		return err
	}
	p := &process{Config: config, guide: publishedGuide(build().Module)}
	err = p.serve(ctx)
	if p.DryRun && p.activity != nil {
		err = errors.Join(err, p.activity.DryRun().Print(c.out))
	}
	return err
}

func (p *process) serve(ctx context.Context) error {
	scimHandler, opsHandler, err := p.assemble(ctx)
	if err != nil {
		return err
	}
	scim, err := listen(ctx, "GATEWAY_ADDR", string(p.Addr), "", scimHandler, p.Budget, p.Log)
	if err != nil {
		return err
	}
	scim.socket = conns.Guard(scim.server, scim.socket, conns.Limits{
		Total: maxConnections, PerAddress: maxConnectionsPerAddress, UntrustedIdle: untrustedIdleTimeout,
		Shared: func(address netip.Addr) bool { // a proxy's address is that of all clients
			return slices.ContainsFunc(p.TrustedProxies, func(proxy netip.Prefix) bool { return proxy.Contains(address) })
		},
	})
	if p.Certificates != nil {
		scim.server.TLSConfig = p.Certificates.Config()
	}
	operations, err := listen(ctx, "GATEWAY_OPS_ADDR", string(p.OpsAddr), "", opsHandler, opsAnswerWithin, p.Log)
	if err != nil {
		_ = scim.socket.Close()
		return err
	}
	operations.socket = conns.Guard(operations.server, operations.socket,
		conns.Limits{Total: maxConnectionsPerAddress, PerAddress: maxConnectionsPerAddress, UntrustedIdle: idleTimeout})
	defer runtime.KeepAlive(make([]byte, reservedHeap))
	p.logStart(scim.addr(), operations.addr())
	return serveUntilDone(ctx, p.Log, scim, operations)
}

// logStart logs what runs and how, and what an operator should know about it.
func (p *process) logStart(scim, operations string) {
	b, shown := build(), "the client's"
	if p.HoldsCredential() {
		shown = "held by the gateway"
	}
	p.Log.Info("serving", "version", b.Version, "commit", b.Commit, "go", b.Go,
		"scim_address", scim, "ops_address", operations, "tls", p.Certificates != nil, "status_page", !p.HidesPages(),
		"suger", p.SugerURL, "auth", p.SugerAuth, "credential", shown,
		"organization", p.Organization, "allowed_organizations", p.ServedOrganizations(), "dry_run", p.DryRun)
	if unknown := settings.Unknown(); len(unknown) > 0 {
		p.Log.Warn("unknown settings ignored", "names", unknown)
	}
	if p.SugerURL.Unprotected() || p.SugerAuth == "oauth" && p.SugerTokenURL.Unprotected() {
		p.Log.Warn("Suger is called over plain HTTP: credentials can be read on the network")
	}
	if p.StatusToken() != nil && !p.OpsAddr.Loopback() {
		p.Log.Warn("the ops listener speaks plain HTTP: put HTTPS in front of it, or the token of the status page can be read on the network")
	}
}

// reservedHeap makes the garbage collector run after about that many bytes have been
// allocated, and not every 4 MB, which takes a sixth of all the gateway's processor time.
// The pages are never touched, so they use addresses and no memory.
const reservedHeap = 24 << 20

// A process is a gateway with its settings, or the part that a command needs.
type process struct {
	*settings.Config
	activity *ops.Activity // for metrics and the status page; nil before assemble
	guide    string        // where people read how to set SCIM up; "" if nowhere
}

// opsAnswerWithin is the longest time that a page of the ops listener needs: a
// connection test that reads a large organization.
const opsAnswerWithin = time.Minute

// assemble builds the gateway with its metrics and status page, until ctx is done.
func (p *process) assemble(ctx context.Context) (scim, operations http.Handler, err error) {
	p.activity = ops.NewActivity(build(), string(p.SugerURL), p.StatusPersonal, p.Log, time.Now)
	if p.Certificates != nil {
		p.activity.ShowCertificate(p.Certificates.NotAfter)
	}
	calls := p.clientConfig()
	calls.Observer = p.activity
	client, err := sugerclient.New(calls)
	if err != nil {
		return nil, nil, err
	}
	users := p.Mapping()
	users.Observer = p.activity
	service, err := mapping.New(p.Document, client, users)
	if err != nil {
		return nil, nil, err
	}
	scim = p.newGateway(service)
	config := ops.Config{
		Build: build(), Started: time.Now(), Stopping: func() bool { return ctx.Err() != nil },
		Activity: p.activity, Drift: service.Drift,
		Profiles: p.Profiles, HidePages: p.HidesPages(),
		Okta: p.oktaValues(p.baseURLs()), PublicURL: string(p.PublicURL), BaseURL: p.baseURLs()[0], Guides: docs.Files,
		Held: p.HoldsCredential(), DryRun: p.DryRun,
		Test: p.testConnection, Explain: p.explainPerson, Organization: string(p.Organization), Serves: p.Serves,
		Token: p.StatusToken(), Log: p.Log, Now: time.Now,
	}
	if p.HoldsCredential() && p.Organization != "" {
		config.Roles = func(ctx context.Context) ([]ops.Role, error) {
			return ops.CountRoles(ctx, service, mapping.Caller{
				Organization: string(p.Organization), Credential: p.HeldCredential(), RequestID: "status-page",
			})
		}
	}
	return p.activity.InFlight(scim), ops.New(config), nil
}

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

func (p *process) clientConfig() sugerclient.Config {
	config := sugerclient.Config{
		BaseURL:     string(p.SugerURL),
		Auth:        sugerclient.Auth{Header: p.Document.Credential.Header, Scheme: p.Document.Credential.Scheme},
		UserAgent:   "suger-scim-gateway/" + build().Version,
		Timeout:     p.SugerTimeout,
		Concurrency: p.SugerConcurrency,
	}
	if p.SugerAuth == "oauth" {
		config.Auth = sugerclient.Auth{TokenURL: string(p.SugerTokenURL)}
	}
	return config
}
