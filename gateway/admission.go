package gateway

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/sync/semaphore"

	"suger-scim-gateway/internal/conns"
	"suger-scim-gateway/internal/marks"
	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/throttle"
	"suger-scim-gateway/mapping"
)

// maxURL bounds a URL, in bytes: room for the longest filter, percent-encoded.
const maxURL = 32 << 10

// admit rejects requests cheaply, before a credential is checked or a body is read.
func (s *server) admit(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		x := c.(*exchange)
		if allowed := s.config.AllowedClients; len(allowed) > 0 && !contains(allowed, x.client) {
			return scim.NewError(scim.CodeClientRefused,
				"This gateway does not answer requests from %s. Its operator can add the address to GATEWAY_ALLOWED_CLIENTS.",
				cmp.Or(addressText(x.client), "an address that it cannot determine"))
		}
		if len(x.Request().RequestURI) > maxURL {
			return scim.NewError(scim.CodeURLTooLong, "The URL is longer than %d bytes. Send the query to /.search as a body.", maxURL)
		}
		s.identify(x)
		if !s.limits.slots.TryAcquire(1) {
			return busy()
		}
		defer s.limits.slots.Release(1)
		if err := s.takeSlot(x); err != nil {
			return err
		}
		x.forget = func() {}
		defer func() {
			x.forget()
			x.leave()
		}()
		return next(c)
	}
}

// limits bound what requests use at once.
type limits struct {
	slots       *semaphore.Weighted
	strangers   *throttle.Quota[netip.Prefix] // slots of those whose token is not known to be good
	credentials *throttle.Quota[marks.Mark]   // slots of those of clients, by token

	rawBodies, decodedBodies *throttle.Quota[marks.Mark] // memory
}

// newLimits divides n slots: strangers may use three quarters, and one address or credential its
// share, so that slow requests leave slots to others. One credential has half of the memory.
func newLimits(n int64) *limits {
	return &limits{
		slots:         semaphore.NewWeighted(n),
		strangers:     throttle.NewQuota[netip.Prefix](n-n/4, (n+3)/4),
		credentials:   throttle.NewQuota[marks.Mark](n, (n+1)/2),
		rawBodies:     throttle.NewQuota[marks.Mark](rawMemory, rawMemory/2),
		decodedBodies: throttle.NewQuota[marks.Mark](decodedMemory, decodedMemory/2),
	}
}

// takeSlot takes a slot, which x.leave releases. The gateway's own tokens have no share: there is
// one client.
func (s *server) takeSlot(x *exchange) error {
	ok := true
	switch {
	case x.known && s.holdsCredential():
		x.leave = func() {}
	case x.known:
		x.leave, ok = s.limits.credentials.Try(s.marks.Of(x.token))
	default:
		x.leave, ok = s.limits.strangers.Try(throttle.Network(x.client))
	}
	if !ok {
		return busy()
	}
	return nil
}

// reserve waits for memory for the credential of the request.
func reserve(x *exchange, memory *throttle.Quota[marks.Mark], size int64) (release func(), err error) {
	release, err = memory.Wait(x.ctx(), x.mark, size)
	if errors.Is(err, context.DeadlineExceeded) {
		err = busy()
	}
	return release, err
}

// busyRetry is when a client may retry if the gateway is busy.
const busyRetry = 5 * time.Second

func busy() *scim.Error {
	e := scim.NewError(scim.CodeTooManyRequests, "The gateway is already answering as many requests as it accepts at once. Retry in a moment.")
	e.RetryAfter = busyRetry
	return e
}

func contains(networks []netip.Prefix, address netip.Addr) bool {
	return slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(address) })
}

func peerAddress(r *http.Request) netip.Addr {
	peer, _ := netip.ParseAddrPort(r.RemoteAddr)
	return peer.Addr().Unmap()
}

// clientAddress is who sent the request: the peer, or, if that is a trusted proxy, the last
// address in X-Forwarded-For that is not one. Those before it may be made up.
func (s *server) clientAddress(r *http.Request) netip.Addr {
	address := peerAddress(r)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		before, err := netip.ParseAddr(strings.TrimSpace(hop))
		if !contains(s.config.TrustedProxies, address) || err != nil {
			break
		}
		address = before.Unmap()
	}
	return address
}

// addressText returns an address for display; "" if it is not known.
func addressText(address netip.Addr) string {
	if !address.IsValid() {
		return ""
	}
	return address.String()
}

// forwarded returns the header's last element, which the trusted proxy itself wrote, or the
// fallback if it is absent or not valid.
func forwarded(r *http.Request, name, fallback string, valid func(string) bool) string {
	all := strings.Join(r.Header.Values(name), ",")
	last := strings.TrimSpace(all[strings.LastIndexByte(all, ',')+1:])
	if last == "" || !valid(last) {
		return fallback
	}
	return strings.TrimRight(last, "/")
}

// hostForm is a name or an IP address, maybe with a port.
var hostForm = regexp.MustCompile(`^(?:[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$`)

const maxHost = 255 + len(":65535")

func isHost(s string) bool { return len(s) <= maxHost && hostForm.MatchString(s) }

// origin returns the URL of the gateway as the client sees it.
func (s *server) origin(r *http.Request) string {
	if s.config.PublicURL != "" {
		return s.config.PublicURL
	}
	scheme, host, prefix := "http", r.Host, ""
	if !isHost(host) { // it goes into answers, so it is checked first
		host = "localhost"
		if own, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
			host = own.String()
		}
	}
	if r.TLS != nil {
		scheme = "https"
	}
	if contains(s.config.TrustedProxies, peerAddress(r)) {
		scheme = forwarded(r, "X-Forwarded-Proto", scheme, func(s string) bool { return s == "http" || s == "https" })
		host = forwarded(r, "X-Forwarded-Host", host, isHost)
		prefix = forwarded(r, "X-Forwarded-Prefix", "", func(s string) bool {
			u, err := url.Parse(s)
			return err == nil && strings.HasPrefix(s, "/") && u.Host == "" && u.EscapedPath() == s
		})
	}
	return scheme + "://" + host + prefix
}

