// Package suggest tests the way from an unknown Suger to a working gateway: check
// --suggest drafts the mapping from the path of the list of users, an administrator
// edits a few lines, check --write tests the writes, and then the tests make Okta's
// requests and check Suger's data.
package suggest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/gateway"
	"suger-scim-gateway/internal/check"
	"suger-scim-gateway/internal/test/program"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
	"suger-scim-gateway/sugerclient"
)

// An api is a Suger under test.
type api struct {
	name         string
	organization string
	list         string
	tries        bool      // whether the check may try other usual methods
	edits        []edit    // edits by hand
	hasStatus    bool      // whether a user without access can still be read
	roles        [3]string // SCIM names of the roles of a new user, by attribute and by group
	start        func(t *testing.T) suger
}

// A suger is a running Suger.
type suger struct {
	handler http.Handler
	held    func(email string) string // roles and names of a user with access, or "none"
	seed    func(many int)            // adds people until there are many
}

// An edit replaces a piece of the draft that occurs exactly once. If old is empty, it
// appends lines.
type edit struct{ old, new string }

// lines returns how many lines an administrator types or deletes for the edit.
func (e edit) lines() int {
	old, changed := strings.Split(strings.Trim(e.old, "\n"), "\n"), strings.Split(strings.Trim(e.new, "\n"), "\n")
	n := 0
	for _, line := range changed {
		if line != "" && !slices.Contains(old, line) {
			n++
		}
	}
	if n == 0 {
		return len(old)
	}
	return n
}

func ofBackend(people int, api func(*backend) http.Handler) func(*testing.T) suger {
	return func(*testing.T) suger {
		b := newBackend(people)
		return suger{api(b), b.held, b.seed}
	}
}

func ofSandbox(contract string) func(*testing.T) suger {
	return func(t *testing.T) suger {
		s, err := sandbox.New(sandbox.Options{Contract: contract, Keys: []string{key}, People: 17})
		require.NoError(t, err)
		t.Cleanup(s.Close)
		held := func(email string) string {
			u, there := s.UserByEmail(email)
			if !there || u.Status == sandbox.StatusInactive {
				return "none"
			}
			roles := append([]string{u.Role}, u.OtherRoles...)
			for i, role := range roles {
				for _, r := range s.Roles() {
					if r.ID == role {
						roles[i] = r.Name
					}
				}
			}
			return strings.Join(roles, "+") + " " + u.FirstName + " " + u.LastName
		}
		return suger{s, held, func(many int) {
			for i := len(s.Users()); i < many; i++ {
				s.PutUser(sandbox.User{ID: fmt.Sprintf("SEEDED%03d", i), Email: fmt.Sprintf("seeded%03d@example.com", i),
					FirstName: "Seeded", LastName: fmt.Sprintf("Person%03d", i), Role: "VIEWER", Status: sandbox.StatusActive, CreationTime: time.Now().UTC(), JoinTime: time.Now().UTC()})
			}
		}}
	}
}

var standardRoles = [3]string{"VIEWER", "Finance", "EDITOR"}

var apis = []api{
	{name: "contract version 2", organization: sandbox.DefaultOrganization, start: ofSandbox("membership"), roles: standardRoles},
	{name: "variant status", organization: sandbox.DefaultOrganization, start: ofSandbox("status"), hasStatus: true, roles: standardRoles},
	{name: "variant envelope", organization: sandbox.DefaultOrganization, list: "/v2/organizations/{organization}/members", tries: true,
		start: ofSandbox("envelope"), hasStatus: true, roles: standardRoles},
	{name: "variant twostep", organization: sandbox.DefaultOrganization, start: ofSandbox("twostep"), roles: standardRoles},
	{name: "variant removal", organization: sandbox.DefaultOrganization, list: "/v1/workspaces/{organization}/users", tries: true, start: ofSandbox("removal"), roles: standardRoles},
	{name: "variant multirole", organization: sandbox.DefaultOrganization, list: "/v3/orgs/{organization}/users", tries: true, start: ofSandbox("multirole"), roles: standardRoles},
	{name: "pages", organization: "acme", list: "/api/v2/tenants/acme/people", start: ofBackend(30, pages), hasStatus: true,
		edits: []edit{
			{`access: {role: {key: "{role}", label: "{role.name}"}, state: "{status}"}`, `access: {state: "{status}"}`},
			{"  list roles:\n", "  set role: {call: \"PUT /api/v2/tenants/{organization}/people/{user}/role\", repeat: true, body: {role: \"{role}\"}}\n  list roles:\n"},
		},
		roles: [3]string{"Viewer", "Billing", "Editor"}},
	{name: "pages, with tries", organization: "acme", list: "/api/v2/tenants/acme/people", tries: true, start: ofBackend(30, pages), hasStatus: true, roles: [3]string{"Viewer", "Billing", "Editor"}},
	{name: "cursors", organization: "acme", list: "/rest/acme/accounts", tries: true, start: ofBackend(30, cursors), hasStatus: true, roles: [3]string{"viewer", "billing", "editor"}},
	{name: "graph", organization: "acme", list: "/graph/acme/members", start: ofBackend(30, graph), hasStatus: true, roles: [3]string{"Viewer", "Billing", "Editor"}},
	{name: "members", organization: "acme", list: "/v1/orgs/acme/memberships", start: ofBackend(35, members), roles: [3]string{"Viewer", "Billing", "Editor"}},
}

