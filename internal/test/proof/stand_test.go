// Package proof tests the whole gateway, from SCIM over HTTP to Suger over HTTP: every
// fault of the sandbox at every SCIM request, and overload. It also counts the calls
// to Suger and compares docs/performance.md with them. Package simulation tests mixed
// traffic.
package proof

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"suger-scim-gateway/gateway"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/internal/test/standin"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
	"suger-scim-gateway/sugerclient"
)

// key is the sandbox's API key, invented here.
const key = "proof-key-0123456789"

// userAgentOfOkta is Okta's User-Agent.
const userAgentOfOkta = "Okta SCIM Client 1.0.0"

// A setup is the configuration of a stand; tests change what they need.
type setup struct {
	sandbox  sandbox.Options
	document *spec.Document
	client   sugerclient.Config
	mapping  mapping.Config
	gateway  gateway.Config
	network  *standin.Network // replaces sockets, if set
}

// A stand is a Suger sandbox behind gateways, connected by real HTTP. Over sockets the
// gateway does not sleep between attempts: the clock advances instead.
type stand struct {
	suger *sandbox.Sandbox
	setup setup
	clock *leapingClock
	began time.Time
	http  *http.Client    // connects to the gateways
	url   string          // URL of the first gateway, with the SCIM prefix
	ids   map[string]bool // ids of the initial users and roles
}

func newStand(t testing.TB, changes ...func(*setup)) *stand {
	t.Helper()
	s := &stand{clock: &leapingClock{}, began: time.Now(), ids: make(map[string]bool)}
	s.setup = setup{
		sandbox:  sandbox.Options{Keys: []string{key}, People: -1, Clock: s.clock.Now},
		document: mapping.DefaultDocument(),
		client:   sugerclient.Config{Now: s.clock.Now, Sleep: s.clock.sleep},
		mapping: mapping.Config{
			AllowAdminGrant: true, CreateRoles: true,
			LookupCache: 10000, LookupTTL: time.Hour, ListTTL: 10 * time.Second, Now: s.clock.Now,
		},
		gateway: gateway.Config{Organization: sandbox.DefaultOrganization, Budget: gateway.DefaultBudget, Now: s.clock.Now},
	}
	for _, change := range changes {
		change(&s.setup)
	}
	s.http = http.DefaultClient
	if s.setup.network != nil {
		s.http = &http.Client{Transport: &http.Transport{DialContext: s.setup.network.Dial}}
		s.setup.client.Transport = s.http.Transport
	}
	var err error
	s.suger, err = sandbox.New(s.setup.sandbox)
	require.NoError(t, err)
	for _, user := range s.suger.Users() {
		s.ids[user.ID] = true
	}
	for _, role := range s.suger.Roles() {
		s.ids[role.ID] = true
	}
	s.setup.client.BaseURL = s.serve(t, s.suger)
	t.Cleanup(s.suger.Close) // before the server, which waits for hanging answers
	s.url = s.newGateway(t)
	return s
}

// inMemory is for a testing/synctest bubble, where time passes only while all
// goroutines wait: the network is in memory, and waits are real.
func inMemory(u *setup) { u.network, u.client.Sleep = new(standin.Network), nil }

// waited returns how long the requests of the stand have waited: in memory the whole
// time, over sockets the time between attempts.
func (s *stand) waited() time.Duration {
	if s.setup.network != nil {
		return time.Since(s.began)
	}
	return s.clock.total()
}

// between puts a handler between Suger and a new gateway.
func (s *stand) between(t testing.TB, handler func(suger http.Handler) http.Handler) {
	t.Helper()
	s.setup.client.BaseURL = s.serve(t, handler(s.suger))
	s.url = s.newGateway(t)
}

// statusContract is the contract whose users have a status and whose list has pages,
// here of five users, with its mapping.
func statusContract(u *setup) {
	document, err := smallPages()
	if err != nil {
		panic(err) // reads a file of this project
	}
	u.sandbox.Contract, u.document = "status", document
}

var smallPages = sync.OnceValues(func() (*spec.Document, error) {
	source, err := os.ReadFile(filepath.Join("..", "..", "..", "mapping", "variants", "status.yaml"))
	if err != nil {
		return nil, err
	}
	return spec.Parse("small pages", []byte(strings.Replace(string(source), "size: 1000", "size: 5", 1)))
})