const maxToken = 4096 // bytes of a credential

// holdsCredential reports whether clients send one of the gateway's own tokens.
func (s *server) holdsCredential() bool { return s.config.Tokens != nil }

// identify reads the client's token and looks up what is known about it.
func (s *server) identify(x *exchange) {
	x.token, x.noToken = bearerToken(x.Request().Header.Get(echo.HeaderAuthorization))
	if x.noToken != nil {
		return
	}
	organization, _ := s.organizationOf(x)
	x.mark = s.marks.Of(organization, x.token)
	if s.holdsCredential() {
		x.known = isOneOf(x.token, s.config.Tokens())
	} else {
		x.known, x.doubted = s.service.Accepted(mapping.Caller{Organization: organization, Credential: mapping.Credential(x.token)})
	}
	if x.known {
		conns.Trust(x.ctx())
	}
}

// authenticate sets the credential for Suger. In pass-through mode that is the
// client's token, which only Suger can check.
func (s *server) authenticate(x *exchange) error {
	if x.noToken != nil {
		if wait := s.guessing.Wait(x.client); wait > 0 {
			return tooManyFailures(wait)
		}
		return x.noToken
	}
	if !x.known && !x.doubted {
		if err := s.attempt(x); err != nil {
			return err
		}
	}
	if !s.holdsCredential() {
		x.caller.Credential = mapping.Credential(x.token)
		return nil
	}
	if !x.known {
		return scim.NewError(scim.CodeTokenRefused, "The gateway does not know this token. Enter one of the gateway's own tokens in Okta, not a Suger key.")
	}
	x.caller.Credential = s.config.HeldCredential()
	return nil
}

// bearerToken reads an Authorization header (RFC 6750 §2.1). Okta sends the token with the word
// Bearer in front, without it, or, if an administrator typed it as well, with two; Suger's own
// pages write "Key".
func bearerToken(header string) (string, error) {
	words := strings.Fields(header)
	for len(words) > 0 && slices.Contains([]string{"bearer", "key"}, strings.ToLower(words[0])) {
		words = words[1:]
	}
	switch {
	case len(words) == 0:
		return "", scim.NewError(scim.CodeTokenMissing, "The request has no token. In Okta's provisioning settings, enter the token as HTTP Header or OAuth Bearer Token.")
	case strings.EqualFold(words[0], "basic"):
		return "", scim.NewError(scim.CodeTokenMissing, "The request has a user name and password (Basic), but the gateway needs a bearer token. In Okta, choose HTTP Header or OAuth Bearer Token.")
	case len(words) > 1 || len(words[0]) > maxToken || !marks.Visible(words[0]):
		return "", scim.NewError(scim.CodeTokenRefused, "The token is malformed: it has spaces or control characters, or is longer than %d characters.", maxToken)
	}
	return words[0], nil
}

// isOneOf reports whether the token is one of tokens, in a time that depends on neither.
// Hashing makes all of them equally long.
func isOneOf(token string, tokens []string) bool {
	presented, found := sha256.Sum256([]byte(token)), 0
	for _, known := range tokens {
		digest := sha256.Sum256([]byte(known))
		found |= subtle.ConstantTimeCompare(presented[:], digest[:])
	}
	return found == 1
}

// prove verifies that the token is valid for the organization before the body is read. From then
// on the exchange uses a slot of its credential. A client that disconnects keeps its slot until
// the proof is done, so that strangers have no more proofs under way than slots.
func (s *server) prove(x *exchange) error {
	if x.known {
		return nil
	}
	if err := s.service.Prove(x.ctx(), x.caller); err != nil {
		// The body stays unread, so the connection cannot be used again.
		x.Response().Header().Set("Connection", "close")
		return err
	}
	s.trust(x)
	x.leave()
	return s.takeSlot(x)
}

// attempt makes the request count as a guess until its token is known to be good.
// Behind an address with too many wrong tokens it waits for its turn: the token may
// be the first of another client, but never one of the gateway's own.
func (s *server) attempt(x *exchange) error {
	if !s.guessing.Begin(x.client, x.mark) {
		if s.holdsCredential() {
			return tooManyFailures(s.guessing.Wait(x.client))
		}
		wait, ok := s.guessing.Turn(x.client, x.mark)
		if !ok {
			return tooManyFailures(wait)
		}
		x.attempt = true
		select {
		case <-time.After(wait):
		case <-x.ctx().Done():
			return x.ctx().Err()
		}
	}
	x.attempt = true
	return nil
}

func tooManyFailures(wait time.Duration) *scim.Error {
	e := scim.NewError(scim.CodeTooManyFailures,
		"Too many requests from this address had a wrong token. Correct the token in Okta's provisioning settings and retry in a minute.")
	e.RetryAfter = max(wait, time.Second)
	return e
}

// trust records that the token is good.
func (s *server) trust(x *exchange) {
	x.known = true
	conns.Trust(x.ctx())
	s.settle(x, false)
}

// settle ends the attempt, if the request is one, and counts a token that failed.
func (s *server) settle(x *exchange, failed bool) {
	switch {
	case failed && x.noToken != nil:
		s.guessing.Fail(x.client)
	case x.attempt, failed && !x.doubted:
		s.guessing.End(x.client, x.mark, failed)
		x.attempt = false
	}
}
