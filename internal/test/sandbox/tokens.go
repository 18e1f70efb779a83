package sandbox

import (
	"cmp"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	core "suger-scim-gateway/internal/sandbox"
)

// tokenLife is how long a token lives (doc.suger.io/get-started/oauth-app).
const tokenLife = time.Hour

// tokens are the credentials. They need the lock of the
// sandbox.
type tokens struct {
	organization string
	second       bool // there is a second organization
	keys         []string
	readers      []string
	clients      map[string]string // secret by client id
	clock        func() time.Time
	issued       map[string]time.Time // expiry of each token
}

func newTokens(options Options) *tokens {
	clock := options.Clock
	if clock == nil {
		clock = time.Now
	}
	return &tokens{
		organization: cmp.Or(options.Organization, DefaultOrganization), keys: options.Keys, readers: options.ReadOnlyKeys,
		clients: options.Clients, clock: clock, issued: make(map[string]time.Time),
	}
}

// access returns the organization of a credential.
func (t *tokens) access(authorization string, write bool) (string, error) {
	scheme, credential, _ := strings.Cut(authorization, " ")
	reader := scheme == "Key" && slices.Contains(t.readers, credential)
	switch {
	case scheme == "Key" && slices.Contains(t.keys, credential):
		return t.organization, nil
	case reader && write:
		return "", core.Refuse(403, "the API client is not allowed to do this")
	case t.second && authorization == "Key "+SecondKey:
		return SecondOrganization, nil
	case reader, scheme == "Bearer" && t.clock().Before(t.issued[credential]):
		return t.organization, nil
	}
	return "", core.Refuse(401, "unauthorized")
}

// ExpireTokens expires every bearer token issued so far.
func (s *Sandbox) ExpireTokens() {
	s.Locked(func(*core.Store) { clear(s.tokens.issued) })
}

type object = map[string]any

// clientCredentials returns the client credentials grant (RFC 6749 §4.4), with
// the client's id and secret in the form or as basic authentication (§2.3.1).
// Errors have the form of §5.2.
func (t *tokens) clientCredentials(q *core.Request) (core.Answer, error) {
	media, _, _ := mime.ParseMediaType(q.Header.Get("Content-Type"))
	sent, err := url.ParseQuery(string(q.Body))
	if err != nil || media != "application/x-www-form-urlencoded" {
		return core.Reply(http.StatusBadRequest, object{"error": "invalid_request"}), nil
	}
	if sent.Get("grant_type") != "client_credentials" {
		return core.Reply(http.StatusBadRequest, object{"error": "unsupported_grant_type"}), nil
	}
	id, secret := sent.Get("client_id"), sent.Get("client_secret")
	if user, password, ok := q.BasicAuth(); ok {
		id, secret = user, password
	}
	if want, ok := t.clients[id]; !ok || subtle.ConstantTimeCompare([]byte(want), []byte(secret)) == 0 {
		return core.Reply(http.StatusUnauthorized, object{"error": "invalid_client"}), nil
	}
	return t.issue(id)
}

// issue returns a token that looks like a JWT; only the sandbox can check it.
func (t *tokens) issue(client string) (core.Answer, error) {
	now := t.clock()
	claims, err := json.Marshal(object{"sub": client, "iat": now.Unix(), "exp": now.Add(tokenLife).Unix()})
	if err != nil {
		return core.Answer{}, err
	}
	encode := base64.RawURLEncoding.EncodeToString
	token := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode(claims) + "." + encode([]byte(rand.Text()))
	t.issued[token] = now.Add(tokenLife)
	return core.Reply(http.StatusOK, object{"access_token": token, "expires_in": int(tokenLife.Seconds()), "token_type": "Bearer"}), nil
}
