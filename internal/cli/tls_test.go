package cli

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/sandbox"
)

// testCertificate writes the certificate that httptest has for example.com, and
// returns a client that trusts it.
func testCertificate(t *testing.T) (certFile, keyFile string, client *http.Client) {
	t.Helper()
	server := httptest.NewTLSServer(http.NotFoundHandler())
	server.Close()
	pair := server.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	require.NoError(t, err)
	folder := t.TempDir()
	certFile, keyFile = filepath.Join(folder, "tls.crt"), filepath.Join(folder, "tls.key")
	writeFile(t, certFile, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]})))
	writeFile(t, keyFile, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})))
	trusted := x509.NewCertPool()
	trusted.AddCert(server.Certificate())
	return certFile, keyFile, &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: trusted, ServerName: "example.com"}, ForceAttemptHTTP2: true,
	}}
}

func TestServeWithTLS(t *testing.T) {
	certFile, keyFile, client := testCertificate(t)
	setEnvironment(t, map[string]string{
		"SUGER_API_URL":    newSandbox(t),
		"SUGER_ORG_ID":     sandbox.DefaultOrganization,
		"GATEWAY_ADDR":     "127.0.0.1:0",
		"GATEWAY_OPS_ADDR": "127.0.0.1:0",
		"GATEWAY_TLS_CERT": certFile,
		"GATEWAY_TLS_KEY":  keyFile,
	})
	gateway := start(t, "serve")
	scim := gateway.wait(t, gateway.log, `"scim_address":"([^"]+)"`)
	operations := gateway.wait(t, gateway.log, `"ops_address":"([^"]+)"`)
	assert.Contains(t, gateway.log.String(), `"tls":true`)
	assert.Contains(t, gateway.log.String(), "which is no public authority: Okta refuses it")

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
	assert.Equal(t, http.StatusBadRequest, plain.StatusCode, "plain HTTP is not answered")

	page, err := http.Get("http://" + operations + "/metrics")
	require.NoError(t, err)
	defer page.Body.Close()
	metrics, err := io.ReadAll(page.Body)
	require.NoError(t, err)
	assert.Contains(t, string(metrics), fmt.Sprintf("\ntls_certificate_expiry_timestamp_seconds %.9g\n", float64(notAfter(t, certFile))))
	require.NoError(t, gateway.end())
	assert.NotContains(t, gateway.log.String(), "PRIVATE KEY")
}

func notAfter(t *testing.T, certFile string) int64 {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(certFile, strings.TrimSuffix(certFile, "crt")+"key")
	require.NoError(t, err)
	return pair.Leaf.NotAfter.Unix()
}

func TestCertificateThatCannotBeUsed(t *testing.T) {
	certFile, _, _ := testCertificate(t)
	setEnvironment(t, map[string]string{"GATEWAY_TLS_CERT": certFile, "GATEWAY_TLS_KEY": certFile})
	_, err := loadConfig(io.Discard)
	assert.EqualError(t, err, "the settings are not right:\n  GATEWAY_TLS_CERT and GATEWAY_TLS_KEY cannot be used: the key file holds no private key in PEM form (-----BEGIN PRIVATE KEY-----)")
}

// A certificate for another host than clients use is worth a word at the start.
func TestCertificateForAnotherHost(t *testing.T) {
	certFile, keyFile, _ := testCertificate(t)
	for host, warned := range map[string]bool{"https://example.com": false, "https://elsewhere.example.org": true} {
		setEnvironment(t, map[string]string{"GATEWAY_TLS_CERT": certFile, "GATEWAY_TLS_KEY": keyFile, "GATEWAY_PUBLIC_URL": host})
		log := newTranscript()
		_, err := loadConfig(log)
		require.NoError(t, err)
		assert.Equal(t, warned, strings.Contains(log.String(), "elsewhere.example.org"), log.String())
	}
}