// newGateway starts a new gateway and returns the base URL of its SCIM service.
func (s *stand) newGateway(t testing.TB) string {
	t.Helper()
	client, err := sugerclient.New(s.setup.client)
	require.NoError(t, err)
	service, err := mapping.New(s.setup.document, client, s.setup.mapping)
	require.NoError(t, err)
	handler := gateway.New(s.setup.gateway, service)
	return s.serve(t, handler) + "/scim/v2"
}

// serve serves a handler until the test ends.
func (s *stand) serve(t testing.TB, handler http.Handler) string {
	if s.setup.network == nil {
		return serve(t, httptest.NewUnstartedServer(handler))
	}
	return serve(t, &httptest.Server{Listener: s.setup.network.Listen(), Config: &http.Server{Handler: handler}})
}

// serve starts a server that runs until the test ends. It discards net/http's log
// about connections broken by faults.
func serve(t testing.TB, server *httptest.Server) string {
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Start()
	t.Cleanup(server.Close)
	return server.URL
}

// leapingClock is the real time plus the time slept; sleeping takes no real time.
type leapingClock struct {
	mu    sync.Mutex
	slept time.Duration
}

func (c *leapingClock) Now() time.Time { return time.Now().Add(c.total()) }

func (c *leapingClock) total() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.slept
}

func (c *leapingClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.slept += d
}

func (c *leapingClock) sleep(ctx context.Context, d time.Duration) error {
	c.advance(d)
	return ctx.Err()
}

// A request is a SCIM request.
type request struct {
	method, path, body string
	agent              string // User-Agent, "" for an unknown client
}

// An answer is the response to a request.
type answer struct {
	status int
	header http.Header
	text   string
	body   map[string]any // nil if there is none
}

// do sends a request to the first gateway.
func (s *stand) do(t testing.TB, r request) answer {
	t.Helper()
	got, err := s.try(t.Context(), r, key)
	require.NoError(t, err)
	return got
}

func (s *stand) try(ctx context.Context, r request, token string) (got answer, err error) {
	sent, err := http.NewRequestWithContext(ctx, r.method, s.url+r.path, strings.NewReader(r.body))
	if err != nil {
		return got, err
	}
	sent.Header.Set("Authorization", "Bearer "+token)
	sent.Header.Set("Content-Type", "application/scim+json")
	if r.agent != "" {
		sent.Header.Set("User-Agent", r.agent)
	}
	response, err := s.http.Do(sent)
	if err != nil {
		return got, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return got, err
	}
	got = answer{status: response.StatusCode, header: response.Header, text: string(text)}
	if len(text) > 0 {
		err = json.Unmarshal(text, &got.body)
	}
	return got, err
}

const (
	userSchema  = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupSchema = "urn:ietf:params:scim:schemas:core:2.0:Group"
	patchSchema = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	bulkSchema  = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
	extension   = "urn:ietf:params:scim:schemas:extension:suger:2.0:User"
)

// A scimRequest is one kind of SCIM request about the sample users. Together they use
// every operation of the mapping.
type scimRequest struct {
	name string
	make func(t testing.TB, s *stand) request
}

