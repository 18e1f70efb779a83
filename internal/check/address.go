package check

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

// connectTimeout bounds the wait for Suger's first answer.
const connectTimeout = 10 * time.Second

// address sends an empty request without a credential: any answer shows that name,
// route and certificate are right.
func (r *run) address(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, r.URL, nil)
	if err != nil {
		r.add(Line{Check: "address", Level: Fail, Text: r.URL + " is not a URL.", Change: "Correct SUGER_API_URL."})
		return false
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	answer, err := transport.RoundTrip(request)
	if err != nil {
		text, change := unreachable(request.URL, err)
		r.add(Line{Check: "address", Level: Fail, Text: text, Change: change})
		return false
	}
	_ = answer.Body.Close() // only its header counts
	r.add(reached(request.URL, answer.TLS))
	r.clock(answer.Header.Get("Date"))
	return true
}

// clocksDiffer is how far Suger's clock may be behind this machine's: otherwise
// a new user would seem to have existed before.
const clocksDiffer = time.Minute

// clock compares Suger's with this machine's.
func (r *run) clock(date string) {
	suger, err := http.ParseTime(date)
	if err != nil {
		return
	}
	line := Line{Check: "clock", Level: Warn, Change: "Synchronize this machine's clock with a time server."}
	switch off := r.Now().Sub(suger).Round(time.Second); {
	case off > clocksDiffer:
		line.Level, line.Text = Fail, fmt.Sprintf("Suger's clock is %s behind this machine's: a new user would seem to have existed before.", off)
	case -off > clocksDiffer:
		line.Text = fmt.Sprintf("Suger's clock is %s ahead of this machine's.", -off)
	default:
		return
	}
	r.add(line)
}

// reached describes a working connection.
func reached(u *url.URL, state *tls.ConnectionState) Line {
	line := Line{Check: "address", Level: OK}
	switch {
	case state != nil && len(state.PeerCertificates) > 0:
		leaf := state.PeerCertificates[0]
		line.Text = fmt.Sprintf("%s answers: %s, certificate by %s, valid until %s.", u.Host, tls.VersionName(state.Version),
			cmp.Or(first(leaf.Issuer.Organization), leaf.Issuer.CommonName), leaf.NotAfter.UTC().Format(time.DateOnly))
	case isLoopback(u.Hostname()):
		line.Text = u.Host + " answers, on this machine and without TLS."
	default:
		line.Level = Warn
		line.Text = u.Host + " answers, but without TLS: the credential is readable on the network."
		line.Change = "Use an https:// URL in SUGER_API_URL."
	}
	return line
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// unreachable explains why there is no connection.
func unreachable(u *url.URL, err error) (text, change string) {
	var (
		name      *net.DNSError
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
		notTLS    tls.RecordHeaderError
	)
	const correct, path = "Correct SUGER_API_URL", "the network path to Suger (HTTPS_PROXY, firewall)."
	switch {
	case errors.As(err, &name):
		return fmt.Sprintf("The name %s cannot be resolved.", u.Hostname()), correct + ", or the DNS settings of this machine."
	case errors.As(err, &authority):
		return fmt.Sprintf("TLS: this machine does not trust the issuer of the certificate of %s.", u.Host),
			"If a proxy inspects TLS, give the gateway the proxy's CA certificate (SSL_CERT_FILE)."
	case errors.As(err, &hostname):
		return fmt.Sprintf("TLS: the certificate that %s shows is for another name.", u.Host), correct + ", or the proxy on the way to Suger."
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fmt.Sprintf("TLS: the certificate of %s is expired, or not valid yet.", u.Host), "Check this machine's clock."
	case errors.As(err, &notTLS), errors.Is(err, http.ErrSchemeMismatch):
		return u.Host + " answers, but not with TLS.", "Correct scheme and port of SUGER_API_URL."
	case errors.Is(err, syscall.ECONNREFUSED):
		return u.Host + " refuses the connection: nothing listens there.", correct + ", or " + path
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("%s does not answer within %s.", u.Host, connectTimeout), "Check " + path
	case errors.Is(err, context.Canceled):
		return "Not finished.", ""
	}
	return fmt.Sprintf("%s cannot be reached: %v.", u.Host, err), correct + ", or " + path
}
