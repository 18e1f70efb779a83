package gateway

import (
	"crypto/sha256"
	"crypto/subtle"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"suger-scim-gateway/internal/conns"
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
func (s *server) identify(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		x := c.(*exchange)
		x.token, x.noToken = bearerToken(x.Request().Header.Get(echo.HeaderAuthorization))
		if x.noToken == nil {
			organization, _ := s.organizationOf(x)
			x.mark = s.guessing.marks.Of(organization, x.token)
			if s.holdsCredential() {
				x.known = accepted(x.token, s.config.Tokens())
			} else {
				x.known = s.guessing.good.Contains(x.mark)
			}
			if x.known {
				conns.Trust(x.ctx())
			}
		}
		return next(c)
	}
}

// authenticate sets the credential for Suger. In pass-through mode that is the
// client's token, which only Suger can check.
func (s *server) authenticate(x *exchange) error {
	if x.noToken != nil {
		if wait := s.guessing.throttle.Wait(x.client); wait > 0 {
			return tooManyFailures(wait)
		}
		return x.noToken
	}
	if !x.known && !s.guessing.inDoubt(x.mark) {
		var err error
		if x.attempt, err = s.guessing.begin(x.ctx(), x.client, x.mark, !s.holdsCredential()); err != nil {
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
	for len(words) > 0 && isScheme(words[0], "bearer", "key") {
		words = words[1:]
	}
	switch {
	case len(words) == 0:
		return "", scim.NewError(scim.CodeTokenMissing, "The request carries no token. In Okta's provisioning settings, enter the token as HTTP Header or OAuth Bearer Token.")
	case isScheme(words[0], "basic"):
		return "", scim.NewError(scim.CodeTokenMissing, "The request carries a user name and password (Basic), but the gateway needs a bearer token. In Okta, choose HTTP Header or OAuth Bearer Token.")
	case len(words) > 1 || len(words[0]) > maxToken || !visible(words[0]):
		return "", scim.NewError(scim.CodeTokenRefused, "The token is malformed: it has blanks or control characters, or is longer than %d characters.", maxToken)
	}
	return words[0], nil
}

func isScheme(word string, schemes ...string) bool {
	return slices.ContainsFunc(schemes, func(scheme string) bool { return strings.EqualFold(word, scheme) })
}

// accepted reports whether the token is one of tokens, in a time that depends on
// neither the token nor which one it equals. Hashing makes all of them equally
// long.
func accepted(token string, tokens []string) bool {
	presented, found := sha256.Sum256([]byte(token)), 0
	for _, known := range tokens {
		digest := sha256.Sum256([]byte(known))
		found |= subtle.ConstantTimeCompare(presented[:], digest[:])
	}
	return found == 1
}
