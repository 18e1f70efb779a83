package sandbox

import (
	"net/http"
	"strings"
)

// access is what a credential lets its bearer do.
type access int

const (
	nothing access = iota
	readOnly
	everything
)

func accessByKey(options Options) map[string]access {
	keys := make(map[string]access)
	for _, key := range options.ReadOnlyKeys {
		keys[key] = readOnly
	}
	for _, key := range options.Keys {
		keys[key] = everything
	}
	return keys
}

// authorize reads the Authorization header: "Key …" for an API key, "Bearer …"
// for a token of ours, in exactly this spelling
// (doc.suger.io/get-started/api-client).
func (s *Sandbox) authorize(r *http.Request, rt *route) error {
	granted := nothing
	scheme, credential, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	switch scheme {
	case "Key":
		granted = s.keys[credential]
	case "Bearer":
		if s.tokens.valid(credential) {
			granted = everything
		}
	}
	if granted == nothing {
		return refuse(401, "unauthorized")
	}
	if granted == readOnly && rt.writes() {
		return refuse(403, "the API client is not allowed to do this")
	}
	return nil
}
