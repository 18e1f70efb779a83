package sugerclient

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// An Authenticator is one of the ways to present a [Credential] to Suger:
// [KeyAuth] or [OAuthAuth].
type Authenticator interface {
	check() error

	// exchange returns the request that turns the credential into a token for
	// the Bearer scheme; nil if the credential itself is the API key.
	exchange(base string, cred Credential, organization string) (*exchange, error)
}

// An exchange asks for a token.
type exchange struct {
	request  *request
	token    string // path of the token in the answer
	lifetime string // path of its lifetime in seconds
}

const (
	tokenOperation = "get token"
	keyScheme      = "Key "
	bearerScheme   = "Bearer "
)

var errMalformed = errors.New("the credential does not have the form of one")

// ErrNotPair is the cause of the error for a credential that cannot be exchanged
// for a token, since it is not "client_id:client_secret".
var ErrNotPair = errors.New("the credential is not client_id:client_secret")

// KeyAuth presents a Suger API key as it is, "Authorization: Key …"
// (doc.suger.io, API Client).
type KeyAuth struct{}

func (KeyAuth) check() error { return nil }

func (KeyAuth) exchange(string, Credential, string) (*exchange, error) { return nil, nil }

// OAuthAuth presents "client_id:client_secret" of a Suger OAuth App by the
// client credentials grant (doc.suger.io, OAuth App; RFC 6749 section 4.4).
type OAuthAuth struct {
	TokenURL string // two are in print, so there is no default
}

func (a OAuthAuth) check() error { return checkURL("token URL", a.TokenURL) }

func (a OAuthAuth) exchange(_ string, cred Credential, _ string) (*exchange, error) {
	id, secret, err := splitCredential(cred)
	if err != nil {
		return nil, err
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}}
	return &exchange{
		request: &request{
			operation:  tokenOperation,
			method:     http.MethodPost,
			url:        a.TokenURL,
			header:     http.Header{"Accept": {"application/json"}, "Content-Type": {"application/x-www-form-urlencoded"}},
			body:       []byte(form.Encode()),
			repeatable: true, // one token more does no harm
			anonymous:  true,
		},
		token:    "access_token",
		lifetime: "expires_in",
	}, nil
}

func splitCredential(cred Credential) (id, secret string, err error) {
	id, secret, found := strings.Cut(string(cred), ":")
	if !found || id == "" || secret == "" {
		return "", "", ErrNotPair
	}
	return id, secret, nil
}
