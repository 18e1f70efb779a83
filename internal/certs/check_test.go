package certs_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/certs"
)

func TestChain(t *testing.T) {
	const host = "scim.example.com"
	f := newFamily(t, host)
	other := newFamily(t, "other.example.com")
	lone := issue(t, host, nil, server(host))
	key := keyPEM(t, f.server)
	sec1, err := x509.MarshalECPrivateKey(f.server.key)
	require.NoError(t, err)
	expired := issue(t, host, f.intermediate, server(host), ends(now.Add(-time.Hour)))
	future := issue(t, host, f.intermediate, server(host), func(c *x509.Certificate) { c.NotBefore = now.Add(time.Hour) })
	client := issue(t, host, f.intermediate, server(host), func(c *x509.Certificate) {
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	})
	const missing = "the chain ends at a certificate issued by CN=Test intermediate, which is neither in the file nor an authority that this machine trusts. " +
		"Append the intermediate certificate, which the authority publishes; for an authority of your own, append its root too"

	tests := []struct {
		name      string
		cert, key []byte
		trusted   *family
		wrong     string // part of the error; "" for none
		warning   string // part of the log; "" for none
	}{
		{name: "a whole chain to a trusted authority", cert: chainPEM(f.server, f.intermediate), key: key, trusted: &f},
		{name: "the same with the root at its end", cert: chainPEM(f.server, f.intermediate, f.root), key: key, trusted: &f},
		{name: "the key in the older form", cert: chainPEM(f.server, f.intermediate), key: pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: sec1}), trusted: &f},
		{name: "certificate and key in one file", cert: append(chainPEM(f.server, f.intermediate), key...), key: append(chainPEM(f.server), key...), trusted: &f},
		{name: "an authority of one's own, with its root", cert: chainPEM(f.server, f.intermediate, f.root), key: key, warning: `certificate=scim.example.com authority="CN=Test root"`},
		{name: "self-signed", cert: chainPEM(lone), key: keyPEM(t, lone), warning: "certificate=scim.example.com authority=scim.example.com"},

		{name: "the intermediate is missing", cert: chainPEM(f.server), key: key, trusted: &f, wrong: missing},
		{name: "the root of one's own authority is missing", cert: chainPEM(f.server, f.intermediate), key: key, wrong: "the chain ends at a certificate issued by CN=Test root"},
		{name: "the intermediate first", cert: chainPEM(f.intermediate, f.server), key: key, trusted: &f, wrong: "the server's own certificate must be the first in its file"},
		{name: "root before intermediate", cert: chainPEM(f.server, f.root, f.intermediate), key: key, trusted: &f, wrong: "the chain is in the wrong order or has a gap: after the certificate of scim.example.com must come that of its issuer, CN=Test intermediate, and not that of CN=Test root"},
		{name: "a strange intermediate", cert: chainPEM(f.server, other.intermediate), key: key, trusted: &f, wrong: "the chain is in the wrong order or has a gap"},
		{name: "another key", cert: chainPEM(f.server, f.intermediate), key: keyPEM(t, other.server), trusted: &f, wrong: "private key does not match public key"},
		{name: "expired", cert: chainPEM(expired, f.intermediate), key: keyPEM(t, expired), trusted: &f, wrong: "is only valid from"},
		{name: "not yet valid", cert: chainPEM(future, f.intermediate), key: keyPEM(t, future), trusted: &f, wrong: "is only valid from 2030-05-01"},
		{name: "not for servers", cert: chainPEM(client, f.intermediate), key: keyPEM(t, client), trusted: &f, wrong: "clients would refuse the certificate"},
		{name: "no certificate", cert: key, key: key, wrong: "certificate input"},
		{name: "an empty file", cert: nil, key: key, wrong: "certificate input"},
		{name: "a broken certificate", cert: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("nonsense")}), key: key, wrong: "malformed certificate"},
		{name: "no key", cert: chainPEM(f.server), key: chainPEM(f.server), wrong: "rather than a key"},
		{name: "an encrypted key", cert: chainPEM(f.server), key: pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("x")}), wrong: "not encrypted"},
		{name: "a key encrypted the older way", cert: chainPEM(f.server), key: pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-256-CBC,00"}, Bytes: []byte("x")}), wrong: "not encrypted"},
		{name: "a broken key", cert: chainPEM(f.server), key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("nonsense")}), wrong: "failed to parse private key"},
		{name: "a file that is too large", cert: bytes.Repeat([]byte("#"), 256<<10+1), key: key, wrong: "has more than 262144 bytes"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			options := files(t, test.cert, test.key)
			if test.trusted != nil {
				options.Roots = test.trusted.roots()
			}
			var log bytes.Buffer
			options.Log = slog.New(slog.NewTextHandler(&log, nil))
			opened, err := certs.Open(options)
			if test.wrong != "" {
				require.ErrorContains(t, err, test.wrong)
				assert.NotContains(t, err.Error(), "PRIVATE KEY-----\nM", "no key in a message")
				return
			}
			require.NoError(t, err)
			assert.NotZero(t, opened.NotAfter())
			assert.Equal(t, test.warning != "", strings.Contains(log.String(), "level=WARN"), log.String())
			assert.Contains(t, log.String(), test.warning)
		})
	}
}

func TestMissingFiles(t *testing.T) {
	f := newFamily(t, "scim.example.com")
	for _, test := range []struct {
		name   string
		change func(*certs.Options, string)
	}{
		{"certificate", func(o *certs.Options, absent string) { o.CertPath = absent }},
		{"key", func(o *certs.Options, absent string) { o.KeyPath = absent }},
	} {
		t.Run(test.name, func(t *testing.T) {
			options := files(t, chainPEM(f.server, f.intermediate), keyPEM(t, f.server))
			absent := filepath.Join(t.TempDir(), "absent")
			test.change(&options, absent)
			_, err := certs.Open(options)
			assert.ErrorContains(t, err, absent)
		})
	}
}
