//go:build unix

package cli

import (
	"log/slog"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/sandbox"
)

// The level follows signals while the gateway serves.
func TestSignalsChangeTheLevel(t *testing.T) {
	setEnvironment(t, map[string]string{
		"SUGER_API_URL":    newSandbox(t),
		"SUGER_ORG_ID":     sandbox.DefaultOrganization,
		"GATEWAY_ADDR":     "127.0.0.1:0",
		"GATEWAY_OPS_ADDR": "127.0.0.1:0",
	})
	gateway := start(t, "serve")
	gateway.wait(t, gateway.log, `"ops_address"`)
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
		assert.Equal(t, step.level, gateway.wait(t, gateway.log, pattern))
	}
	require.NoError(t, gateway.end())
}

func TestSteppedLevelHolds(t *testing.T) {
	out := newTranscript()
	c := &config{}
	c.log, c.audit, c.level = newLog(out, "info", "json")
	c.stepLevel(false)
	assert.Equal(t, slog.LevelWarn, c.level.Level())
	c.log.Info("not written")
	c.log.Warn("written")
	c.audit.Info("a change")
	assert.NotContains(t, out.String(), "not written")
	assert.Contains(t, out.String(), `"msg":"written"`)
	assert.Contains(t, out.String(), `"msg":"a change"`, "audit records are always written")
}
