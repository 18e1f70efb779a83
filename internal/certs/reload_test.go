package certs_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/certs"
	"suger-scim-gateway/internal/test/standin"
)

const host = "scim.example.com"

// serve answers "hello" over TLS and returns its address.
func serve(t *testing.T, opened *certs.Files) string {
	t.Helper()
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := &http.Server{
		TLSConfig: opened.Config(), ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.ServeTLS(socket, "", "") }()
	t.Cleanup(func() {
		server.Close()
		assert.ErrorIs(t, <-ended, http.ErrServerClosed)
	})
	return socket.Addr().String()
}

// dial opens a connection as a client does that trusts the family's root.
func dial(t *testing.T, address string, f family, change ...func(*tls.Config)) (*tls.Conn, error) {
	t.Helper()
	config := &tls.Config{
		RootCAs: f.roots(), ServerName: host, MinVersion: tls.VersionTLS10,
		Time: func() time.Time { return now },
	}
	for _, c := range change {
		c(config)
	}
	return tls.Dial("tcp", address, config)
}

// exchange asks once over an open connection.
func exchange(t *testing.T, connection *tls.Conn) string {
	t.Helper()
	_, err := fmt.Fprintf(connection, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", host)
	require.NoError(t, err)
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(body)
}

// swap puts a file in place at once.
func swap(t *testing.T, path string, content []byte) {
	t.Helper()
	next := filepath.Join(t.TempDir(), "next")
	require.NoError(t, os.WriteFile(next, content, 0o600))
	require.NoError(t, os.Rename(next, path))
}

func TestVersions(t *testing.T) {
	f := newFamily(t, host)
	o := files(t, chainPEM(f.server, f.intermediate), keyPEM(t, f.server))
	o.Roots = f.roots()
	opened, err := certs.Open(o)
	require.NoError(t, err)
	address := serve(t, opened)
	for version, accepted := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			connection, err := dial(t, address, f, func(c *tls.Config) { c.MinVersion, c.MaxVersion = version, version })
			if !accepted {
				require.ErrorContains(t, err, "protocol version")
				return
			}
			require.NoError(t, err)
			defer connection.Close()
			assert.Equal(t, "hello", exchange(t, connection))
		})
	}
	t.Run("HTTP/2 is offered", func(t *testing.T) {
		connection, err := dial(t, address, f, func(c *tls.Config) { c.NextProtos = []string{"h2"} })
		require.NoError(t, err)
		defer connection.Close()
		assert.Equal(t, "h2", connection.ConnectionState().NegotiatedProtocol)
	})
}

// New connections get the new certificate; those that are open go on.
func TestReload(t *testing.T) {
	before, after := newFamily(t, host), newFamily(t, host, ends(now.AddDate(0, 6, 0)))
	o := files(t, chainPEM(before.server, before.intermediate), keyPEM(t, before.server))
	o.Roots = x509.NewCertPool()
	for _, f := range []family{before, after} {
		o.Roots.AddCert(f.root.certificate)
	}
	log := &standin.Log{}
	o.Log = slog.New(slog.NewTextHandler(log, nil))
	opened, err := certs.Open(o)
	require.NoError(t, err)
	address := serve(t, opened)
	shows := func(f family) bool {
		connection, err := dial(t, address, f)
		if err != nil {
			return false
		}
		defer connection.Close()
		return connection.ConnectionState().PeerCertificates[0].Equal(f.server.certificate)
	}

	open, err := dial(t, address, before)
	require.NoError(t, err)
	t.Cleanup(func() { open.Close() })
	assert.Equal(t, "hello", exchange(t, open))

	swap(t, o.CertPath, chainPEM(after.server, after.intermediate))
	assert.True(t, shows(before), "the key is not there yet, so the old pair stays")
	assert.True(t, shows(before))
	assert.Equal(t, 1, strings.Count(log.String(), "the last good one stays"), "reported once")
	assert.Contains(t, log.String(), "private key does not match")
	swap(t, o.KeyPath, keyPEM(t, after.server))
	assert.True(t, shows(after), "both are there")
	assert.Equal(t, now.AddDate(0, 6, 0), opened.NotAfter())
	assert.Equal(t, "hello", exchange(t, open), "a connection from before is not dropped")

	require.NoError(t, os.Remove(o.CertPath))
	assert.True(t, shows(after), "a missing file changes nothing")
	swap(t, o.CertPath, []byte("nonsense"))
	assert.True(t, shows(after), "nor does one that cannot be used")
	swap(t, o.CertPath, chainPEM(before.server, before.intermediate))
	swap(t, o.KeyPath, keyPEM(t, before.server))
	assert.True(t, shows(before))
	assert.Equal(t, 2, strings.Count(log.String(), "TLS certificate reloaded"))
	assert.NotContains(t, log.String(), "PRIVATE KEY")
}

// A pair that cannot be used for a reason that passes is used once it has passed,
// although its files do not change.
func TestReasonThatPasses(t *testing.T) {
	starts := now.AddDate(0, 0, 1)
	before := newFamily(t, host)
	after := newFamily(t, host, func(c *x509.Certificate) { c.NotBefore = starts }, ends(now.AddDate(0, 6, 0)))
	o := files(t, chainPEM(before.server, before.intermediate), keyPEM(t, before.server))
	o.Roots = before.roots()
	o.Roots.AddCert(after.root.certificate)
	clock, log := standin.NewClock(now), &standin.Log{}
	o.Now, o.Log = clock.Now, slog.New(slog.NewTextHandler(log, nil))
	opened, err := certs.Open(o)
	require.NoError(t, err)
	swap(t, o.CertPath, chainPEM(after.server, after.intermediate))
	swap(t, o.KeyPath, keyPEM(t, after.server))
	for range 3 {
		assert.Equal(t, now.AddDate(0, 3, 0), opened.NotAfter())
		clock.Advance(time.Minute)
	}
	assert.Equal(t, 1, strings.Count(log.String(), "the last good one stays"), "reported once")
	clock.Advance(24 * time.Hour)
	assert.Equal(t, now.AddDate(0, 6, 0), opened.NotAfter())
}

func TestHandshakesWhileFilesChange(t *testing.T) {
	f := newFamily(t, host)
	o := files(t, chainPEM(f.server, f.intermediate), keyPEM(t, f.server))
	o.Roots = f.roots()
	opened, err := certs.Open(o)
	require.NoError(t, err)
	address := serve(t, opened)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 10 {
				connection, err := dial(t, address, f)
				if assert.NoError(t, err) {
					connection.Close()
				}
			}
		})
	}
	for range 10 {
		swap(t, o.CertPath, chainPEM(f.server, f.intermediate))
		swap(t, o.KeyPath, keyPEM(t, f.server))
	}
	wait.Wait()
}
