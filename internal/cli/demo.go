package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net"
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

	// No page of the documentation uses this sample person, since whoever follows demo
	// changes the role and ends the access.
	demoPerson   = "finance@example.com"
	demoPersonID = "aNcViDzJ6"
)

// demo runs the gateway with a Suger sandbox behind it, for trying SCIM out without any
// set-up. The handlers are set last, because they show the gateway's actual address.
func demo(ctx context.Context, c *console, args []string) error {
	flags := c.newFlags()
	addr := flags.String("addr", demoAddr, "address of the gateway; a free port if the default one is in use")
	sandboxAddr := flags.String("sandbox-addr", demoSandboxAddr, "address of the Suger sandbox; a free port if the default one is in use")
	opsAddr := flags.String("ops-addr", demoOpsAddr, "address of the status page; a free port if the default one is in use")
	if err := parse(flags, args); err != nil {
		return err
	}
	config, token := demoConfig(c.err), rand.Text() // API key of the sandbox and bearer token of the gateway
	suger, errSandbox := listenSandbox(ctx, sandbox.Options{Keys: []string{token}, People: demoPeople}, *sandboxAddr, config.Log)
	gateway, errGateway := listen(ctx, "gateway", *addr, demoAddr, nil, config.Budget, config.Log)
	status, errStatus := listen(ctx, "status page", *opsAddr, demoOpsAddr, nil, config.Budget, config.Log)
	err := errors.Join(errSandbox, errGateway, errStatus)
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
	err = c.print(c.out, "demo.txt", map[string]string{
		"Base": "http://" + gateway.addr() + "/scim/v2", "Token": token, "Sandbox": "http://" + suger.addr(), "Status": "http://" + status.addr() + "/",
		"Organization": sandbox.DefaultOrganization, "Person": demoPerson, "ID": demoPersonID, "Addresses": exportAddresses(),
	})
	if err != nil {
		return err
	}
	return serveUntilDone(ctx, config.Log, gateway, status, suger)
}

// demoConfig returns the default settings, with a log for people, whatever the environment.
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
	}
}

// sandboxAnswerWithin bounds the sandbox's answers. It is long, so that the server
// does not cut a latency fault short.
const sandboxAnswerWithin = 10 * time.Minute

// runSandbox runs only the in-memory Suger, which can misbehave.
func runSandbox(ctx context.Context, c *console, args []string) error {
	var options sandbox.Options
	flags := c.newFlags()
	addr := flags.String("addr", demoSandboxAddr, "address of the sandbox; a free port if the default one is in use")
	key := flags.String("key", "", "API key to accept (default a random one)")
	flags.IntVar(&options.People, "people", demoPeople, "number of sample people in addition to eight fixed ones")
	flags.Func("domains", "e-mail `DOMAINS`, separated by commas, whose people may be added (default example.com)", func(text string) error {
		options.Domains = settings.SplitList(text)
		return nil
	})
	flags.IntVar(&options.Seats, "seats", 0, "limit of members; 0 is no limit")
	flags.Func("fault", "`FAULT` to inject, for all calls or one operation, such as \"429 update user\", \"2s\" or \"reset list users\"; the kinds are 400 to 599, a delay, hang and reset; may be given several times", func(text string) error {
		fault, err := sandbox.ParseFault(text)
		options.Faults = append(options.Faults, fault)
		return err
	})
	if err := parse(flags, args); err != nil {
		return err
	}
	if *key == "" {
		*key = rand.Text()
	}
	options.Keys = []string{*key}
	log := settings.NewLogs(c.err, "info", "text").Log
	l, err := listenSandbox(ctx, options, *addr, log)
	if err != nil {
		return err
	}
	err = c.print(c.out, "sandbox.txt", map[string]string{
		"Sandbox": "http://" + l.addr(), "Organization": sandbox.DefaultOrganization, "Key": *key, "Addresses": exportAddresses(),
	})
	if err != nil {
		return err
	}
	return serveUntilDone(ctx, log, l)
}

func listenSandbox(ctx context.Context, options sandbox.Options, addr string, log *slog.Logger) (*listener, error) {
	suger, err := sandbox.New(options)
	if err != nil {
		return nil, err
	}
	l, err := listen(ctx, "sandbox", addr, demoSandboxAddr, suger, sandboxAnswerWithin, log)
	if err != nil {
		return nil, err
	}
	l.server.BaseContext = func(net.Listener) context.Context { return ctx } // ends delays, which can outlast a graceful shutdown
	return l, nil
}
