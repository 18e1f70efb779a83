package mapping_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
	"suger-scim-gateway/sugerclient"
)

// smallMapping describes a smallServer; tests add their own settings.
const smallMapping = `version: 1
operations:
  list users:
    call: GET /people
    items: people
  add user:
    call: POST /people
    body: {mail: "{userName}", role: "{role}"}
  update user:
    call: PATCH /people/{user}
    body: {role: "{role}"}
  remove user: DELETE /people/{user}
user:
  id: id
  attributes: {userName: {field: mail, write: create}}
  roles: {field: role}
role:
  known: [{name: Boss, id: boss, administrator: true}, {name: Guest, id: guest}]
  precedence: [Boss, Guest]
  default: Guest
access: {end: remove user}
`

// A smallPerson is a member of a smallServer's organization.
type smallPerson struct {
	ID   string `json:"id"`
	Mail string `json:"mail"`
	Role string `json:"role,omitempty"`
}

// A smallServer is a Suger with a single list. If answer is set and returns true, it
// has answered the request itself.
type smallServer struct {
	t      *testing.T
	mu     sync.Mutex
	people []smallPerson
	calls  []string
	slept  []time.Duration
	answer func(w http.ResponseWriter, r *http.Request, call string) bool
}

// newSmall starts a smallServer with a boss and a guest, and a service that uses the
// mapping source.
func newSmall(t *testing.T, source string) (*smallServer, *actor) {
	t.Helper()
	s := &smallServer{t: t, people: []smallPerson{{"p1", "boss@example.com", "boss"}, {"p2", "guest@example.com", "guest"}}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	client, err := sugerclient.New(sugerclient.Config{BaseURL: server.URL, Attempts: 1})
	require.NoError(t, err)
	document, err := spec.Parse("small.yaml", []byte(source))
	require.NoError(t, err)
	service, err := mapping.New(document, client, mapping.Config{
		AllowAdminGrant: true, Sleep: func(_ context.Context, d time.Duration) error { s.slept = append(s.slept, d); return nil },
	})
	require.NoError(t, err)
	return s, &actor{t: t, service: service, caller: mapping.Caller{Organization: "org1", Credential: standKey}}
}

// small returns smallMapping with one replacement.
func small(old, new string) string { return strings.Replace(smallMapping, old, new, 1) }

func (s *smallServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	call := r.Method + " " + r.RequestURI
	s.calls = append(s.calls, call)
	if s.answer != nil && s.answer(w, r, call) {
		return
	}
	id := strings.TrimPrefix(r.URL.Path, "/people/")
	var body smallPerson
	_ = json.NewDecoder(r.Body).Decode(&body) // a GET has no body
	switch r.Method {
	case http.MethodPost:
		body.ID = fmt.Sprintf("p%d", len(s.people)+1)
		s.people = append(s.people, body)
		s.reply(w, body)
	case http.MethodDelete, http.MethodPatch:
		for i, p := range s.people {
			if p.ID == id && r.Method == http.MethodPatch {
				s.people[i].Role = body.Role
			} else if p.ID == id {
				s.people = append(s.people[:i:i], s.people[i+1:]...)
			}
		}
	default:
		s.reply(w, map[string]any{"people": s.people})
	}
}

// reply answers with JSON.
func (s *smallServer) reply(w http.ResponseWriter, value any) {
	require.NoError(s.t, json.NewEncoder(w).Encode(value))
}

// takeCalls returns the calls since it was last called.
func (s *smallServer) takeCalls() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := s.calls
	s.calls = nil
	return calls
}