const mostEdits = 5

func TestSuggestedMappingServesOkta(t *testing.T) {
	for _, a := range apis {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			is := a.start(t)
			server := httptest.NewServer(is.handler)
			t.Cleanup(server.Close)
			config := a.config(t, server.URL)

			draft, report, err := check.Suggest(t.Context(), config)
			require.NoError(t, err)
			write(t, a.name, draft.String())
			source, edited := draft.String(), 0
			for _, e := range a.edits {
				if e.old != "" {
					require.Equal(t, 1, strings.Count(source, e.old), "%q must occur once in the draft:\n%s", e.old, source)
				}
				source = strings.Replace(source, e.old, e.new, 1)
				edited += e.lines()
			}
			assert.LessOrEqual(t, edited, mostEdits)
			if len(a.edits) == 0 {
				require.True(t, report.OK, "%s\n%s", reportText(report), source)
			}
			document, err := spec.Parse("draft.yaml", []byte(source))
			require.NoError(t, err, source)
			config.Document = document
			config.Service, err = mapping.New(document, config.Client, config.Settings)
			require.NoError(t, err)
			report = check.Run(t.Context(), config)
			require.True(t, report.OK, "%s\n%s", reportText(report), source)
			assert.Equal(t, "none", is.held(config.Write), "the check removes its user")

			handler := gateway.New(gateway.Config{Organization: a.organization, Now: time.Now, Version: "test"}, config.Service)
			scim := httptest.NewServer(handler)
			t.Cleanup(scim.Close)
			(&okta{t: t, url: scim.URL + "/scim/v2", api: &a, suger: is}).run()
			t.Logf("%s: %d lines edited", a.name, edited)
		})
	}
}

// config returns a check of the server that only knows the path of the list.
func (a *api) config(t *testing.T, address string) check.Config {
	client, err := sugerclient.New(sugerclient.Config{BaseURL: address, Attempts: 2, RefusedFor: -1, Backoff: time.Millisecond})
	require.NoError(t, err)
	config := check.Config{URL: address, Auth: "key", Caller: mapping.Caller{Organization: a.organization, Credential: key, RequestID: "proof"},
		Client: client, Settings: mapping.Config{AllowAdminGrant: true, Sleep: noSleep}, File: "draft.yaml", List: a.list, TryVerbs: a.tries,
		Write: "new.person@example.com", Patience: 50 * time.Millisecond}
	config.Document = mapping.DefaultDocument()
	config.Service, err = mapping.New(config.Document, client, config.Settings)
	require.NoError(t, err)
	return config
}

// The API answers errors with status 200, so a client that trusts the status misses
// unknown people, duplicates and unknown roles.
func TestErrorsAtStatus200(t *testing.T) {
	server := httptest.NewServer(cursors(newBackend(3)))
	t.Cleanup(server.Close)
	const whole = `{"login":%q,"fullName":"A B","roles":[%q],"disabled":false}`
	for _, test := range []struct{ method, path, body, code string }{
		{http.MethodGet, "/u9999", "", "not_found"},
		{http.MethodDelete, "/u9999", "", "not_found"},
		{http.MethodPost, "", fmt.Sprintf(whole, "person001@example.com", "viewer"), "exists"},
		{http.MethodPost, "", fmt.Sprintf(whole, "new@example.com", "emperor"), "invalid"},
		{http.MethodPut, "/u0002", fmt.Sprintf(whole, "person001@example.com", "emperor"), "invalid"},
		{http.MethodPut, "/u0002", `{"disabled":true}`, "incomplete"},
	} {
		request, err := http.NewRequestWithContext(t.Context(), test.method, server.URL+"/rest/acme/accounts"+test.path, strings.NewReader(test.body))
		require.NoError(t, err)
		request.Header.Set("Authorization", "Key "+key)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		var answer object
		require.NoError(t, json.NewDecoder(response.Body).Decode(&answer))
		require.NoError(t, response.Body.Close())
		assert.Equal(t, http.StatusOK, response.StatusCode)
		assert.Equal(t, test.code, text(answer, "error", "code"), "%s %s %s", test.method, test.path, test.body)
		assert.Equal(t, false, answer["ok"])
	}
}

// noSleep does not sleep: the backend lists an added user after a number of reads.
func noSleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }

func reportText(r *check.Report) string {
	var b strings.Builder
	for _, line := range r.Lines {
		b.WriteString(line.String())
	}
	return b.String()
}

// okta makes Okta's requests, and checks Suger's data after each.
type okta struct {
	t     *testing.T
	url   string
	api   *api
	suger suger
}

