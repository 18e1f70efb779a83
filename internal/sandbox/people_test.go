package sandbox_test

import (
	"net/http/httptest"
	"regexp"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/sandbox"
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

func TestSampleIsDeterministic(t *testing.T) {
	options := sandbox.Options{Seed: 7, People: 700}
	assert.Equal(t, sample(t, options).Users(), sample(t, options).Users())
	assert.Equal(t, sample(t, options).Roles(), sample(t, options).Roles())
	other := sample(t, sandbox.Options{Seed: 8, People: 700})
	assert.NotEqual(t, sample(t, options).Users(), other.Users(), "another seed, another sandbox")
}

func TestCustomRoleIDsAreOpaque(t *testing.T) {
	opaque := regexp.MustCompile(`^[0-9A-Za-z]{9}$`)
	fake := sample(t, sandbox.Options{})
	for _, role := range fake.Roles()[3:] {
		assert.Regexp(t, opaque, role.ID, role.Name)
		assert.Equal(t, sandbox.TypeCustom, role.Type)
	}
}

func TestMemoryOfAHundredThousand(t *testing.T) {
	fake := sample(t, sandbox.Options{People: -1})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	fake.AddPeople(100_000)
	runtime.GC()
	runtime.ReadMemStats(&after)
	used := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	t.Logf("%d MB", used>>20)
	assert.Less(t, used, int64(80<<20))
	get(t, fake, "/org/sandboxed/user?offset=99999")
}

func TestOptionsAreChecked(t *testing.T) {
	key := []string{testKey}
	for name, options := range map[string]sandbox.Options{
		"no credential":       {},
		"empty key":           {Keys: []string{""}},
		"empty read key":      {ReadOnlyKeys: []string{""}},
		"no secret":           {Clients: map[string]string{"id": ""}},
		"no client id":        {Clients: map[string]string{"": "secret"}},
		"negative seats":      {Keys: key, Seats: -1},
		"unknown contract":    {Keys: key, Contract: "other"},
		"an e-mail as domain": {Keys: key, Domains: []string{"a@example.com"}},
		"empty domain":        {Keys: key, Domains: []string{""}},
	} {
		_, err := sandbox.New(options)
		assert.Error(t, err, name)
	}
	for _, contract := range sandbox.Contracts() {
		_, err := sandbox.New(sandbox.Options{Keys: key, Contract: contract})
		assert.NoError(t, err, contract)
	}
}
