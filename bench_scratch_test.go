package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"syscall"
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
		"get":      {get(proxy.URL+"/org/sandboxed/user/"+user.ID, "Key "+testKey), get(gw.URL+"/scim/v2/Users/"+user.ID, "Bearer "+testKey)},
		"lookup":   {get(proxy.URL+"/org/sandboxed/user/"+user.ID, "Key "+testKey), get(gw.URL+"/scim/v2/Users?filter="+url.QueryEscape(`userName eq "nobody@example.com"`), "Bearer "+testKey)},
		"page":     {get(proxy.URL+"/org/sandboxed/user?limit=100&offset=1000", "Key "+testKey), get(gw.URL+"/scim/v2/Users?startIndex=1001&count=100", "Bearer "+testKey)},
		"page1000": {get(proxy.URL+"/org/sandboxed/user?limit=1000&offset=1000", "Key "+testKey), get(gw.URL+"/scim/v2/Users?startIndex=1001&count=1000", "Bearer "+testKey)},
	}
	for name, pair := range cases {
		b.Run(name, func(b *testing.B) {
			var t [2][]float64
			for _, f := range pair {
				f()
			}
			const block = 100
			for b.Loop() {
				for i, f := range pair {
					began := cpuNow()
					for range block {
						f()
					}
					t[i] = append(t[i], float64(cpuNow()-began)/block/1e3)
				}
			}
			for i := range t {
				slices.Sort(t[i])
			}
			b.ReportMetric(t[0][len(t[0])/2], "proxy-cpu-us")
			b.ReportMetric(t[1][len(t[1])/2], "gateway-cpu-us")
			b.ReportMetric(t[0][len(t[0])/2]/t[1][len(t[1])/2], "ratio")
		})
	}
}

func cpuNow() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