func (o *okta) ask(status int, method, path, body string, args ...any) map[string]any {
	o.t.Helper()
	if body == "" {
		request, err := http.NewRequestWithContext(o.t.Context(), method, o.url+path, nil)
		require.NoError(o.t, err)
		request.Header.Set("Authorization", "Bearer "+key)
		response, err := http.DefaultClient.Do(request)
		require.NoError(o.t, err)
		defer response.Body.Close()
		var answer map[string]any
		_ = json.NewDecoder(response.Body).Decode(&answer)
		require.Equal(o.t, status, response.StatusCode, "%s %s: %v", method, path, answer)
		return answer
	}
	got, answer := program.Ask(o.t, method, o.url+path, "Bearer "+key, fmt.Sprintf(body, args...))
	require.Equal(o.t, status, got, "%s %s: %v", method, path, answer)
	return answer
}

const address = "okta.person@example.com"

func (o *okta) lookup() []any {
	found, _ := o.ask(200, http.MethodGet, "/Users?filter="+url.QueryEscape(fmt.Sprintf("userName eq %q", address)), "")["Resources"].([]any)
	return found
}

func (o *okta) holds(role string) {
	o.t.Helper()
	assert.Equal(o.t, strings.ToLower(role+" Okta Person"), strings.ToLower(o.suger.held(address)))
}

func (o *okta) run() {
	newcomer, byAttribute, byGroup := o.api.roles[0], o.api.roles[1], o.api.roles[2]
	require.Empty(o.t, o.lookup())
	create := fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User",%q],"userName":%q,"active":true,"name":{"givenName":"Okta","familyName":"Person"},%q:{"role":%q}}`,
		mapping.URNSuger, address, mapping.URNSuger, newcomer)
	made := o.ask(201, http.MethodPost, "/Users", "%s", create)
	o.holds(newcomer)
	o.ask(409, http.MethodPost, "/Users", "%s", create)

	user := "/Users/" + made["id"].(string)
	shown := o.ask(200, http.MethodGet, user, "")
	echo, err := json.Marshal(shown)
	require.NoError(o.t, err)
	o.ask(200, http.MethodPut, user, "%s", echo)
	o.holds(newcomer)

	o.ask(200, http.MethodPatch, user, program.PatchMessage+`{"op":"replace","value":{%q:{"role":%q}}}]}`, mapping.URNSuger, byAttribute)
	o.holds(byAttribute)
	group := o.ask(200, http.MethodGet, "/Groups?filter="+url.QueryEscape(fmt.Sprintf("displayName eq %q", byGroup)), "")["Resources"].([]any)
	require.Len(o.t, group, 1)
	o.patchGroup("/Groups/"+group[0].(map[string]any)["id"].(string), made["id"].(string))
	if held := o.suger.held(address); !strings.Contains(held, "+") {
		o.holds(byGroup)
	} else {
		assert.Contains(o.t, strings.ToLower(held), strings.ToLower(byGroup))
	}

	o.ask(200, http.MethodPatch, user, program.PatchMessage+`{"op":"replace","value":{"active":false}}]}`)
	assert.Equal(o.t, "none", o.suger.held(address))
	if o.api.hasStatus {
		o.ask(200, http.MethodPatch, user, program.PatchMessage+`{"op":"replace","value":{"active":true}}]}`)
	} else {
		require.Empty(o.t, o.lookup())
		user = "/Users/" + o.ask(201, http.MethodPost, "/Users", "%s", create)["id"].(string)
	}
	assert.Contains(o.t, o.suger.held(address), "Okta Person")
	require.Len(o.t, o.lookup(), 1)

	o.importAll()

	o.ask(204, http.MethodDelete, user, "")
	assert.Equal(o.t, "none", o.suger.held(address))
	o.ask(404, http.MethodGet, user, "")
}

func (o *okta) patchGroup(group, member string) {
	body := program.PatchMessage + fmt.Sprintf(`{"op":"add","path":"members","value":[{"value":%q}]}]}`, member)
	request, err := http.NewRequestWithContext(o.t.Context(), http.MethodPatch, o.url+group, strings.NewReader(body))
	require.NoError(o.t, err)
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Content-Type", "application/scim+json")
	response, err := http.DefaultClient.Do(request)
	require.NoError(o.t, err)
	defer response.Body.Close()
	require.Less(o.t, response.StatusCode, 300)
}

// importAll reads all users page by page, as Okta's import does.
func (o *okta) importAll() {
	const people = 250
	o.suger.seed(people)
	seen := make(map[any]bool)
	for start, total := 1, 1; start <= total; {
		page := o.ask(200, http.MethodGet, fmt.Sprintf("/Users?startIndex=%d&count=100", start), "")
		total = int(page["totalResults"].(float64))
		require.Equal(o.t, people, total)
		rows := page["Resources"].([]any)
		require.NotEmpty(o.t, rows)
		for _, row := range rows {
			seen[row.(map[string]any)["id"]] = true
		}
		start += len(rows)
	}
	assert.Len(o.t, seen, people)
}

// write saves a draft for inspection, if SHOW_DRAFTS names a folder.
func write(t *testing.T, name, content string) {
	if folder := os.Getenv("SHOW_DRAFTS"); folder != "" {
		require.NoError(t, os.WriteFile(filepath.Join(folder, strings.ReplaceAll(name, " ", "-")+".yaml"), []byte(content), 0o600))
	}
}
