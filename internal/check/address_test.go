package check

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/url"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A connection that works is described, one without TLS by what that means.
func TestReached(t *testing.T) {
	tests := []struct {
		url  string
		want Line
	}{
		{"https://suger.example.com", Line{Check: "address", Level: OK, Text: "suger.example.com answers, with a certificate that this machine trusts."}},
		{"http://127.0.0.1:8081", Line{Check: "address", Level: OK, Text: "127.0.0.1:8081 answers, on this machine and without TLS."}},
		{"http://suger.example.com", Line{Check: "address", Level: Warn,
			Text:   "suger.example.com answers, but without TLS: the credential is readable on the network.",
			Change: "Use an https:// URL in SUGER_API_URL."}},
	}
	for _, test := range tests {
		t.Run(test.url, func(t *testing.T) {
			u, err := url.Parse(test.url)
			require.NoError(t, err)
			assert.Equal(t, test.want, new(run).reached(u))
		})
	}
}

// A certificate that is not trusted may be a proxy's.
func TestReachAdvice(t *testing.T) {
	untrusted := &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}
	assert.Contains(t, reachAdvice(fmt.Errorf("dial: %w", untrusted)), "SSL_CERT_FILE")
	assert.Contains(t, reachAdvice(syscall.ECONNREFUSED), "firewall")
}

// An id that nobody has keeps the form of one that somebody has.
func TestFreeID(t *testing.T) {
	for id, want := range map[string]string{
		"480001":    "713334",
		"D88MGYVTY": "A11PJHYWH",
		"3f2b-9a":   "6c5e-2d",
		"":          "",
		"ä":         "ä",
	} {
		assert.Equal(t, want, freeID(id, func(string) bool { return false }), id)
	}
}
