package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"suger-scim-gateway/internal/settings"
)

// healthcheckTimeout bounds the wait for the answer of /healthz.
const healthcheckTimeout = 3 * time.Second

// healthcheck requests /healthz on GATEWAY_OPS_ADDR. The image has no shell and no
// curl, so the binary does it.
func healthcheck(ctx context.Context, c *console, args []string) error {
	if err := parse(c.newFlags("healthcheck"), args); err != nil {
		return err
	}
	s := settings.Read()
	if s.OpsAddr == "" {
		return errors.New("GATEWAY_OPS_ADDR is not an address such as 127.0.0.1:9090")
	}
	ctx, cancel := context.WithTimeout(ctx, healthcheckTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+string(s.OpsAddr)+"/healthz", nil)
	if err != nil {
		return fmt.Errorf("healthcheck: %w", err)
	}
	// No proxy: the address is local. One without a host, or with 0.0.0.0 or [::], is
	// that of this machine for package net, too.
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("healthcheck: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("healthcheck: the gateway answered %s", response.Status)
	}
	return nil
}
