package cli

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"time"

	"suger-scim-gateway/internal/sandbox"
	"suger-scim-gateway/internal/settings"
	"suger-scim-gateway/mapping"
)

const (
	demoAddr        = "127.0.0.1:8080"
	demoSandboxAddr = "127.0.0.1:8081"
	demoOpsAddr     = "127.0.0.1:9090"
	demoPeople      = 17 // besides the fixed ones

	// demoPerson is one of the sandbox's fixed sample people. No page of the
	// documentation uses this person, since whoever follows demo changes the role
	// and ends the access.
	demoPerson   = "finance@example.com"
	demoPersonID = "aNcViDzJ6"
)

// demo runs the gateway with a Suger sandbox behind it, connected by real HTTP, for
// trying SCIM out without any set-up. The gateway's handlers are set last, because
// the status page shows the gateway's actual address.
func demo(ctx context.Context, c *console, args []string) error {
	flags := c.newFlags("demo")
	addr := flags.String("addr", demoAddr, "address of the gateway; a free port if the default one is in use")
	sandboxAddr := flags.String("sandbox-addr", demoSandboxAddr, "address of the Suger sandbox; a free port if the default one is in use")
	opsAddr := flags.String("ops-addr", demoOpsAddr, "address of the status page; a free port if the default one is in use")
	if err := parse(flags, args); err != nil {
		return err
	}
	config, token := demoConfig(c.err), rand.Text() // API key of the sandbox and bearer token of the gateway
	suger, err := listenSandbox(ctx, sandbox.Options{Keys: []string{token}, People: demoPeople}, *sandboxAddr, config.Log)
	if err != nil {
		return err
	}
	gateway, err := listenNear(ctx, "gateway", *addr, demoAddr, nil, config.Budget, config.Log)
	if err != nil {
		return err
	}
	status, err := listenNear(ctx, "status page", *opsAddr, demoOpsAddr, nil, config.Budget, config.Log)
	if err != nil {
		return err
	}
	config.SugerURL = settings.BaseURL("http://" + suger.addr())
	config.PublicURL = settings.BaseURL("http://" + gateway.addr())
	config.OpsAddr = settings.ListenAddress(status.addr())
	p := &process{Config: config, guide: "http://" + status.addr() + "/guides/okta-private.md"}
	if gateway.server.Handler, status.server.Handler, err = p.assemble(ctx); err != nil {
		return err
	}
	fmt.Fprintf(c.out, demoText, "http://"+gateway.addr()+"/scim/v2", token, suger.addr(), sandbox.DefaultOrganization,
		demoPersonID, demoPerson, status.addr(), exportAddresses())
	return serveUntilDone(ctx, config.Log, gateway, status, suger)
}

// demoText says how to reach the demo.
const demoText = `Suger SCIM Gateway with a Suger sandbox. Both are in memory: nothing is kept when they stop.

  SCIM base URL  %[1]s
  Bearer token   %[2]s
  Suger sandbox  http://%[3]s (organization %[4]s, API key as the bearer token)
  Status page    http://%[7]s/

For the commands in README.md and docs/, paste this into another shell first. A
second gateway that you start there uses the sandbox and its own ports.

export BASE='%[1]s' TOKEN='%[2]s' SUGER_API_URL='http://%[3]s' SUGER_ORG_ID='%[4]s' %[8]s

Try it:

1. Look a person up, as Okta does before it creates one:

curl -sS -G '%[1]s/Users' -H 'Authorization: Bearer %[2]s' --data-urlencode 'filter=userName eq "%[6]s"'

2. Make %[6]s an editor:

curl -sS -X PATCH '%[1]s/Users/%[5]s' -H 'Authorization: Bearer %[2]s' -H 'Content-Type: application/scim+json' -d '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:suger:2.0:User:role","value":"EDITOR"}]}'

3. End the access of %[6]s, as Okta does when somebody leaves:

curl -sS -X PATCH '%[1]s/Users/%[5]s' -H 'Authorization: Bearer %[2]s' -H 'Content-Type: application/scim+json' -d '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","value":{"active":false}}]}'

The log follows. Ctrl-C stops it.
`

// demoConfig returns the default settings, except for the log, whose format is for
// people. It ignores the environment.
func demoConfig(logTo io.Writer) *settings.Config {
	return &settings.Config{
		Settings: settings.Settings{
			Organization:    sandbox.DefaultOrganization,
			SugerAuth:       "key",
			Budget:          50 * time.Second,
			AllowAdminGrant: true,
			CreateRoles:     true,
			LookupCache:     10000,
			LookupTTL:       time.Hour,
			ListTTL:         10 * time.Second,
		},
		Logs:     settings.NewLogs(logTo, "info", "text"),
		Document: mapping.DefaultDocument(),
		Source:   mapping.DefaultSource(),
	}
}
