package mapping_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/internal/test/standin"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
	"suger-scim-gateway/sugerclient"
)

// standKey is the sandbox's API key, invented here.
const standKey = "stand-key-0123456789"

// A setup holds the options of a stand; tests change what they need.
type setup struct {
	sandbox  sandbox.Options
	document *spec.Document
	config   mapping.Config
}

// A stand is a mapping.Service on the Suger sandbox, connected over real HTTP. Its
// clock moves only when the test moves it.
type stand struct {
	t         *testing.T
	suger     *sandbox.Sandbox
	elsewhere *sandbox.Sandbox // another organization in the same Suger; see withElsewhere
	url       string
	setup     setup
	clock     *standin.Clock
	log       *logLines
	audit     *logLines
	observed  *observed
	before    atomic.Pointer[func(*http.Request)] // see onCall
	after     atomic.Pointer[func(*http.Request)] // see afterCall

	*actor // with the stand's own key
}

// newStand starts a stand with the sandbox's fixed sample users only.
func newStand(t *testing.T, changes ...func(*setup)) *stand {
	t.Helper()
	s := &stand{t: t, clock: standin.NewClock(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)),
		log: &logLines{}, audit: &logLines{}, observed: &observed{}}
	s.setup = setup{
		sandbox:  sandbox.Options{Contract: "status", Keys: []string{standKey, "second-" + standKey}, People: -1, Clock: s.clock.Now},
		document: mappingOf(t, "status"),
		config: mapping.Config{
			AllowAdminGrant: true, CreateRoles: true,
			LookupCache: 1000, LookupTTL: time.Hour, ListTTL: 10 * time.Second,
			Log: s.log.logger(), Audit: s.audit.logger(), Observer: s.observed, Now: s.clock.Now,
		},
	}
	for _, change := range changes {
		change(&s.setup)
	}
	var err error
	s.suger, err = sandbox.New(s.setup.sandbox)
	require.NoError(t, err)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if before := s.before.Load(); before != nil {
			(*before)(r)
		}
		if s.elsewhere != nil && strings.HasPrefix(r.URL.Path, "/org/elsewhere/") {
			s.elsewhere.ServeHTTP(w, r)
			return
		}
		after := s.after.Load()
		if after == nil {
			s.suger.ServeHTTP(w, r)
			return
		}
		answer := httptest.NewRecorder()
		func() {
			defer (*after)(r) // also when the sandbox aborts the connection
			s.suger.ServeHTTP(answer, r)
		}()
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	}))
	t.Cleanup(server.Close)
	t.Cleanup(s.suger.Close)
	s.url = server.URL
	s.actor = s.replica()
	return s
}

// replica returns another gateway with the same configuration and empty caches.
func (s *stand) replica() *actor {
	s.t.Helper()
	client, err := sugerclient.New(sugerclient.Config{
		BaseURL: s.url, Now: s.clock.Now, Timeout: time.Minute, Backoff: time.Nanosecond, Attempts: 3,
	})
	require.NoError(s.t, err)
	service, err := mapping.New(s.setup.document, client, s.setup.config)
	require.NoError(s.t, err)
	return &actor{t: s.t, service: service, caller: mapping.Caller{
		Organization: sandbox.DefaultOrganization, Credential: standKey, RequestID: "request-1",
	}}
}

// withElsewhere adds an organization "elsewhere", whose users have the same addresses,
// and returns an actor for it on the same service.
func (s *stand) withElsewhere() *actor {
	s.t.Helper()
	options := s.setup.sandbox
	options.Organization, options.Seed = "elsewhere", 7
	var err error
	s.elsewhere, err = sandbox.New(options)
	require.NoError(s.t, err)
	s.t.Cleanup(s.elsewhere.Close)
	return s.as(func(c *mapping.Caller) { c.Organization = "elsewhere" })
}

// calls returns the operations that Suger has received since it was last called.
func (s *stand) calls() []string {
	names := []string{}
	for _, call := range s.suger.Calls() {
		names = append(names, call.Operation)
	}
	s.suger.ResetCalls()
	return names
}

