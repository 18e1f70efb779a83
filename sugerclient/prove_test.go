package sugerclient

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestProve(t *testing.T) {
	tests := []struct {
		name   string
		answer http.HandlerFunc
		kind   Kind // "" if the credential is proven
	}{
		{"a list", say(200, ` [{"id":"u1"}]`), ""},
		{"no rows", say(200, `[]`), ""},
		{"many rows", say(200, `[{"id":"u1"},{"id":"u2"},secret]`), ""},
		{"an object", say(200, `{"data":[]}`), ""},
		{"refused", say(401, `"unknown"`), Refused},
		{"of another organization", say(403, ``), Refused},
		{"a login page", say(200, `<html>`), Unreadable},
		{"nothing", say(200, ``), Unreadable},
		{"broken", say(500, ``), Unavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, tt.answer)
			client, _ := newClient(t, s.URL, func(cfg *Config) { cfg.Attempts = 1 })
			err := client.Prove(t.Context(), testKey, listUsers, Paging{Style: ByOffset, Size: 3, Limit: "limit", Offset: "offset"})
			if tt.kind == "" {
				require.NoError(t, err)
			} else {
				assert.Equal(t, tt.kind, failure(t, err).Kind)
			}
			assert.Equal(t, []string{"/org/org1/user?limit=1&offset=0"}, s.uris())
		})
	}
}

// A refused proof is remembered for proofs alone: other calls get Suger's own answer.
func TestRefusedProofRefusesNothingElse(t *testing.T) {
	for _, status := range []int{400, 403, 404, 409} {
		refuses := true
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if refuses {
				w.WriteHeader(status)
				return
			}
			say(200, `[]`)(w, r)
		})
		client, _ := newClient(t, s.URL)
		require.Error(t, client.Prove(t.Context(), testKey, listUsers, Paging{}))
		refuses = false
		require.Error(t, client.Prove(t.Context(), testKey, listUsers, Paging{}), "it is remembered")
		_, err := client.Do(t.Context(), testKey, listUsers)
		require.NoError(t, err)
		require.NoError(t, client.Prove(t.Context(), testKey, listUsers, Paging{}), "the account is accepted now")
	}
}

// A list that comes whole may be long: only its beginning is read.
func TestProveReadsTheBeginningOnly(t *testing.T) {
	const most = 64 << 20
	stopped := make(chan int, 1)
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		sent := 0
		_, err := io.WriteString(w, "[")
		for row := []byte(`{"id":"` + strings.Repeat("x", 1000) + `"},`); err == nil && sent < most; sent += len(row) {
			_, err = w.Write(row)
		}
		stopped <- sent
	})
	client, _ := newClient(t, s.URL)
	require.NoError(t, client.Prove(t.Context(), testKey, listUsers, Paging{}))
	accepted, _ := client.Accepted(testKey, "org1")
	assert.True(t, accepted)
	assert.Less(t, <-stopped, most/4, "the rest is only what was on its way")
}
