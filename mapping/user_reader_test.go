package mapping

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func readerService(t *testing.T) *suger {
	t.Helper()
	service, err := New(DefaultDocument(), nil, Config{})
	require.NoError(t, err)
	return service.open(Caller{Organization: "org1"})
}

func userRow(id, role string) []byte {
	return fmt.Appendf(nil, `{"id":%q,"email":"%s@example.com","firstName":"A","lastName":"B","userRole":%q}`, id, id, role)
}

// Keep drops the last rows, including those left out as unreadable.
func TestUserReaderKeeps(t *testing.T) {
	r := readerService(t).newUserReader(nil)
	for _, row := range [][]byte{userRow("u0", "VIEWER"), []byte(`7`), userRow("u2", "VIEWER"), []byte(`{"id":"u3"}`), userRow("u4", "VIEWER")} {
		require.NoError(t, r.Row(row))
	}
	for _, tt := range []struct{ keep, users, left int }{{5, 3, 2}, {4, 2, 2}, {3, 2, 1}, {2, 1, 1}, {1, 1, 0}, {0, 0, 0}} {
		r.Keep(tt.keep)
		assert.Len(t, r.usable, tt.users, tt.keep)
		assert.Len(t, r.left, tt.left, tt.keep)
	}
	require.NoError(t, r.Row(userRow("u9", "EDITOR")))
	assert.Equal(t, "u9", r.usable[0].id)
}

// An unchanged row of the next list shares the user in memory; a changed row is parsed
// again.
func TestListsShareTheirUsers(t *testing.T) {
	s := readerService(t)
	first := s.newUserReader(nil)
	for i := range 50 {
		require.NoError(t, first.Row(userRow(fmt.Sprint("u", i), "VIEWER")))
	}
	earlier := newSnapshot(s.model, first.usable, nil)
	second := s.newUserReader(earlier)
	for i := 49; i >= 0; i-- {
		role := "VIEWER"
		if i == 7 {
			role = "EDITOR"
		}
		require.NoError(t, second.Row(userRow(fmt.Sprint("u", i), role)))
	}
	later := newSnapshot(s.model, second.usable, nil)
	require.Len(t, later.users, 50)
	for _, u := range later.users {
		if u.id == "u7" {
			assert.Equal(t, "EDITOR", u.roles[0].id)
			assert.NotSame(t, earlier.byID("u7"), u)
			continue
		}
		assert.Same(t, earlier.byID(u.id), u)
	}
	assert.Equal(t, "VIEWER", earlier.byID("u7").roles[0].id, "the earlier list is unchanged")
}

// Each row is parsed independently of the rows before it.
func TestUserReaderReadsEachRowByItself(t *testing.T) {
	s := readerService(t)
	r := s.newUserReader(nil)
	rows := []string{
		string(userRow("u0", "ADMIN")), `{"id":"u1","email":"u1@example.com"}`, `null`, `7`, `[]`, `"{}"`, `{}`, `{"email":"x@example.com"}`,
		`{"id":12345678901234567890,"email":"n@example.com"}`, `{"id":"first","id":"last","email":"d@example.com","userRole":{"id":["\ud800"]}}`,
		"{\"id\":\"\xff\",\"email\":\"\\u00e9@example.com\",\"firstName\":null}", `{"id":"u9","email":"u9@example.com","userRole":"VIEWER"}`,
	}
	for _, row := range rows {
		record, err := Decode([]byte(row))
		require.NoError(t, err)
		want, wrong := s.model.readUser(record, s.Organization)
		usable, left := len(r.usable), len(r.left)
		require.NoError(t, r.Row([]byte(row)))
		if wrong != nil {
			require.Len(t, r.left, left+1, row)
			assert.EqualError(t, r.left[left].err, wrong.Error(), row)
			continue
		}
		require.Len(t, r.usable, usable+1, row)
		got := *r.usable[usable]
		got.row = 0
		assert.Equal(t, *want, got, row)
	}
}

// An id or an address that looks like a placeholder is sent as it is.
func TestValuesAreNoPlaceholders(t *testing.T) {
	query := map[string]string{"q": "{userName} {organization}", "none": "all"}
	want := map[string]string{"q": "{organization}@example.com org1", "none": "all"}
	assert.Equal(t, want, ids{"userName": "{organization}@example.com", "organization": "org1"}.fillAll(query))
}