var scimRequests = []scimRequest{
	{"read a user", func(t testing.TB, s *stand) request { return get("/Users/" + s.id(t, "viewer")) }},
	{"look a user up", func(testing.TB, *stand) request { return lookup("editor@example.com") }},
	{"look an unknown user up", func(testing.TB, *stand) request { return lookup("nobody@example.com") }},
	{"list users", func(testing.TB, *stand) request { return get("/Users?startIndex=1&count=100") }},
	{"filter users", func(testing.TB, *stand) request { return search("/Users", `active eq false`) }},
	{"create a user", func(testing.TB, *stand) request { return create("nova@example.com", "EDITOR") }},
	{"create a former user", func(testing.TB, *stand) request {
		r := create("former@example.com", "VIEWER") // with the names that Suger keeps
		r.body = strings.NewReplacer("Nova", "Heather", "Notch", "Harbor").Replace(r.body)
		return r
	}},
	{"replace a user", func(t testing.TB, s *stand) request {
		return request{method: http.MethodPut, path: "/Users/" + s.id(t, "viewer"), body: person("viewer@example.com", "EDITOR")}
	}},
	{"change a role", func(t testing.TB, s *stand) request {
		return patch("/Users/"+s.id(t, "viewer"), `{"op":"replace","path":"`+extension+`:role","value":"Finance"}`)
	}},
	{"deactivate", func(t testing.TB, s *stand) request {
		return patch("/Users/"+s.id(t, "viewer"), `{"op":"replace","value":{"active":false}}`)
	}},
	{"reactivate", func(t testing.TB, s *stand) request {
		return patch("/Users/"+s.id(t, "former"), `{"op":"replace","value":{"active":true}}`)
	}},
	{"delete a user", func(t testing.TB, s *stand) request {
		return request{method: http.MethodDelete, path: "/Users/" + s.id(t, "viewer")}
	}},
	{"list groups", func(testing.TB, *stand) request { return get("/Groups?startIndex=1&count=100") }},
	{"read a group", func(t testing.TB, s *stand) request { return get("/Groups/" + s.roleID(t, "Finance")) }},
	{"create a group", func(t testing.TB, s *stand) request {
		return request{method: http.MethodPost, path: "/Groups", body: group("Partners", s.id(t, "viewer"))}
	}},
	{"add members", func(t testing.TB, s *stand) request {
		return patch("/Groups/EDITOR", `{"op":"add","path":"members","value":[`+members(s.id(t, "viewer"), s.id(t, "Mixed.Case"))+`]}`)
	}},
	{"remove a member", func(t testing.TB, s *stand) request {
		return patch("/Groups/EDITOR", `{"op":"remove","path":"members[value eq \"`+s.id(t, "editor")+`\"]"}`)
	}},
	{"replace a group", func(t testing.TB, s *stand) request {
		finance := s.roleID(t, "Finance")
		return request{method: http.MethodPut, path: "/Groups/" + finance, body: group("Treasury", s.id(t, "viewer"))}
	}},
	{"delete a group", func(t testing.TB, s *stand) request {
		return request{method: http.MethodDelete, path: "/Groups/" + s.roleID(t, "Finance")}
	}},
	{"list roles", func(testing.TB, *stand) request { return get("/Roles") }},
	{"query the root", func(testing.TB, *stand) request { return get("/?startIndex=1&count=100") }},
	{"bulk", func(t testing.TB, s *stand) request {
		return request{method: http.MethodPost, path: "/Bulk", body: fmt.Sprintf(`{"schemas":[%q],"Operations":[`+
			`{"method":"POST","path":"/Users","bulkId":"nova","data":%s},`+
			`{"method":"PATCH","path":"/Users/%s","data":{"schemas":[%q],"Operations":[{"op":"replace","value":{"active":false}}]}}]}`,
			bulkSchema, person("nova@example.com", "EDITOR"), s.id(t, "viewer"), patchSchema)}
	}},
}

func get(path string) request { return request{method: http.MethodGet, path: path} }

func search(path, filter string) request {
	return get(path + "?" + url.Values{"filter": {filter}, "startIndex": {"1"}, "count": {"100"}}.Encode())
}

func lookup(email string) request { return search("/Users", fmt.Sprintf("userName eq %q", email)) }

func create(email, role string) request {
	return request{method: http.MethodPost, path: "/Users", body: person(email, role)}
}

func person(email, role string) string {
	return fmt.Sprintf(`{"schemas":[%q,%q],"userName":%q,"name":{"givenName":"Nova","familyName":"Notch"},"active":true,%q:{"role":%q}}`,
		userSchema, extension, email, extension, role)
}

func patch(path, operation string) request {
	return request{method: http.MethodPatch, path: path, body: fmt.Sprintf(`{"schemas":[%q],"Operations":[%s]}`, patchSchema, operation)}
}

func group(name string, ids ...string) string {
	return fmt.Sprintf(`{"schemas":[%q],"displayName":%q,"members":[%s]}`, groupSchema, name, members(ids...))
}

func members(ids ...string) string {
	text := ""
	for i, id := range ids {
		if i > 0 {
			text += ","
		}
		text += fmt.Sprintf(`{"value":%q}`, id)
	}
	return text
}

// id returns the id of a sample user, who may have left.
func (s *stand) id(t testing.TB, mailbox string) string {
	user, member := s.suger.UserByEmail(mailbox + "@example.com")
	if member {
		return user.ID
	}
	former, known := s.suger.GlobalUser(mailbox + "@example.com")
	require.True(t, known, mailbox)
	return former.ID
}

func (s *stand) roleID(t testing.TB, name string) string {
	for _, role := range s.suger.Roles() {
		if role.Name == name {
			return role.ID
		}
	}
	require.Fail(t, "Suger has no role "+name)
	return ""
}
