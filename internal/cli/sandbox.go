package cli

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"time"

	"suger-scim-gateway/internal/sandbox"
	"suger-scim-gateway/internal/settings"
)

// sandboxAnswerWithin bounds the sandbox's answers. It is long, so that the server
// does not cut a latency fault short.
const sandboxAnswerWithin = 10 * time.Minute

// runSandbox runs only the in-memory Suger, to try a gateway that runs elsewhere
// and to see what it does when Suger misbehaves.
func runSandbox(ctx context.Context, c *console, args []string) error {
	var options sandbox.Options
	flags := c.newFlags("sandbox")
	addr := flags.String("addr", demoSandboxAddr, "address of the sandbox; a free port if the default one is in use")
	key := flags.String("key", "", "API key to accept (default a random one)")
	flags.IntVar(&options.People, "people", demoPeople, "number of sample people in addition to eight fixed ones")
	flags.Func("domains", "e-mail domains, separated by commas, whose people may be added (default example.com)", func(text string) error {
		options.Domains = settings.SplitList(text)
		return nil
	})
	flags.IntVar(&options.Seats, "seats", 0, "limit of members; 0 is no limit")
	flags.Func("fault", "fault to inject, for all calls or one operation, such as \"429 update user\", \"2s\" or \"hang list users\"; the kinds are 400 to 599, a delay, hang and reset; may be given several times", func(text string) error {
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
	fmt.Fprintf(c.out, `Suger sandbox, in memory.

  SUGER_API_URL  http://%[1]s
  SUGER_ORG_ID   %[2]s
  API key        %[3]s

To start a gateway or a check in another shell, paste this there first. The key
is also the bearer token that Okta would send.

export SUGER_API_URL='http://%[1]s' SUGER_ORG_ID='%[2]s' TOKEN='%[3]s' %[4]s

curl -sS 'http://%[1]s/org/%[2]s/user?limit=3' -H 'Authorization: Key %[3]s'

Ctrl-C stops it.
`, l.addr(), sandbox.DefaultOrganization, *key, exportAddresses())
	return serveUntilDone(ctx, log, l)
}

// listenSandbox opens the listener of a sandbox.
func listenSandbox(ctx context.Context, options sandbox.Options, addr string, log *slog.Logger) (*listener, error) {
	suger, err := sandbox.New(options)
	if err != nil {
		return nil, err
	}
	l, err := listenNear(ctx, "sandbox", addr, demoSandboxAddr, suger, sandboxAnswerWithin, log)
	if err != nil {
		return nil, err
	}
	l.server.RegisterOnShutdown(suger.Close)
	return l, nil
}