// onCall runs before each call, before Suger does anything.
func (s *stand) onCall(before func(r *http.Request)) { s.before.Store(&before) }

// afterCall runs after each call, once Suger has done the operation and before it
// answers.
func (s *stand) afterCall(after func(r *http.Request)) { s.after.Store(&after) }

// unavailableAfterWrite makes Suger answer 503 to everything after its next write.
func (s *stand) unavailableAfterWrite() {
	s.afterCall(func(r *http.Request) {
		if r.Method != http.MethodGet {
			s.fault(sandbox.Fault{Kind: sandbox.Status(503)})
		}
	})
}

// fault sets Suger's faults and clears all others.
func (s *stand) fault(faults ...sandbox.Fault) {
	s.t.Helper()
	require.NoError(s.t, s.suger.SetFaults(faults...))
}

// id returns the id of the sample user with this mailbox.
func (s *stand) id(mailbox string) string {
	s.t.Helper()
	user, ok := s.suger.UserByEmail(mailbox + "@example.com")
	require.True(s.t, ok, "there is no %s", mailbox)
	return user.ID
}

// state returns role and status of the sample user in Suger, "absent" if there is
// none.
func (s *stand) state(mailbox string) string {
	user, ok := s.suger.UserByEmail(mailbox + "@example.com")
	if !ok {
		return "absent"
	}
	return s.roleName(user.Role) + " " + user.Status
}

func (s *stand) roleName(id string) string {
	for _, r := range s.suger.Roles() {
		if r.ID == id {
			return r.Name
		}
	}
	return id
}

// roleID returns the id of the role with this name.
func (s *stand) roleID(name string) string {
	s.t.Helper()
	for _, r := range s.suger.Roles() {
		if r.Name == name {
			return r.ID
		}
	}
	require.Fail(s.t, "no role", name)
	return ""
}

// put writes a user directly into Suger.
func (s *stand) put(mailbox, role, status string) sandbox.User {
	return s.suger.PutUser(sandbox.User{Email: mailbox + "@example.com", FirstName: "Iris", LastName: "Sample", Role: role, Status: status})
}

// assertCode checks that an error is a SCIM error with this code.
func assertCode(t *testing.T, code scim.Code, err error) {
	t.Helper()
	var e *scim.Error
	if assert.ErrorAs(t, err, &e) {
		assert.Equal(t, code, e.Code, "%v", err)
	}
}

// numbered returns a mailbox for the i-th of many users.
func numbered(i int) string { return "m" + strconv.Itoa(i) }

// withoutOperation returns the status mapping without an operation.
func withoutOperation(t *testing.T, name string) func(*setup) {
	t.Helper()
	document := withChanges(t, func(doc *spec.Document) {
		switch name {
		case "get user":
			doc.Operations.GetUser = nil
		case "list roles":
			doc.Operations.ListRoles = nil
		case "add role":
			doc.Operations.AddRole = nil
		case "update role":
			doc.Operations.UpdateRole = nil
		case "remove role":
			doc.Operations.RemoveRole = nil
		case "remove user":
			doc.Operations.RemoveUser = nil
		default:
			require.Fail(t, "no such operation", name)
		}
	})
	return func(u *setup) { u.document = document }
}

// withChanges returns the status mapping with changes.
func withChanges(t *testing.T, change func(*spec.Document)) *spec.Document {
	t.Helper()
	document := mappingOf(t, "status")
	change(document)
	return document
}

// pagesOfTen makes lists come in pages of ten.
func pagesOfTen(t *testing.T) func(*setup) {
	t.Helper()
	document := withChanges(t, func(doc *spec.Document) { doc.Operations.ListUsers.Paging.Size = 10 })
	return func(u *setup) { u.document = document }
}

// endedByRemoval uses a mapping in which only removal ends access.
func endedByRemoval(t *testing.T) func(*setup) {
	t.Helper()
	document := withChanges(t, func(doc *spec.Document) { doc.Access.End.Way = spec.ByRemoval })
	return func(u *setup) { u.document = document }
}
