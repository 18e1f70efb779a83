package e2e

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/cli"
	"suger-scim-gateway/internal/settings"
	"suger-scim-gateway/internal/test/program"
	"suger-scim-gateway/internal/test/sandbox"
)

func TestServeWithTLS(t *testing.T) {
	t.Parallel()
	certFile, keyFile, client := program.Certificate(t)
	gateway := program.Serve(t, cli.Run, settings.Names(), map[string]string{
		"SUGER_API_URL":    program.Suger(t),
		"SUGER_ORG_ID":     sandbox.DefaultOrganization,
		"GATEWAY_ADDR":     "127.0.0.1:0",
		"GATEWAY_OPS_ADDR": "127.0.0.1:0",
		"GATEWAY_TLS_CERT": certFile,
		"GATEWAY_TLS_KEY":  keyFile,
	})
	scim := gateway.SCIMAddress(t)
	operations := gateway.OpsAddress(t)
	assert.Contains(t, gateway.Log.String(), `"tls":true`)
	assert.Contains(t, gateway.Log.String(), "an authority that is not public: Okta refuses it")

	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+scim+"/scim/v2/Users?count=1", nil)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer suger-key")
	response, err := client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, response.StatusCode)
	assert.Equal(t, "HTTP/2.0", response.Proto)
	assert.Contains(t, string(text), `"location":"https://`+scim+`/scim/v2/Users/`)

	plain, err := http.Get("http://" + scim + "/scim/v2/Users")
	require.NoError(t, err)
	defer plain.Body.Close()
	assert.Equal(t, http.StatusBadRequest, plain.StatusCode, "plain HTTP fails")

	page, err := http.Get("http://" + operations + "/metrics")
	require.NoError(t, err)
	defer page.Body.Close()
	metrics, err := io.ReadAll(page.Body)
	require.NoError(t, err)
	assert.Contains(t, string(metrics), fmt.Sprintf("\nsuger_scim_tls_certificate_expiry_timestamp_seconds %.9g\n", float64(notAfter(t, certFile))))
	require.NoError(t, gateway.End())
	assert.NotContains(t, gateway.Log.String(), "PRIVATE KEY")
}

func notAfter(t *testing.T, certFile string) int64 {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(certFile, strings.TrimSuffix(certFile, "crt")+"key")
	require.NoError(t, err)
	return pair.Leaf.NotAfter.Unix()
}
