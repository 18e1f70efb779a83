// Package certs serves TLS with a certificate from two files: the chain and the key, in PEM
// form. It refuses a chain that clients would refuse, and reads changed files without a
// restart. Start with [Open]; [Files.Config] is for an http.Server.
package certs

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"suger-scim-gateway/internal/reload"
)

// maxFile bounds a file, in bytes; a chain of four is about 8 KB.
const maxFile = 256 << 10

// Options name the files. All fields but Roots are required.
type Options struct {
	CertPath string       // the chain, the server's own certificate first
	KeyPath  string       // the key of that certificate
	Log      *slog.Logger // gets changes and problems
	Now      func() time.Time
	Roots    *x509.CertPool // authorities that are trusted; nil for the system's
}

// Files are a certificate and its key on disk. They are safe for concurrent use.
type Files struct {
	options Options
	files   *reload.Files
	current atomic.Pointer[tls.Certificate]
}

// Open reads and checks the files. The error says what is wrong, in words for an operator.
func Open(options Options) (*Files, error) {
	f := &Files{options: options}
	var err error
	f.files, err = reload.Open(reload.Options{
		What: "certificate", Paths: []string{options.CertPath, options.KeyPath}, Limit: maxFile,
		Use: f.use, Log: options.Log, Now: options.Now,
	})
	return f, err
}

// Config returns TLS 1.2 and 1.3 with the current certificate for each handshake;
// open connections keep theirs.
func (f *Files) Config() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return f.certificate(), nil },
	}
}

// NotAfter returns when the current certificate expires.
func (f *Files) NotAfter() time.Time { return f.certificate().Leaf.NotAfter }

func (f *Files) certificate() *tls.Certificate {
	f.files.Refresh()
	return f.current.Load()
}

// use makes the contents of the files the current certificate, if clients would accept it.
func (f *Files) use(contents [][]byte) error {
	pair, err := tls.X509KeyPair(contents[0], contents[1])
	if err != nil {
		return fmt.Errorf("%w (the server's own certificate must be the first in its file, and the key must be its own and not encrypted)", err)
	}
	if err := f.check(&pair); err != nil {
		return err
	}
	if f.current.Swap(&pair) != nil {
		f.options.Log.Info("TLS certificate reloaded", "not_after", pair.Leaf.NotAfter)
	}
	return nil
}

// check returns an error if clients would refuse the chain, and logs a warning if only
// some would.
func (f *Files) check(pair *tls.Certificate) error {
	leaf, last, now := pair.Leaf, pair.Leaf, f.options.Now()
	verify := x509.VerifyOptions{CurrentTime: now, Roots: f.options.Roots, Intermediates: x509.NewCertPool()}
	for _, der := range pair.Certificate[1:] {
		issuer, err := x509.ParseCertificate(der)
		if err != nil {
			return err
		}
		// Clients need not sort a chain, and Java ones, such as Okta's, fail on a wrong order.
		if err := last.CheckSignatureFrom(issuer); err != nil || !bytes.Equal(last.RawIssuer, issuer.RawSubject) {
			return fmt.Errorf("the chain is in the wrong order or has a gap: after the certificate of %s must come that of its issuer, %s, and not that of %s",
				nameOf(last), last.Issuer, nameOf(issuer))
		}
		verify.Intermediates.AddCert(issuer)
		last = issuer
	}
	if now.Before(leaf.NotBefore) || now.After(leaf.NotAfter) {
		return fmt.Errorf("the certificate for %s is only valid from %s to %s",
			nameOf(leaf), leaf.NotBefore.UTC().Format(time.DateOnly), leaf.NotAfter.UTC().Format(time.DateOnly))
	}
	_, err := leaf.Verify(verify)
	selfSigned := bytes.Equal(last.RawIssuer, last.RawSubject) && last.CheckSignature(last.SignatureAlgorithm, last.RawTBSCertificate, last.Signature) == nil
	var unknown x509.UnknownAuthorityError
	switch {
	case err == nil:
	case !errors.As(err, &unknown):
		return fmt.Errorf("clients would refuse the certificate for %s: %w", nameOf(leaf), err)
	case !selfSigned:
		return fmt.Errorf("the chain ends at a certificate issued by %s, which is neither in the file nor an authority that this machine trusts. "+
			"Append the intermediate certificate, which the authority publishes; for an authority of your own, append its root too", last.Issuer)
	default:
		f.options.Log.Warn("TLS certificate was issued by an authority that is not public: Okta refuses it, unless a proxy in front has another certificate",
			"certificate", nameOf(leaf), "authority", nameOf(last))
	}
	return nil
}

func nameOf(c *x509.Certificate) string {
	if len(c.DNSNames) > 0 {
		return c.DNSNames[0]
	}
	return c.Subject.String()
}
