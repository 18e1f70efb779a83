package gateway_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"suger-scim-gateway/gateway"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/sugerclient"
)

// BenchmarkHandler measures the gateway's cost of a request, with a cached list and
// Suger on loopback. internal/test/proof has a benchmark beside a proxy.
//
//	go test -run '^$' -bench Handler -benchmem ./gateway
func BenchmarkHandler(b *testing.B) {
	suger, err := sandbox.New(sandbox.Options{Contract: "status", Keys: []string{key}, People: 5000})
	require.NoError(b, err)
	upstream := httptest.NewServer(suger)
	b.Cleanup(upstream.Close)
	client, err := sugerclient.New(sugerclient.Config{BaseURL: upstream.URL})
	require.NoError(b, err)
	service, err := mapping.New(statusDocument(b), client, mapping.Config{LookupCache: 10000, LookupTTL: 1 << 40, ListTTL: 1 << 40})
	require.NoError(b, err)
	handler := gateway.New(gateway.Config{Organization: sandbox.DefaultOrganization, Log: slog.New(slog.DiscardHandler)}, service)

	one := suger.Users()[2500]
	benchmarks := []struct {
		name string
		path string
	}{
		{"one user", "/scim/v2/Users/" + one.ID},
		{"lookup of nobody", "/scim/v2/Users?filter=" + url.QueryEscape(`userName eq "nobody@example.com"`)},
		{"page of 100", "/scim/v2/Users?startIndex=2501&count=100"},
	}
	for _, test := range benchmarks {
		b.Run(test.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				request := httptest.NewRequestWithContext(b.Context(), http.MethodGet, test.path, nil)
				request.Header.Set("Authorization", "Bearer "+key)
				answer := httptest.NewRecorder()
				handler.ServeHTTP(answer, request)
				if answer.Code != http.StatusOK {
					b.Fatal(answer.Code, answer.Body)
				}
			}
		})
	}
}
