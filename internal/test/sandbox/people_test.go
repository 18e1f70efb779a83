package sandbox_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/test/sandbox"
)

// get makes a call without a network, for measurements.
func get(tb testing.TB, fake *sandbox.Sandbox, path string) {
	tb.Helper()
	request := httptest.NewRequestWithContext(tb.Context(), "GET", path, nil)
	request.Header.Set("Authorization", "Key "+testKey)
	recorder := httptest.NewRecorder()
	fake.ServeHTTP(recorder, request)
	require.Equal(tb, 200, recorder.Code)
}

func sample(t *testing.T, options sandbox.Options) *sandbox.Sandbox {
	t.Helper()
	options.Keys = []string{testKey}
	options.Contract = cmp.Or(options.Contract, "status")
	fake, err := sandbox.New(options)
	require.NoError(t, err)
	return fake
}

func TestSamplePeople(t *testing.T) {
	fake := sample(t, sandbox.Options{})
	users := fake.Users()
	require.Len(t, users, 25, "25 people by default")
	roles := make(map[string]int)
	for _, role := range fake.Roles() {
		roles[role.ID] = 0
	}
	for _, user := range users {
		assert.Regexp(t, `^[A-Za-z]+\.?[A-Za-z]*@example\.com$`, user.Email)
		assert.Regexp(t, `^[0-9A-Za-z]{9}$`, user.ID)
		roles[user.Role]++
	}
	assert.Len(t, roles, 5, "nobody has a role that is none")
	for id, holders := range roles {
		assert.NotZero(t, holders, "nobody has role %s", id)
	}
	for mailbox, want := range map[string][2]string{
		"admin": {sandbox.RoleAdmin, sandbox.StatusActive}, "editor": {sandbox.RoleEditor, sandbox.StatusActive}, "viewer": {sandbox.RoleViewer, sandbox.StatusActive},
		"mixed.case": {sandbox.RoleViewer, sandbox.StatusActive}, "invited": {sandbox.RoleViewer, sandbox.StatusInvited}, "former": {sandbox.RoleEditor, sandbox.StatusInactive},
	} {
		user, ok := fake.UserByEmail(mailbox + "@example.com")
		require.True(t, ok, mailbox)
		assert.Equal(t, want, [2]string{user.Role, user.Status}, mailbox)
		assert.Equal(t, user.Status == sandbox.StatusInactive, !user.DeactivationTime.IsZero(), mailbox)
	}
}

func TestSampleMembers(t *testing.T) {
	for _, contract := range []string{"membership", "documented", "twostep"} {
		fake := sample(t, sandbox.Options{Contract: contract, People: 16})
		members := fake.Users()
		require.Len(t, members, 7+16, contract)
		for i, user := range members {
			assert.Equal(t, sandbox.StatusActive, user.Status)
			assert.True(t, user.JoinTime.After(user.CreationTime))
			assert.True(t, i == 0 || user.JoinTime.After(members[i-1].JoinTime), "by the time they joined")
		}
		for mailbox, role := range map[string]string{"admin": "ADMIN", "editor": "EDITOR", "viewer": "VIEWER", "mixed.case": "VIEWER", "invited": "VIEWER"} {
			user, _ := fake.UserByEmail(mailbox + "@example.com")
			assert.Equal(t, role, user.Role, mailbox)
		}
		former, ok := fake.GlobalUser("former@example.com")
		assert.True(t, ok)
		assert.Equal(t, "Heather", former.FirstName)
		_, member := fake.UserByEmail("former@example.com")
		assert.False(t, member)
		both, ids := 0, make(map[string]bool)
		for _, user := range members {
			ids[user.ID] = true
		}
		for _, user := range fake.Members(sandbox.SecondOrganization) {
			if ids[user.ID] {
				both++
			}
		}
		assert.Equal(t, []int{4, 7}, []int{both, len(fake.Members(sandbox.SecondOrganization))}, "members of both, and of the second")
	}
}

func TestSampleIsDeterministic(t *testing.T) {
	options := sandbox.Options{Seed: 7, People: 700}
	assert.Equal(t, sample(t, options).Users(), sample(t, options).Users())
	assert.Equal(t, sample(t, options).Roles(), sample(t, options).Roles())
	other := sample(t, sandbox.Options{Seed: 8, People: 700})
	assert.NotEqual(t, sample(t, options).Users(), other.Users(), "another seed, another sandbox")
}

