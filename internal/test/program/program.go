// Package program runs the command line during a test, as an operator would:
// configured by the environment, and observed through its output.
package program

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/internal/test/standin"
)

// Key is the API key of the Suger that [Suger] starts.
const Key = "suger-key"

// PatchMessage is the beginning of a PATCH message, up to its operations.
const PatchMessage = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[`

// A Transcript records the output of a command, and signals new output.
type Transcript struct {
	standin.Log
	grew chan struct{}
}

func newTranscript() *Transcript { return &Transcript{grew: make(chan struct{}, 1)} }

// Write records p.
func (o *Transcript) Write(p []byte) (int, error) {
	n, err := o.Log.Write(p)
	select {
	case o.grew <- struct{}{}:
	default:
	}
	return n, err
}

// A Program is a command that runs during the test.
type Program struct {
	Out, Log *Transcript // standard output and standard error
	stop     context.CancelFunc
	ended    chan error
}

// Start runs a command line with run until the test ends.
func Start(t *testing.T, run func(ctx context.Context, args []string, stdout, stderr io.Writer) error, args ...string) *Program {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	p := &Program{Out: newTranscript(), Log: newTranscript(), stop: stop, ended: make(chan error, 1)}
	go func() { p.ended <- run(ctx, args, p.Out, p.Log) }()
	t.Cleanup(stop)
	return p
}

// Wait waits until the output o matches the pattern, and returns the pattern's last
// group.
func (p *Program) Wait(t *testing.T, o *Transcript, pattern string) string {
	t.Helper()
	expression := regexp.MustCompile(pattern)
	for {
		if match := expression.FindStringSubmatch(o.String()); match != nil {
			return match[len(match)-1]
		}
		select {
		case <-o.grew:
		case err := <-p.ended:
			require.FailNow(t, "the command ended", "%v\n%s\n%s", err, p.Out, p.Log)
		}
	}
}

// SCIMAddress waits until the gateway serves, and returns host and port of its SCIM
// listener.
func (p *Program) SCIMAddress(t *testing.T) string {
	t.Helper()
	return p.Wait(t, p.Log, `scim_address"?[=:]"?([0-9.:]+)`)
}

// OpsAddress is like SCIMAddress for the listener of health, metrics and the status
// page.
func (p *Program) OpsAddress(t *testing.T) string {
	t.Helper()
	return p.Wait(t, p.Log, `ops_address"?[=:]"?([0-9.:]+)`)
}

// End stops the command and returns its error.
func (p *Program) End() error {
	p.stop()
	return <-p.ended
}

// SetEnvironment sets these settings and clears all others; names lists all settings.
func SetEnvironment(t *testing.T, names []string, values map[string]string) {
	t.Helper()
	for _, name := range names {
		t.Setenv(name, values[name]) // empty counts as not set
	}
	for name := range values {
		require.True(t, slices.Contains(names, name), "%s is not a setting", name)
	}
}

// environment is locked while a test has set the environment.
var environment sync.Mutex

// InEnvironment calls read with these settings and no others; names lists all
// settings. Parallel tests take turns, so read must do everything that depends on the
// environment.
func InEnvironment(t *testing.T, names []string, values map[string]string, read func()) {
	t.Helper()
	environment.Lock()
	defer environment.Unlock()
	for name := range values {
		require.True(t, slices.Contains(names, name), "%s is not a setting", name)
	}
	restore := exchange(names, values)
	defer restore()
	read()
}

// exchange sets variables; those without a value become "", which counts as not set.
// The returned function restores them.
func exchange(names []string, values map[string]string) (restore func()) {
	before := make(map[string]string)
	for _, name := range names {
		if value, set := os.LookupEnv(name); set {
			before[name] = value
		}
		if err := os.Setenv(name, values[name]); err != nil {
			panic(err) // names of settings are valid
		}
	}
	return func() {
		for _, name := range names {
			_ = os.Unsetenv(name) // the name is valid
			if value, set := before[name]; set {
				_ = os.Setenv(name, value)
			}
		}
	}
}

// Serve runs a gateway with these settings until the test ends. It returns once the
// gateway serves and no longer depends on the environment.
func Serve(t *testing.T, run func(ctx context.Context, args []string, stdout, stderr io.Writer) error, names []string, values map[string]string) *Program {
	t.Helper()
	var p *Program
	InEnvironment(t, names, values, func() {
		p = Start(t, run, "serve")
		p.SCIMAddress(t)
		p.OpsAddress(t)
	})
	return p
}

// WriteFile writes a file that only its owner can read.
func WriteFile(t *testing.T, path, content string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
}

// Suger starts a Suger sandbox that accepts [Key], and returns its URL.
func Suger(t *testing.T) string {
	t.Helper()
	suger, err := sandbox.New(sandbox.Options{Keys: []string{Key}})
	require.NoError(t, err)
	server := httptest.NewServer(suger)
	t.Cleanup(server.Close)
	t.Cleanup(suger.Close)
	return server.URL
}

// Ask sends one request and reads the answer as JSON.
func Ask(t *testing.T, method, address, authorization, body string) (int, map[string]any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/scim+json")
	request.Header.Set("Authorization", authorization)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	var answer map[string]any
	require.NoError(t, json.Unmarshal(text, &answer), "%s", text)
	return response.StatusCode, answer
}

// Certificate writes the certificate that httptest has for example.com, and
// returns a client that trusts it.
func Certificate(t *testing.T) (certFile, keyFile string, client *http.Client) {
	t.Helper()
	server := httptest.NewTLSServer(http.NotFoundHandler())
	server.Close()
	pair := server.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	require.NoError(t, err)
	folder := t.TempDir()
	certFile, keyFile = filepath.Join(folder, "tls.crt"), filepath.Join(folder, "tls.key")
	WriteFile(t, certFile, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]})))
	WriteFile(t, keyFile, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})))
	trusted := x509.NewCertPool()
	trusted.AddCert(server.Certificate())
	return certFile, keyFile, &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: trusted, ServerName: "example.com"}, ForceAttemptHTTP2: true,
	}}
}
