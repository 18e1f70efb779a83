package check

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

// connectTimeout bounds the wait for Suger's first answer.
const connectTimeout = 10 * time.Second

// address sends an empty request without a credential: any answer shows that name,
// route and certificate are right.
func (r *run) address(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	var answer *http.Response
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, r.URL, nil)
	if err == nil {
		answer, err = transport.RoundTrip(request)
	}
	if err != nil {
		r.add(r.line("address", Fail, "", "%s cannot be reached: %v.", r.URL, err).advise("%s", reachAdvice(err)))
		return false
	}
	_ = answer.Body.Close() // only its header counts
	r.add(r.reached(request.URL))
	if suger, err := http.ParseTime(answer.Header.Get("Date")); err == nil {
		r.clock(suger)
	}
	return true
}

func reachAdvice(err error) string {
	var untrusted *tls.CertificateVerificationError
	if errors.As(err, &untrusted) {
		return "Correct SUGER_API_URL. If a proxy inspects TLS, give the gateway the proxy's CA certificate (SSL_CERT_FILE)."
	}
	return "Correct SUGER_API_URL, or the network path to Suger (DNS, HTTPS_PROXY, firewall)."
}

// clocksDiffer is how far Suger's clock may be behind this machine's: otherwise
// a new user would seem to have existed before.
const clocksDiffer = time.Minute

// clock compares Suger's with this machine's.
func (r *run) clock(suger time.Time) {
	line := r.line("clock", OK, "", "").advise("Synchronize this machine's clock with a time server.")
	switch off := r.Now().Sub(suger).Round(time.Second); {
	case off > clocksDiffer:
		line.Level, line.Text = Fail, fmt.Sprintf("Suger's clock is %s behind this machine's: a new user would seem to have existed before.", off)
		r.add(line)
	case off < -clocksDiffer:
		line.Level, line.Text = Warn, fmt.Sprintf("Suger's clock is %s ahead of this machine's.", -off)
		r.add(line)
	}
}

func (r *run) reached(u *url.URL) Line {
	switch ip, err := netip.ParseAddr(u.Hostname()); {
	case u.Scheme == "https":
		return r.line("address", OK, "", "%s answers, with a certificate that this machine trusts.", u.Host)
	case u.Hostname() == "localhost", err == nil && ip.IsLoopback():
		return r.line("address", OK, "", "%s answers, on this machine and without TLS.", u.Host)
	}
	return r.line("address", Warn, "", "%s answers, but without TLS: the credential is readable on the network.", u.Host).
		advise("Use an https:// URL in SUGER_API_URL.")
}
