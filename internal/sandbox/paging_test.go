package sandbox_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/sandbox"
)

// emails are those in a list of the working contract.
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
	s := serve(t, nil)
	s.AddPeople(100_000)
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
	fake, err := sandbox.New(sandbox.Options{Organization: testOrg, Keys: []string{testKey}, People: 100_000})
	require.NoError(b, err)
	for i := 0; b.Loop(); i++ {
		get(b, fake, fmt.Sprintf("%s?limit=1000&offset=%d", aUserList, i%100*1000))
	}
}
