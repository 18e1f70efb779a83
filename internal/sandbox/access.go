package sandbox

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// access is what a credential permits.
type access int

const (
	nothing access = iota
	readOnly
	everything
)

// A keyGrant is the access of a key in an organization.
type keyGrant struct {
	access       access
	organization string
}

func grantsByKey(options Options, global bool) map[string]keyGrant {
	keys := make(map[string]keyGrant)
	if global {
		keys[SecondKey] = keyGrant{everything, SecondOrganization}
	}
	for _, key := range options.ReadOnlyKeys {
		keys[key] = keyGrant{readOnly, options.Organization}
	}
	for _, key := range options.Keys {
		keys[key] = keyGrant{everything, options.Organization}
	}
	return keys
}

// authorize checks the Authorization header: "Key …" for an API key, "Bearer …"
// for a token, in exactly this spelling (doc.suger.io/get-started/api-client). A
// credential is valid for its own organization only.
func (s *Sandbox) authorize(q *request, rt *route) error {
	var granted keyGrant
	scheme, credential, _ := strings.Cut(q.Header.Get("Authorization"), " ")
	switch scheme {
	case "Key":
		granted = s.keys[credential]
	case "Bearer":
		if s.tokens.valid(credential) {
			granted = keyGrant{everything, s.organization}
		}
	}
	if granted.access == nothing {
		return refuse(401, "unauthorized")
	}
	if granted.access == readOnly && rt.writes() {
		return refuse(403, "the API client is not allowed to do this")
	}
	if !strings.Contains(rt.pattern, "{organization}") {
		return nil
	}
	if q.organization = s.store.organization(q.PathValue("organization")); q.organization == nil {
		return refuse(404, "organization not found")
	}
	if q.organization.id != granted.organization {
		return refuse(403, "the API client belongs to another organization")
	}
	return nil
}

// tokenLife is how long a token lives (doc.suger.io/get-started/oauth-app).
const tokenLife = time.Hour

// tokens issues bearer tokens to the OAuth clients and keeps the valid ones.
type tokens struct {
	clients map[string]string // secret by client id
	clock   func() time.Time

	mu     sync.Mutex
	issued map[string]time.Time // expiry of each token
}

// ExpireTokens expires every bearer token issued so far.
func (s *Sandbox) ExpireTokens() {
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	clear(s.tokens.issued)
}

func (t *tokens) routes() []route {
	return []route{
		{operation: "get token", pattern: "POST /oauth2/token", handle: t.clientCredentials, open: true},
	}
}

// clientCredentials is the client credentials grant (RFC 6749 §4.4), with the
// client's id and secret in the form or as basic authentication (§2.3.1).
// Errors have the form of §5.2.
func (t *tokens) clientCredentials(q *request) (answer, error) {
	media, _, _ := mime.ParseMediaType(q.Header.Get("Content-Type"))
	sent, err := url.ParseQuery(string(q.body))
	if err != nil || media != "application/x-www-form-urlencoded" {
		return reply(http.StatusBadRequest, object{"error": "invalid_request"}), nil
	}
	if sent.Get("grant_type") != "client_credentials" {
		return reply(http.StatusBadRequest, object{"error": "unsupported_grant_type"}), nil
	}
	id, secret := sent.Get("client_id"), sent.Get("client_secret")
	if user, password, ok := q.BasicAuth(); ok {
		id, secret = user, password
	}
	if !t.known(id, secret) {
		return reply(http.StatusUnauthorized, object{"error": "invalid_client"}), nil
	}
	return t.issue(id)
}

func (t *tokens) known(id, secret string) bool {
	want, ok := t.clients[id]
	return ok && subtle.ConstantTimeCompare([]byte(want), []byte(secret)) == 1
}

// issue returns a token that looks like a JWT; only the sandbox can check it.
func (t *tokens) issue(client string) (answer, error) {
	now := t.clock()
	claims, err := json.Marshal(object{"sub": client, "iat": now.Unix(), "exp": now.Add(tokenLife).Unix()})
	if err != nil {
		return answer{}, err
	}
	encode := base64.RawURLEncoding.EncodeToString
	token := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode(claims) + "." + encode([]byte(rand.Text()))
	t.remember(token, now)
	return reply(http.StatusOK, object{"access_token": token, "expires_in": int(tokenLife.Seconds()), "token_type": "Bearer"}), nil
}

// remember keeps the token, and drops expired ones.
func (t *tokens) remember(token string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for old, end := range t.issued {
		if !now.Before(end) {
			delete(t.issued, old)
		}
	}
	t.issued[token] = now.Add(tokenLife)
}

func (t *tokens) valid(token string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	end, ok := t.issued[token]
	return ok && t.clock().Before(end)
}
