package gateway

import (
	"crypto/sha256"
	"crypto/subtle"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"suger-scim-gateway/internal/conns"
	"suger-scim-gateway/internal/marks"
	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
)

// maxToken bounds a credential, in bytes.
const maxToken = 4096

// holdsCredential reports whether the gateway has the Suger credential itself, so
// that clients send one of its own tokens.
func (s *server) holdsCredential() bool { return s.config.Tokens != nil }

// identify reads the client's token and finds out what is known of it without
// asking Suger.
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

// bearerToken reads an Authorization header. Okta sends the token with the word
// Bearer in front, without it, or, if an administrator typed the word into the
// form as well, with two; Suger's own pages write "Key" (RFC 6750 §2.1; Okta,
// SCIM authentication modes; Suger, "API Client").
func bearerToken(header string) (string, error) {
	words := strings.Fields(header)
	for len(words) > 0 && slices.Contains([]string{"bearer", "key"}, strings.ToLower(words[0])) {
		words = words[1:]
	}
	switch {
	case len(words) == 0:
		return "", scim.NewError(scim.CodeTokenMissing, "The request carries no token. In Okta's provisioning settings, enter the token as HTTP Header or OAuth Bearer Token.")
	case strings.EqualFold(words[0], "basic"):
		return "", scim.NewError(scim.CodeTokenMissing, "The request carries a user name and password (Basic), but the gateway needs a bearer token. In Okta, choose HTTP Header or OAuth Bearer Token.")
	case len(words) > 1 || len(words[0]) > maxToken || !marks.Visible(words[0]):
		return "", scim.NewError(scim.CodeTokenRefused, "The token is malformed: it has blanks or control characters, or is longer than %d characters.", maxToken)
	}
	return words[0], nil
}

// isOneOf reports whether the token is one of tokens, in a time that depends on
// neither the token nor which one it equals. Hashing makes all of them equally
// long.
func isOneOf(token string, tokens []string) bool {
	presented, found := sha256.Sum256([]byte(token)), 0
	for _, known := range tokens {
		digest := sha256.Sum256([]byte(known))
		found |= subtle.ConstantTimeCompare(presented[:], digest[:])
	}
	return found == 1
}

// prove makes sure that the token is good for the organization before the body is
// read. From then on the exchange uses a slot of its credential, not of the strangers.
// A client that disconnects keeps its slot until the proof is done, so that strangers
// have no more proofs under way than slots.
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
	if s.guessing.Begin(x.client, x.mark) {
		x.attempt = true
		return nil
	}
	if s.holdsCredential() {
		return tooManyFailures(s.guessing.Wait(x.client))
	}
	wait, ok := s.guessing.Turn(x.client, x.mark)
	if !ok {
		return tooManyFailures(wait)
	}
	x.attempt = true
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-x.ctx().Done():
		return x.ctx().Err()
	}
}

func tooManyFailures(wait time.Duration) *scim.Error {
	e := scim.NewError(scim.CodeTooManyFailures,
		"Too many requests from this address had a token that was refused. Correct the token in Okta's provisioning settings and retry in a minute.")
	e.RetryAfter = max(wait, time.Second)
	return e
}

// trust records that the token is good.
func (s *server) trust(x *exchange) {
	x.known = true
	conns.Trust(x.ctx())
	s.settle(x, false)
}

// settle ends the attempt, if the request is one, and counts a token that was good
// until now, or none.
func (s *server) settle(x *exchange, failed bool) {
	switch {
	case failed && x.noToken != nil:
		s.guessing.Fail(x.client)
	case x.attempt, failed && !x.doubted:
		s.guessing.End(x.client, x.mark, failed)
		x.attempt = false
	}
}