func TestOptionsAreChecked(t *testing.T) {
	key := []string{testKey}
	for name, options := range map[string]sandbox.Options{
		"no credential":       {},
		"empty key":           {Keys: []string{""}},
		"empty read key":      {ReadOnlyKeys: []string{""}},
		"no secret":           {Clients: map[string]string{"id": ""}},
		"no client id":        {Clients: map[string]string{"": "secret"}},
		"unknown contract":    {Keys: key, Contract: "other"},
		"an e-mail as domain": {Keys: key, Domains: []string{"a@example.com"}},
		"empty domain":        {Keys: key, Domains: []string{""}},
		"second organization": {Keys: key, Organization: sandbox.SecondOrganization},
	} {
		_, err := sandbox.New(options)
		assert.Error(t, err, name)
	}
	for _, contract := range sandbox.Contracts() {
		_, err := sandbox.New(sandbox.Options{Keys: key, Contract: contract})
		assert.NoError(t, err, contract)
	}
}

// emails returns those in a list of the status contract.
func emails(t *testing.T, body string) []string {
	t.Helper()
	var users []struct{ Email string }
	require.NoError(t, json.Unmarshal([]byte(body), &users))
	found := []string{}
	for _, user := range users {
		found = append(found, user.Email)
	}
	return found
}

func TestOffsetPaging(t *testing.T) {
	s := serve(t, func(o *sandbox.Options) { o.People = 1100 })
	var all []string
	for _, user := range s.Users() {
		all = append(all, user.Email)
	}
	require.Len(t, all, 1108)
	tests := []struct {
		name, query string
		want        []string
	}{
		{"1000 by default", "", all[:1000]},
		{"limit", "?limit=3", all[:3]},
		{"offset", "?offset=3&limit=2", all[3:5]},
		{"a limit beyond 1000 is cut in silence", "?limit=5000", all[:1000]},
		{"the last page is short", "?offset=1000", all[1000:]},
		{"past the end", "?offset=1108", []string{}},
		{"far past the end", "?offset=2147483647&limit=1000", []string{}},
		{"beyond any number of users", "?offset=9999999999", []string{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			answer := s.call(t, "GET", aUserList+test.query, "")
			require.Equal(t, 200, answer.status)
			assert.Equal(t, test.want, emails(t, answer.body))
		})
	}
	assert.Equal(t, "[]", s.call(t, "GET", aUserList+"?offset=1108", "").body, "not null")
}

func TestPageSizes(t *testing.T) {
	for contract, want := range map[string]struct {
		path, rows string
		most       int
	}{
		"envelope":  {"/v2/organizations/orgTest01/members?pageSize=9999", "users", 200},
		"removal":   {removalUsers + "?limit=9999", "users", 100},
		"multirole": {multiroleUsers + "?limit=9999", "items", 500},
	} {
		s := serve(t, func(o *sandbox.Options) { o.Contract, o.People = contract, 600 })
		var answer map[string]json.RawMessage
		require.NoError(t, json.Unmarshal([]byte(s.call(t, "GET", want.path, "").body), &answer))
		if contract == "envelope" {
			require.NoError(t, json.Unmarshal(answer["data"], &answer))
		}
		var rows []json.RawMessage
		require.NoError(t, json.Unmarshal(answer[want.rows], &rows))
		assert.Len(t, rows, want.most, contract)
	}
}

func TestAHundredThousandPeople(t *testing.T) {
	s := serve(t, func(o *sandbox.Options) { o.People = 100_000 })
	users := s.Users()
	require.Len(t, users, 100_008)
	ids, addresses := make(map[string]bool), make(map[string]bool)
	for i, user := range users {
		ids[user.ID], addresses[user.Email] = true, true
		if i > 0 && !user.CreationTime.After(users[i-1].CreationTime) {
			require.Fail(t, "creation times do not increase", user.Email)
		}
	}
	assert.Len(t, ids, len(users))
	assert.Len(t, addresses, len(users))
	last := emails(t, s.call(t, "GET", aUserList+"?offset=100000&limit=1000", "").body)
	assert.Len(t, last, 8)
	require.True(t, s.RemoveUser(users[50_000].ID))
	assert.Equal(t, []string{users[49_999].Email, users[50_001].Email},
		emails(t, s.call(t, "GET", aUserList+"?offset=49999&limit=2", "").body))
}

func BenchmarkListPage(b *testing.B) {
	fake, err := sandbox.New(sandbox.Options{Contract: "status", Organization: testOrg, Keys: []string{testKey}, People: 100_000})
	require.NoError(b, err)
	for i := 0; b.Loop(); i++ {
		get(b, fake, fmt.Sprintf("%s?limit=1000&offset=%d", aUserList, i%100*1000))
	}
}
