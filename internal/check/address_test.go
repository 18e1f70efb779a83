package check

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A connection that works is described by its certificate, one without TLS by
// what that means.
func TestReached(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	answer, err := server.Client().Get(server.URL)
	require.NoError(t, err)
	answer.Body.Close()
	tests := []struct {
		url   string
		state *tls.ConnectionState
		want  Line
	}{
		{"https://suger.example.com", answer.TLS, Line{Check: "address", Level: OK,
			Text: "suger.example.com answers: TLS 1.3, certificate by Acme Co, valid until 2084-01-29."}},
		{"http://127.0.0.1:8081", nil, Line{Check: "address", Level: OK,
			Text: "127.0.0.1:8081 answers, on this machine and without TLS."}},
		{"http://suger.example.com", nil, Line{Check: "address", Level: Warn,
			Text:   "suger.example.com answers, but without TLS: the credential is readable on the network.",
			Change: "Use an https:// URL in SUGER_API_URL."}},
	}
	for _, test := range tests {
		t.Run(test.url, func(t *testing.T) {
			u, err := url.Parse(test.url)
			require.NoError(t, err)
			assert.Equal(t, test.want, reached(u, test.state))
		})
	}
}

// Each way not to get a connection has its own explanation.
func TestUnreachable(t *testing.T) {
	u, err := url.Parse("https://suger.example.com")
	require.NoError(t, err)
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"no such name", &net.DNSError{Name: "suger.example.com", IsNotFound: true}, "The name suger.example.com cannot be resolved."},
		{"unknown authority", x509.UnknownAuthorityError{}, "TLS: this machine does not trust the issuer of the certificate of suger.example.com."},
		{"another name", x509.HostnameError{Certificate: &x509.Certificate{}, Host: "suger.example.com"}, "TLS: the certificate that suger.example.com shows is for another name."},
		{"expired", x509.CertificateInvalidError{Cert: &x509.Certificate{}, Reason: x509.Expired}, "TLS: the certificate of suger.example.com is expired, or not valid yet."},
		{"no TLS", tls.RecordHeaderError{}, "suger.example.com answers, but not with TLS."},
		{"refused", syscall.ECONNREFUSED, "suger.example.com refuses the connection: nothing listens there."},
		{"silence", context.DeadlineExceeded, "suger.example.com does not answer within 10s."},
		{"stopped", context.Canceled, "Not finished."},
		{"anything else", syscall.ENETUNREACH, "suger.example.com cannot be reached: dial: network is unreachable."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text, _ := unreachable(u, fmt.Errorf("dial: %w", test.err))
			assert.Equal(t, test.want, text)
		})
	}
}

// An id that nobody has keeps the form of one that somebody has.
func TestNeighbour(t *testing.T) {
	for id, want := range map[string]string{
		"480001":    "713334",
		"D88MGYVTY": "A11PJHYWH",
		"3f2b-9a":   "6c5e-2d",
		"":          "",
		"ä":         "ä",
	} {
		assert.Equal(t, want, neighbour(id), id)
	}
}
