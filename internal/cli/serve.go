package cli

import (
	"context"
	"runtime"

	"suger-scim-gateway/internal/conns"
)

// serve is the gateway: SCIM on GATEWAY_ADDR and operations on
// GATEWAY_OPS_ADDR, until ctx ends.
func serve(ctx context.Context, c *console, args []string) error {
	if err := parse(c.newFlags("serve"), args); err != nil {
		return err
	}
	config, err := loadConfig(c.err)
	if err != nil {
		return err
	}
	return config.serve(ctx)
}

func (c *config) serve(ctx context.Context) error {
	handlers, err := c.assemble(ctx.Done())
	if err != nil {
		return err
	}
	scim, err := listen(ctx, "GATEWAY_ADDR", string(c.Addr), handlers.scim, c.Budget, c.log)
	if err != nil {
		return err
	}
	c.boundConnections(scim)
	if c.certificates != nil {
		scim.server.TLSConfig = c.certificates.Config()
	}
	operations, err := listen(ctx, "GATEWAY_OPS_ADDR", string(c.OpsAddr), handlers.operations, opsAnswerWithin, c.log)
	if err != nil {
		scim.socket.Close()
		return err
	}
	operations.bound(conns.Limits{Total: maxConnectionsPerAddress, PerAddress: maxConnectionsPerAddress, Strange: idleTimeout})
	defer c.followSignals()()
	defer reserveHeap()()
	c.logStart(scim.addr(), operations.addr())
	return serveUntilDone(ctx, c.log, scim, operations)
}

// logStart tells an operator what runs and how, and what to think about.
func (c *config) logStart(scim, operations string) {
	v, revision := build()
	c.log.Info("serving", "version", v, "commit", revision, "go", runtime.Version(),
		"scim_address", scim, "ops_address", operations, "tls", c.certificates != nil,
		"status_page", !c.hidesPages(), c.organizationMode(), "dry_run", c.DryRun)
	if unknown := unknownSettings(); len(unknown) > 0 {
		c.log.Warn("variables that look like settings but are none", "names", unknown)
	}
	if c.SugerURL.unprotected() || c.SugerAuth == "oauth" && c.SugerTokenURL.unprotected() {
		c.log.Warn("Suger is called over plain HTTP: credentials can be read on the way")
	}
	if c.opsToken != nil && !c.OpsAddr.loopback() {
		c.log.Warn("the ops listener speaks plain HTTP: put HTTPS in front of it, or the token of the status page can be read on the way")
	}
}
