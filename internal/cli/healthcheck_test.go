package cli

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"suger-scim-gateway/internal/settings"
	"suger-scim-gateway/internal/test/program"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHealthcheck(t *testing.T) {
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "/healthz", r.URL.Path)
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	addr := strings.TrimPrefix(server.URL, "http://")
	_, port, _ := strings.Cut(addr, ":")
	check := func() error { return Run(t.Context(), []string{"healthcheck"}, io.Discard, io.Discard) }

	program.SetEnvironment(t, settings.Names(), map[string]string{"GATEWAY_OPS_ADDR": addr})
	require.NoError(t, check())

	for _, host := range []string{"", "0.0.0.0", "[::]", "localhost"} {
		program.SetEnvironment(t, settings.Names(), map[string]string{"GATEWAY_OPS_ADDR": host + ":" + port, "SUGER_AUTH": "nonsense"})
		require.NoError(t, check(), "an address without host or of all hosts, and a problem that is not its own")
	}

	status = http.StatusInternalServerError
	assert.EqualError(t, check(), "healthcheck: the gateway answered 500 Internal Server Error")

	server.Close()
	assert.ErrorContains(t, check(), "healthcheck: ")

	program.SetEnvironment(t, settings.Names(), map[string]string{"GATEWAY_OPS_ADDR": "nowhere"})
	assert.EqualError(t, check(), "GATEWAY_OPS_ADDR is not an address such as 127.0.0.1:9090")
}
