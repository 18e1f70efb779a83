package mapping_test

import (
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
	"suger-scim-gateway/sugerclient"
)

// newCommands starts a commandServer and a service that uses variants/commands.yaml.
func newCommands(t *testing.T) (*commandServer, *actor) {
	t.Helper()
	return newCommandsWith(t, mappingOf(t, "commands"))
}

// newCommandsWith does the same with another mapping.
func newCommandsWith(t *testing.T, document *spec.Document) (*commandServer, *actor) {
	t.Helper()
	now := func() time.Time { return time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC) }
	suger := &commandServer{t: t, now: now}
	for i := range 120 {
		role := 3
		if i < 2 {
			role = i + 1
		}
		suger.people = append(suger.people, &commandPerson{
			Number: 100 + i, Mail: fmt.Sprintf("person%d@example.com", i), Names: commandNames{"Iris", "Sample"},
			Title: "Keeper", Grants: []commandGrant{{role}}, Joined: int64(1_700_000_000 + i),
		})
	}
	server := httptest.NewServer(suger)
	t.Cleanup(server.Close)
	client, err := sugerclient.New(sugerclient.Config{BaseURL: server.URL})
	require.NoError(t, err)
	service, err := mapping.New(document, client, mapping.Config{AllowAdminGrant: true, CreateRoles: true, Now: now})
	require.NoError(t, err)
	return suger, &actor{t: t, service: service, caller: mapping.Caller{Organization: commandTenant, Credential: standKey}}
}

func TestCommandsReads(t *testing.T) {
	suger, a := newCommands(t)
	list, err := a.listUsers("")
	require.NoError(t, err)
	assert.Equal(t, 120, list.TotalResults)
	assert.Equal(t, []string{"/rpc/people.list", "/rpc/people.list", "/rpc/people.list"}, suger.takeCalls(), "reads pages 0, 1 and 2")

	got, err := a.getUser("101")
	require.NoError(t, err)
	assert.Equal(t, scim.Resource{
		"schemas": []any{scim.URNUser, mapping.URNSuger}, "id": "101", "userName": "person1@example.com", "title": "Keeper",
		"name":           map[string]any{"givenName": "Iris", "familyName": "Sample", "formatted": "Iris Sample"},
		"displayName":    "Iris Sample",
		"emails":         []any{map[string]any{"value": "person1@example.com", "type": "work", "primary": true}},
		"active":         true,
		"roles":          []any{map[string]any{"value": "2", "display": "Seller", "type": "suger", "primary": true}},
		"groups":         []any{map[string]any{"value": "2", "display": "Seller"}},
		"meta":           map[string]any{"resourceType": "User", "created": "2023-11-14T22:13:21.000Z", "version": got.Version()},
		mapping.URNSuger: map[string]any{"organizationId": commandTenant, "role": "Seller", "status": "0"},
	}, got)
	groups, err := a.listGroups("")
	require.NoError(t, err)
	assert.Equal(t, 3, groups.TotalResults)
	_, err = a.getUser("999")
	assertCode(t, scim.CodeNotFound, err)
}

func TestCommandsWrites(t *testing.T) {
	suger, a := newCommands(t)
	created, err := a.postUser(`{"userName":"nova@example.com","name":{"givenName":"Nova","familyName":"Quill"},"title":"Sailor","roles":["Seller"]}`)
	require.NoError(t, err)
	assert.Equal(t, commandPerson{Number: 220, Mail: "nova@example.com", Names: commandNames{"Nova", "Quill"}, Title: "Sailor",
		Grants: []commandGrant{{2}}, Joined: 1772442000}, suger.person("nova@example.com"))
	assert.Equal(t, "220", created.ID())

	tests := []struct {
		name, operation string
		want            func(*commandPerson)
	}{
		{"one name, with everything else sent too", `{"op":"replace","path":"name.givenName","value":"Novella"}`,
			func(p *commandPerson) { p.Names.First = "Novella" }},
		{"emptied attribute", `{"op":"remove","path":"title"}`, func(p *commandPerson) { p.Title = "" }},
		{"additional role", `{"op":"add","path":"roles","value":[{"value":"3"}]}`, func(p *commandPerson) { p.Grants = []commandGrant{{2}, {3}} }},
		{"single role, by name", roleTo("reader"), func(p *commandPerson) { p.Grants = []commandGrant{{3}} }},
		{"deactivation, with its time", deactivation, func(p *commandPerson) { p.Suspended = 1772442000 }},
		{"reactivation", reactivation, func(p *commandPerson) { p.Suspended = 0 }},
		{"new address", `{"op":"replace","path":"userName","value":"novella@example.com"}`, func(p *commandPerson) { p.Mail = "novella@example.com" }},
	}
	want := suger.person("nova@example.com")
	for _, test := range tests {
		got, err := a.patchUser("220", test.operation)
		require.NoError(t, err, test.name)
		test.want(&want)
		assert.Equal(t, want, suger.person(want.Mail), test.name)
		assert.Equal(t, want.Suspended == 0, got["active"], test.name)
	}
	_, err = a.patchGroup("1", membersOp("add", "220"))
	require.NoError(t, err)
	assert.Equal(t, []commandGrant{{3}, {1}}, suger.person(want.Mail).Grants)
	_, err = a.patchGroup("3", `{"op":"remove","path":"members[value eq \"220\"]"}`)
	require.NoError(t, err)
	assert.Equal(t, []commandGrant{{1}}, suger.person(want.Mail).Grants)
	_, err = a.patchGroup("1", `{"op":"remove","path":"members[value eq \"220\"]"}`)
	require.NoError(t, err)
	assert.Equal(t, []commandGrant{}, suger.person(want.Mail).Grants, "no role is an empty list")
}

func TestCommandsRefusesUnsupportedChanges(t *testing.T) {
	_, a := newCommands(t)
	assertCode(t, scim.CodeUnsupported, a.deleteUser("101"))
	_, err := a.postGroup(withMembers("Partners"))
	assertCode(t, scim.CodeRoleCreateRefused, err)
	_, err = a.patchUser("101", roleTo("Partners"))
	assertCode(t, scim.CodeUnknownRole, err)
	_, err = a.patchUser("100", deactivation)
	assertCode(t, scim.CodeLastAdmin, err)
}
