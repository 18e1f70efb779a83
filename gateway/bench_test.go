package gateway_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"suger-scim-gateway/gateway"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/sugerclient"
	"suger-scim-gateway/sugerclient/sandbox"
)

// BenchmarkHandler is what a request costs the gateway, with Suger's side of it
// on loopback: with a warm list, and beside a bare reverse proxy to the same
// sandbox, whose time per call is what nothing can be below.
//
//	go test -run '^$' -bench Handler -benchmem ./gateway
func BenchmarkHandler(b *testing.B) {
	suger, err := sandbox.New(sandbox.Options{Keys: []string{key}, People: 5000})
	require.NoError(b, err)
	upstream := httptest.NewServer(suger)
	b.Cleanup(upstream.Close)
	client, err := sugerclient.New(sugerclient.Config{BaseURL: upstream.URL})
	require.NoError(b, err)
	service, err := mapping.New(mapping.DefaultDocument(), client, mapping.Config{LookupCache: 10000, LookupTTL: 1 << 40, ListTTL: 1 << 40})
	require.NoError(b, err)
	handler, err := gateway.New(gateway.Config{Organization: sandbox.DefaultOrganization, Log: slog.New(slog.DiscardHandler)}, service)
	require.NoError(b, err)
	address, err := url.Parse(upstream.URL)
	require.NoError(b, err)
	proxy := httputil.NewSingleHostReverseProxy(address)

	one := suger.Users()[2500]
	benchmarks := []struct {
		name          string
		handler       http.Handler
		path          string
		authorization string
	}{
		{"proxy/one user", proxy, "/org/" + sandbox.DefaultOrganization + "/user/" + one.ID, "Key " + key},
		{"gateway/one user", handler, "/scim/v2/Users/" + one.ID, "Bearer " + key},
		{"gateway/lookup of nobody", handler, "/scim/v2/Users?filter=" + url.QueryEscape(`userName eq "nobody@example.com"`), "Bearer " + key},
		{"proxy/page of 100", proxy, "/org/" + sandbox.DefaultOrganization + "/user?limit=100&offset=2500", "Key " + key},
		{"gateway/page of 100", handler, "/scim/v2/Users?startIndex=2501&count=100", "Bearer " + key},
	}
	for _, test := range benchmarks {
		b.Run(test.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				request := httptest.NewRequestWithContext(b.Context(), http.MethodGet, test.path, nil)
				request.Header.Set("Authorization", test.authorization)
				answer := httptest.NewRecorder()
				test.handler.ServeHTTP(answer, request)
				if answer.Code != http.StatusOK {
					b.Fatal(answer.Code, answer.Body)
				}
			}
		})
	}
}
