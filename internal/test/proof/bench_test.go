package proof

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/test/sandbox"
)

// BenchmarkBesideProxy sends each request in turn to the gateway and, as the
// corresponding Suger call, to a bare reverse proxy to the same sandbox, all in
// one process. It reports the median time of both and their ratio: above 1 the
// gateway is faster.
func BenchmarkBesideProxy(b *testing.B) {
	const organization = 5000
	s := newStand(b, func(u *setup) {
		u.sandbox.People = organization - 8
		u.client.Now, u.client.Sleep, u.mapping.Now, u.gateway.Now = nil, nil, nil, nil // real time
	})
	upstream, err := url.Parse(s.setup.client.BaseURL)
	require.NoError(b, err)
	proxy := serve(b, httptest.NewUnstartedServer(&httputil.ReverseProxy{
		Transport: &http.Transport{MaxIdleConnsPerHost: 64},
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(upstream) },
	})) + "/org/" + sandbox.DefaultOrganization
	viewer := "/user/" + s.id(b, "viewer")
	for _, row := range []struct {
		name    string
		gateway request
		proxy   string
	}{
		{"GET user", get("/Users/" + s.id(b, "viewer")), viewer},
		{"userName eq, known person", lookup("viewer@example.com"), viewer},
		{"userName eq, new person", lookup("nobody@example.com"), viewer},
		{"import page of 100", get("/Users?startIndex=1001&count=100"), "/user?limit=100&offset=1000"},
	} {
		b.Run(row.name, func(b *testing.B) {
			sides := []func(){
				fetcher(b, proxy+row.proxy, "Key "+key),
				fetcher(b, s.url+row.gateway.path, "Bearer "+key),
			}
			var took [2][]time.Duration
			for b.Loop() {
				for i, side := range sides {
					began := time.Now()
					side()
					took[i] = append(took[i], time.Since(began))
				}
			}
			for i := range took {
				slices.Sort(took[i])
			}
			theirs, ours := took[0][len(took[0])/2], took[1][len(took[1])/2]
			b.ReportMetric(float64(theirs.Microseconds()), "proxy-µs")
			b.ReportMetric(float64(ours.Microseconds()), "gateway-µs")
			b.ReportMetric(float64(theirs)/float64(ours), "pace")
		})
	}
}

// fetcher returns a function that reads a URL, which must answer 200. It reads it once
// to warm up.
func fetcher(b *testing.B, address, authorization string) func() {
	fetch := func() {
		r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, address, nil)
		require.NoError(b, err)
		r.Header.Set("Authorization", authorization)
		response, err := http.DefaultClient.Do(r)
		require.NoError(b, err)
		defer response.Body.Close()
		_, err = io.Copy(io.Discard, response.Body)
		require.NoError(b, err)
		require.Equal(b, http.StatusOK, response.StatusCode)
	}
	fetch()
	return fetch
}
