package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"suger-scim-gateway/sugerclient/sandbox"
)

func BenchmarkScratch(b *testing.B) {
	suger, err := sandbox.New(sandbox.Options{Keys: []string{testKey}, People: 5000})
	require.NoError(b, err)
	upstream := httptest.NewServer(suger)
	b.Cleanup(upstream.Close)
	b.Setenv("SUGER_API_URL", upstream.URL)
	b.Setenv("SUGER_ORG_ID", sandbox.DefaultOrganization)
	c, err := loadConfig(io.Discard)
	require.NoError(b, err)
	h, err := c.assemble(nil)
	require.NoError(b, err)
	gw := httptest.NewServer(h.scim)
	b.Cleanup(gw.Close)
	target, _ := url.Parse(upstream.URL)
	tr := http.DefaultTransport.(*http.Transport).Clone()
	tr.MaxIdleConnsPerHost = 64
	proxy := httptest.NewServer(&httputil.ReverseProxy{Transport: tr, Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(target) }})
	b.Cleanup(proxy.Close)
	user, _ := suger.UserByEmail("viewer@example.com")
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	get := func(url, auth string) func() {
		return func() {
			r, _ := http.NewRequest("GET", url, nil)
			r.Header.Set("Authorization", auth)
			resp, err := client.Do(r)
			if err != nil {
				b.Fatal(err)
			}
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			if resp.StatusCode != 200 {
				b.Fatal(resp.Status)
			}
		}
	}
	cases := map[string][2]func(){
		"get":    {get(proxy.URL+"/org/sandboxed/user/"+user.ID, "Key "+testKey), get(gw.URL+"/scim/v2/Users/"+user.ID, "Bearer "+testKey)},
		"lookup": {get(proxy.URL+"/org/sandboxed/user/"+user.ID, "Key "+testKey), get(gw.URL+"/scim/v2/Users?filter="+url.QueryEscape(`userName eq "nobody@example.com"`), "Bearer "+testKey)},
		"page":   {get(proxy.URL+"/org/sandboxed/user?limit=100&offset=1000", "Key "+testKey), get(gw.URL+"/scim/v2/Users?startIndex=1001&count=100", "Bearer "+testKey)},
		"page1000":   {get(proxy.URL+"/org/sandboxed/user?limit=1000&offset=1000", "Key "+testKey), get(gw.URL+"/scim/v2/Users?startIndex=1001&count=1000", "Bearer "+testKey)},
	}
	for name, pair := range cases {
		b.Run(name+"/proxy", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				pair[0]()
			}
		})
		b.Run(name+"/gateway", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				pair[1]()
			}
		})
		b.Run(name+"/parallel-proxy", func(b *testing.B) {
			b.SetParallelism(4)
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					pair[0]()
				}
			})
		})
		b.Run(name+"/parallel-gateway", func(b *testing.B) {
			b.SetParallelism(4)
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					pair[1]()
				}
			})
		})
		b.Run(name+"/ratio", func(b *testing.B) {
			var t [2]time.Duration
			for b.Loop() {
				for i, f := range pair {
					began := time.Now()
					f()
					t[i] += time.Since(began)
				}
			}
			b.ReportMetric(float64(t[0])/float64(t[1]), "proxy/gateway")
		})
	}
}
