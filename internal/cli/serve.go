package cli

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"runtime"
	"slices"

	"suger-scim-gateway/internal/conns"
	"suger-scim-gateway/internal/settings"
)

// serve runs the gateway: SCIM on GATEWAY_ADDR and operations on
// GATEWAY_OPS_ADDR, until ctx is done.
func serve(ctx context.Context, c *console, args []string) error {
	flags := c.newFlags("serve")
	flags.Usage = func() { c.explainSettings() }
	if err := parse(flags, args); err != nil {
		return err
	}
	config, err := settings.Load(c.err)
	if err != nil {
		return err
	}
	p := &process{Config: config, guide: publishedGuide(buildInfo().Main.Path)}
	err = p.serve(ctx)
	if p.DryRun && p.activity != nil {
		err = errors.Join(err, p.activity.DryRun().Print(c.out))
	}
	return err
}

// explainSettings prints the help of serve, with all settings.
func (c *console) explainSettings() {
	c.printUsage("serve")
	fmt.Fprint(c.err, `Settings are environment variables. A secret can also be read from the file that
NAME_FILE names. With wrong settings the gateway does not start, and one message
names all of them.

`)
	for _, setting := range settings.Describe() {
		title := setting.Name
		if setting.Secret {
			title += ", " + setting.Name + "_FILE"
		}
		if setting.Default != "" {
			title += " (" + setting.Default + ")"
		}
		fmt.Fprintf(c.err, "  %s\n%s", title, line.ReplaceAllString(setting.Meaning, "      $1\n"))
	}
}

// line is as much text as fits on a line of a terminal after a margin of 6.
var line = regexp.MustCompile(`(.{1,74})(?: +|$)`)

func (p *process) serve(ctx context.Context) error {
	scimHandler, opsHandler, err := p.assemble(ctx)
	if err != nil {
		return err
	}
	scim, err := listen(ctx, "GATEWAY_ADDR", string(p.Addr), scimHandler, p.Budget, p.Log)
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
	operations, err := listen(ctx, "GATEWAY_OPS_ADDR", string(p.OpsAddr), opsHandler, opsAnswerWithin, p.Log)
	if err != nil {
		_ = scim.socket.Close()
		return err
	}
	operations.socket = conns.Guard(operations.server, operations.socket,
		conns.Limits{Total: maxConnectionsPerAddress, PerAddress: maxConnectionsPerAddress, UntrustedIdle: idleTimeout})
	defer reserveHeap()()
	p.logStart(scim.addr(), operations.addr())
	return serveUntilDone(ctx, p.Log, scim, operations)
}

// logStart logs what runs and how, and what an operator should know about it.
func (p *process) logStart(scim, operations string) {
	b := build()
	p.Log.Info("serving", "version", b.Version, "commit", b.Commit, "go", b.Go,
		"scim_address", scim, "ops_address", operations, "tls", p.Certificates != nil,
		"status_page", !p.HidesPages(), "suger", p.organizationMode(), "dry_run", p.DryRun)
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

// reservedHeap is the size of the reserved heap, in bytes. Its pages are never
// touched, so it uses addresses and no memory.
const reservedHeap = 24 << 20

// reserveHeap makes the garbage collector run after about that much has been
// allocated. By default it runs every 4 MB while little is in use, which some
// hundred requests allocate: a sixth of all the gateway's processor time. With it,
// that much more garbage may wait to be collected, and the runtime's own metrics
// include it. The heap is reserved until the returned function is called.
func reserveHeap() (release func()) {
	reserved := make([]byte, reservedHeap)
	return func() { runtime.KeepAlive(reserved) }
}
