package certs_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/certs"
)

// now is when the tests take place.
var now = time.Date(2030, time.May, 1, 12, 0, 0, 0, time.UTC)

// An issued certificate, with its key.
type issued struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// issue makes a certificate; the issuer is nil for a self-signed one.
func issue(t *testing.T, name string, by *issued, change ...func(*x509.Certificate)) *issued {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<60))
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		NotBefore: now.AddDate(0, -1, 0), NotAfter: now.AddDate(0, 3, 0),
		BasicConstraintsValid: true,
	}
	for _, c := range change {
		c(template)
	}
	parent, signer := template, key
	if by != nil {
		parent, signer = by.certificate, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), crypto.Signer(signer))
	require.NoError(t, err)
	certificate, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return &issued{certificate, key}
}

func authority(c *x509.Certificate) {
	c.IsCA = true
	c.KeyUsage = x509.KeyUsageCertSign
}

func server(host string) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		c.DNSNames = []string{host}
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		c.KeyUsage = x509.KeyUsageDigitalSignature
	}
}

func ends(when time.Time) func(*x509.Certificate) {
	return func(c *x509.Certificate) { c.NotAfter = when }
}

// chainPEM are certificates one after the other, as in a file.
func chainPEM(chain ...*issued) []byte {
	var text bytes.Buffer
	for _, one := range chain {
		_ = pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: one.certificate.Raw}) // to memory
	}
	return text.Bytes()
}

func keyPEM(t *testing.T, one *issued) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(one.key)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// A family is a root, an intermediate and a server certificate.
type family struct{ root, intermediate, server *issued }

func newFamily(t *testing.T, host string, change ...func(*x509.Certificate)) family {
	t.Helper()
	root := issue(t, "Test root", nil, authority)
	intermediate := issue(t, "Test intermediate", root, authority)
	return family{root, intermediate, issue(t, host, intermediate, append(change, server(host))...)}
}

func (f family) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(f.root.certificate)
	return pool
}

// files are the options for a certificate and key in a new folder.
func files(t *testing.T, cert, key []byte) certs.Options {
	t.Helper()
	folder := t.TempDir()
	o := certs.Options{
		CertPath: filepath.Join(folder, "tls.crt"), KeyPath: filepath.Join(folder, "tls.key"),
		Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }, Roots: x509.NewCertPool(),
	}
	require.NoError(t, os.WriteFile(o.CertPath, cert, 0o600))
	require.NoError(t, os.WriteFile(o.KeyPath, key, 0o600))
	return o
}
