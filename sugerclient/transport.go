package sugerclient

import (
	"crypto/tls"
	"net"
	"net/http"
	"time"

	"github.com/go-resty/resty/v2"
)

const (
	dialTimeout      = 5 * time.Second
	idleTimeout      = 90 * time.Second
	minIdleConns     = 64 // several credentials share the one host
	maxHeaderBytes   = 64 << 10
	pingAfterSilence = 15 * time.Second // detects a dead HTTP/2 connection
)

// newTransport returns a transport with enough idle connections for all calls in
// flight.
func newTransport(concurrency int) *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    dialTimeout,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfterSilence, PingTimeout: dialTimeout},
		MaxIdleConnsPerHost:    max(concurrency, minIdleConns),
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
	}
}

// newREST returns a resty client that never follows a redirect, which could send
// the credential to another host, and has no cookies, which credentials would
// share. It does not parse answers: resty reads some that are not JSON as empty.
// Its retries are off, since they would repeat a POST.
func newREST(transport http.RoundTripper, userAgent string) *resty.Client {
	return resty.NewWithClient(&http.Client{
		Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}).SetDoNotParseResponse(true).SetHeader("User-Agent", userAgent)
}
