package sugerclient

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// An Authenticator is one of the ways to present a [Credential] to Suger:
// [KeyAuth] or [OAuthAuth].
type Authenticator interface {
	check() error

	// header is the name of the header that carries the credential or its token.
	header() string

	// exchange returns the value of that header, or else the request for a token of
	// the Bearer scheme. Its error is ErrNotPair.
	exchange(cred Credential) (value string, ask *request, err error)
}

const (
	tokenOperation = "get token"
	keyScheme      = "Key"
	bearerScheme   = "Bearer "
	authorization  = "Authorization"
)

var errMalformed = errors.New("the credential does not have the form of one")

// ErrNotPair is the cause of the error for a credential that cannot be exchanged
// for a token, since it is not "client_id:client_secret".
var ErrNotPair = errors.New("the credential is not client_id:client_secret")

// NoScheme is the [KeyAuth].Scheme for a key without a word before it.
const NoScheme = "none"

// KeyAuth presents a Suger API key as it is. The zero value does so as
// "Authorization: Key …" (doc.suger.io, API Client).
type KeyAuth struct {
	Header string // "" for Authorization
	Scheme string // the word before the key; "" is Key in the header Authorization and NoScheme in others
}

func (a KeyAuth) check() error {
	if !validHeader(a.header(), a.Scheme) || strings.ContainsAny(a.Scheme, " \t") {
		return errors.New("sugerclient: the header or the scheme of the API key cannot be sent")
	}
	return nil
}

// String is how the key is sent, without the key: "Authorization: Key".
func (a KeyAuth) String() string {
	if scheme := a.scheme(); scheme != "" {
		return a.header() + ": " + scheme
	}
	return a.header()
}

func (a KeyAuth) header() string { return cmp.Or(a.Header, authorization) }

func (a KeyAuth) exchange(cred Credential) (string, *request, error) {
	if scheme := a.scheme(); scheme != "" {
		return scheme + " " + string(cred), nil, nil
	}
	return string(cred), nil, nil
}

// scheme is the word before the key, "" for none.
func (a KeyAuth) scheme() string {
	switch {
	case a.Scheme == NoScheme:
		return ""
	case a.Scheme == "" && strings.EqualFold(a.header(), authorization):
		return keyScheme
	}
	return a.Scheme
}

// OAuthAuth presents "client_id:client_secret" of a Suger OAuth App by the
// client credentials grant (doc.suger.io, OAuth App; RFC 6749 section 4.4).
type OAuthAuth struct {
	TokenURL string // Suger documents two, so there is no default
}

func (OAuthAuth) header() string { return authorization }

func (a OAuthAuth) check() error { return checkURL("token URL", a.TokenURL) }

func (a OAuthAuth) exchange(cred Credential) (string, *request, error) {
	id, secret, found := strings.Cut(string(cred), ":")
	if !found || id == "" || secret == "" {
		return "", nil, ErrNotPair
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}}
	return "", &request{
		Call: Call{
			Operation:  tokenOperation,
			Method:     http.MethodPost,
			Repeatable: true, // one token more does no harm
			Errors:     new(ErrorRule),
		},
		url:       a.TokenURL,
		header:    http.Header{"Accept": {"application/json"}, "Content-Type": {"application/x-www-form-urlencoded"}},
		body:      []byte(form.Encode()),
		anonymous: true,
	}, nil
}
