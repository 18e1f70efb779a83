package mapping

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/mapping/spec"
	"suger-scim-gateway/sugerclient"
)

// largeList returns the list of an organization with people generated users and the
// sandbox's own few, as Suger sends it.
func largeList(tb testing.TB, people int) []byte {
	tb.Helper()
	suger, err := sandbox.New(sandbox.Options{Keys: []string{"key"}, People: people})
	require.NoError(tb, err)
	defer suger.Close()
	request := httptest.NewRequestWithContext(tb.Context(), http.MethodGet, "/org/"+sandbox.DefaultOrganization+"/user", nil)
	request.Header.Set("Authorization", "Key key")
	answer := httptest.NewRecorder()
	suger.ServeHTTP(answer, request)
	require.Equal(tb, http.StatusOK, answer.Code)
	return answer.Body.Bytes()
}

// BenchmarkList reads 100,000 users as the gateway does, from the connection to its
// own users. For comparison, encoding/json decodes the same bytes in memory into a
// slice of structs. The ratios come from alternating runs, so that a busy machine
// slows all of them alike.
func BenchmarkList(b *testing.B) {
	list := largeList(b, 100_000)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(list) }))
	b.Cleanup(server.Close)
	client, err := sugerclient.New(sugerclient.Config{BaseURL: server.URL})
	require.NoError(b, err)
	service, err := New(DefaultDocument(), client, Config{})
	require.NoError(b, err)
	s := service.open(Caller{Organization: sandbox.DefaultOrganization, Credential: "key"})
	op := s.model.doc.Operations.ListUsers

	encodingJSON := func() int {
		var rows []struct {
			ID, Email, FirstName, LastName, UserRole, CreationTime, LastUpdateTime string
		}
		require.NoError(b, json.Unmarshal(list, &rows))
		return len(rows)
	}
	decode := func() int {
		reader := s.newUserReader(nil)
		_, err := client.List(b.Context(), s.Credential, s.request(spec.OpListUsers, op, s.ids(nil, nil), nil),
			PagingOf(op), sugerclient.ListHint{}, reader)
		require.NoError(b, err)
		return len(reader.usable)
	}
	snapshot := func() int {
		snap, err := s.fetchPeople(b.Context(), s.lists())
		require.NoError(b, err)
		return len(snap.users)
	}
	people := encodingJSON()
	require.Greater(b, people, 100_000)
	timed := func(read func() int) time.Duration {
		began := time.Now()
		require.Equal(b, people, read())
		return time.Since(began)
	}
	for _, one := range []struct {
		name string
		read func() int
	}{{"encodingjson", encodingJSON}, {"decode", decode}, {"snapshot", snapshot}} {
		b.Run(one.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(list)))
			for b.Loop() {
				timed(one.read)
			}
		})
	}
	b.Run("ratio", func(b *testing.B) {
		var theirs, decoded, indexed time.Duration
		for b.Loop() {
			theirs += timed(encodingJSON)
			decoded += timed(decode)
			indexed += timed(snapshot)
		}
		b.ReportMetric(float64(decoded)/float64(theirs), "decode/encodingjson")
		b.ReportMetric(float64(indexed)/float64(theirs), "snapshot/encodingjson")
	})
}
