// Suger-scim-gateway lets Okta, or another SCIM 2.0 client, manage the users
// and roles of a Suger organization. It stores nothing: it answers each SCIM
// request by calls to Suger's API.
//
// The commands are in internal/cli.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"suger-scim-gateway/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal stops the process at once
	if err := cli.Run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "suger-scim-gateway:", err)
		os.Exit(1)
	}
}
