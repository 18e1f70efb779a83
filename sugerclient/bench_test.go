package sugerclient

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// BenchmarkDo measures what Do adds to a bare net/http call of the same server.
// Its ratio comes from one run of both, call by call, so that a busy machine
// slows both alike.
func BenchmarkDo(b *testing.B) {
	body := `[` + strings.Repeat(`{"id":"u1","email":"ada@example.com","role":"VIEWER"},`, 99) + `{}]`
	s := httptest.NewServer(say(200, body))
	b.Cleanup(s.Close)
	client, _ := newClient(b, s.URL, func(cfg *Config) { cfg.Now = time.Now })
	plain := &http.Client{Transport: newTransport(defaultConcurrency)}

	bare := func() error {
		r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, s.URL+"/org/org1/user", nil)
		if err != nil {
			return err
		}
		resp, err := plain.Do(r)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		_, err = io.ReadAll(resp.Body)
		return err
	}
	ours := func() error {
		_, err := client.Do(b.Context(), testKey, listUsers)
		return err
	}
	timed := func(b *testing.B, call func() error) time.Duration {
		began := time.Now()
		if err := call(); err != nil {
			b.Fatal(err)
		}
		return time.Since(began)
	}
	for name, call := range map[string]func() error{"bare": bare, "client": ours} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				timed(b, call)
			}
		})
	}
	b.Run("ratio", func(b *testing.B) {
		var theirs, own time.Duration
		for b.Loop() {
			theirs += timed(b, bare)
			own += timed(b, ours)
		}
		b.ReportMetric(float64(own)/float64(theirs), "client/bare")
	})
}
