package mapping_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/sugerclient"
)

// BenchmarkPage is a page of 100 users as JSON, out of the list at hand.
func BenchmarkPage(b *testing.B) {
	suger, err := sandbox.New(sandbox.Options{Contract: "status", Keys: []string{standKey}, People: 1000})
	require.NoError(b, err)
	server := httptest.NewServer(suger)
	b.Cleanup(server.Close)
	client, err := sugerclient.New(sugerclient.Config{BaseURL: server.URL})
	require.NoError(b, err)
	service, err := mapping.New(mapping.DefaultDocument(), client, mapping.Config{ListTTL: time.Hour})
	require.NoError(b, err)
	users := service.Users(mapping.Caller{Organization: sandbox.DefaultOrganization, Credential: standKey})
	query := &scim.Query{StartIndex: 301, Count: 100}
	size := 0
	b.ReportAllocs()
	for b.Loop() {
		page, err := users.List(b.Context(), query)
		require.NoError(b, err)
		answer := scim.ListResponse{Resources: make([]any, len(page.Resources))}
		for i, user := range page.Resources {
			answer.Resources[i] = scim.Located{Writer: user.(scim.Writer), Base: "https://gateway.example.com/scim/v2"}
		}
		text, err := scim.Marshal(answer)
		require.NoError(b, err)
		size = len(text)
	}
	b.SetBytes(int64(size))
}
