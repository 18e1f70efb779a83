//go:build unix

package cli

import (
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/settings"
	"suger-scim-gateway/internal/test/program"
	"suger-scim-gateway/internal/test/sandbox"
)

// The level follows signals while the gateway serves.
func TestSignalsChangeTheLevel(t *testing.T) {
	program.SetEnvironment(t, settings.Names(), map[string]string{
		"SUGER_API_URL":    program.Suger(t),
		"SUGER_ORG_ID":     sandbox.DefaultOrganization,
		"GATEWAY_ADDR":     "127.0.0.1:0",
		"GATEWAY_OPS_ADDR": "127.0.0.1:0",
	})
	gateway := program.Start(t, Run, "serve")
	gateway.OpsAddress(t)
	steps := 0
	for _, step := range []struct {
		signal syscall.Signal
		level  string
	}{
		{syscall.SIGUSR1, "DEBUG"}, {syscall.SIGUSR1, "DEBUG"}, {syscall.SIGUSR2, "INFO"},
		{syscall.SIGUSR2, "WARN"}, {syscall.SIGUSR2, "ERROR"}, {syscall.SIGUSR2, "ERROR"}, {syscall.SIGUSR1, "WARN"},
	} {
		require.NoError(t, syscall.Kill(syscall.Getpid(), step.signal))
		steps++
		pattern := `(?s)` + strings.Repeat(`"log_level":"[A-Z]+".*?`, steps-1) + `"log_level":"([A-Z]+)"`
		assert.Equal(t, step.level, gateway.Wait(t, gateway.Log, pattern))
	}
	require.NoError(t, gateway.End())
}
