package sugerclient

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// want is what becomes of a call whose every sending meets the same fault.
type want struct {
	sendings  int
	kind      Kind
	status    int
	uncertain bool
}

// TestFaults tests the retry rule: what is repeated, and what is known about
// the effect, for a read, a repeatable write and a create.
func TestFaults(t *testing.T) {
	const all = 3 // attempts
	tests := []struct {
		name                string
		answer              http.HandlerFunc
		read, write, write1 want // write1: not repeatable
	}{
		{"429", say(429, `"slow down"`),
			want{all, Throttled, 429, false}, want{all, Throttled, 429, false}, want{all, Throttled, 429, false}},
		{"500", say(500, `"oops"`),
			want{all, Unavailable, 500, false}, want{1, Unavailable, 500, true}, want{1, Unavailable, 500, true}},
		{"501", say(501, ``),
			want{1, Unavailable, 501, false}, want{1, Unavailable, 501, true}, want{1, Unavailable, 501, true}},
		{"502", say(502, `<html>`),
			want{all, Unavailable, 502, false}, want{all, Unavailable, 502, true}, want{1, Unavailable, 502, true}},
		{"503", say(503, ``),
			want{all, Unavailable, 503, false}, want{all, Unavailable, 503, true}, want{1, Unavailable, 503, true}},
		{"504", say(504, ``),
			want{all, Unavailable, 504, false}, want{all, Unavailable, 504, true}, want{1, Unavailable, 504, true}},
		{"400", say(400, `"bad"`),
			want{1, Refused, 400, false}, want{1, Refused, 400, false}, want{1, Refused, 400, false}},
		{"401", say(401, ``),
			want{1, Refused, 401, false}, want{1, Refused, 401, false}, want{1, Refused, 401, false}},
		{"403", say(403, ``),
			want{1, Refused, 403, false}, want{1, Refused, 403, false}, want{1, Refused, 403, false}},
		{"404", say(404, ``),
			want{1, Refused, 404, false}, want{1, Refused, 404, false}, want{1, Refused, 404, false}},
		{"409", say(409, ``),
			want{1, Refused, 409, false}, want{1, Refused, 409, false}, want{1, Refused, 409, false}},
		{"redirect", say(302, ``, "Location", "/elsewhere"),
			want{1, Unreadable, 302, false}, want{1, Unreadable, 302, true}, want{1, Unreadable, 302, true}},
		{"not modified", say(304, ``),
			want{1, Unreadable, 304, false}, want{1, Unreadable, 304, true}, want{1, Unreadable, 304, true}},
		{"connection reset", reset,
			want{all, Unavailable, 0, false}, want{all, Unavailable, 0, true}, want{1, Unavailable, 0, true}},
		{"connection closed without an answer", raw(""),
			want{all, Unavailable, 0, false}, want{all, Unavailable, 0, true}, want{1, Unavailable, 0, true}},
		{"not HTTP", raw("SSH-2.0-x\r\n"),
			want{all, Unavailable, 0, false}, want{all, Unavailable, 0, true}, want{1, Unavailable, 0, true}},
		{"answer cut off", raw("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n[{\"id\":\"u1\"},"),
			want{all, Unreadable, 200, false}, want{all, Unreadable, 200, true}, want{1, Unreadable, 200, true}},
		{"chunked answer cut off", raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n"),
			want{all, Unreadable, 200, false}, want{all, Unreadable, 200, true}, want{1, Unreadable, 200, true}},
		{"broken gzip", say(200, `[]`, "Content-Encoding", "gzip"),
			want{all, Unreadable, 200, false}, want{all, Unreadable, 200, true}, want{1, Unreadable, 200, true}},
		{"HTML with 200", say(200, `<html>Sign in</html>`, "Content-Type", "text/html"),
			want{1, Unreadable, 200, false}, want{1, Unreadable, 200, true}, want{1, Unreadable, 200, true}},
		{"half a JSON text", say(200, `[{"id":"u1"},`),
			want{1, Unreadable, 200, false}, want{1, Unreadable, 200, true}, want{1, Unreadable, 200, true}},
		{"two JSON texts", say(200, `{} {}`),
			want{1, Unreadable, 200, false}, want{1, Unreadable, 200, true}, want{1, Unreadable, 200, true}},
		{"too long", say(200, `"`+strings.Repeat("x", 1024)+`"`),
			want{1, Unreadable, 200, false}, want{1, Unreadable, 200, true}, want{1, Unreadable, 200, true}},
	}
	for _, tt := range tests {
		for name, c := range map[string]struct {
			call Call
			want want
		}{"read": {listUsers, tt.read}, "repeatable write": {removeUser, tt.write}, "create": {addUser, tt.write1}} {
			t.Run(tt.name+"/"+name, func(t *testing.T) {
				s := serve(t, tt.answer)
				client, clock := newClient(t, s.URL, func(cfg *Config) { cfg.Attempts = all })
				client.maxAnswer = 1024
				ctx, stats := WithStats(t.Context())
				answer, err := client.Do(ctx, testKey, c.call)
				assert.Nil(t, answer)
				fail := failure(t, err)
				got := want{len(s.requests()), fail.Kind, fail.Status, fail.Uncertain}
				assert.Equal(t, c.want, got)
				assert.Equal(t, c.call.Operation, fail.Operation)
				assert.Len(t, clock.sleeps(), c.want.sendings-1)
				assert.Equal(t, int64(c.want.sendings), stats.Calls())
				assert.NotContains(t, err.Error(), "http://", "an error names no URL")
				assert.NotContains(t, err.Error(), "org1", "an error names no id")
			})
		}
	}
}

func TestUnreachableIsRepeatedEvenForACreate(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	client, clock := newClient(t, s.URL)
	_, err := client.Do(t.Context(), testKey, addUser)
	fail := failure(t, err)
	assert.Equal(t, Unavailable, fail.Kind)
	assert.False(t, fail.Uncertain, "nothing was sent")
	assert.Len(t, clock.sleeps(), 5)
	var withURL *url.Error
	assert.False(t, errors.As(err, &withURL), "the URL is left out")
}

func TestTimeoutOfOneCall(t *testing.T) {
	tests := []struct {
		name   string
		answer http.HandlerFunc
		call   Call
		want   want
	}{
		{"read without answer", hang, listUsers, want{2, Unavailable, 0, false}},
		{"create without answer", hang, addUser, want{1, Unavailable, 0, true}},
		{"read that stops midway", stall, listUsers, want{2, Unavailable, 0, false}},
		{"create that stops midway", stall, addUser, want{1, Unavailable, 0, true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, tt.answer)
			client, _ := newClient(t, s.URL, func(cfg *Config) { cfg.Timeout, cfg.Attempts = 100*time.Millisecond, 2 })
			_, err := client.Do(t.Context(), testKey, tt.call)
			fail := failure(t, err)
			assert.Equal(t, tt.want, want{len(s.requests()), fail.Kind, fail.Status, fail.Uncertain})
			assert.ErrorIs(t, err, context.DeadlineExceeded)
		})
	}
}

// stall sends the beginning of an answer and no more.
func stall(w http.ResponseWriter, r *http.Request) {
	_, _ = io.WriteString(w, `[{"id":`)
	_ = http.NewResponseController(w).Flush()
	<-r.Context().Done()
}

func TestUncertaintyOutlastsLaterAnswers(t *testing.T) {
	s := serve(t, reset, say(404, `"no such user"`))
	client, _ := newClient(t, s.URL)
	_, err := client.Do(t.Context(), testKey, removeUser)
	fail := failure(t, err)
	assert.Equal(t, Refused, fail.Kind)
	assert.Equal(t, 404, fail.Status)
	assert.True(t, fail.Uncertain, "the first try may have removed the user")
}

func TestRecoversFromFaults(t *testing.T) {
	s := serve(t, reset, say(503, ``), say(429, ``), say(200, `[]`))
	client, clock := newClient(t, s.URL)
	ctx, stats := WithStats(t.Context())
	answer, err := client.Do(ctx, testKey, listUsers)
	require.NoError(t, err)
	assert.Equal(t, `[]`, string(answer.Body))
	assert.Equal(t, int64(4), stats.Calls())
	assert.Len(t, clock.sleeps(), 3)
}

func TestRepeatedWriteSendsTheSameBody(t *testing.T) {
	s := serve(t, say(429, ``), say(200, `{}`))
	client, _ := newClient(t, s.URL)
	_, err := client.Do(t.Context(), testKey, addUser)
	require.NoError(t, err)
	got := s.requests()
	require.Len(t, got, 2)
	assert.JSONEq(t, `{"email":"ada@example.com"}`, got[0].body)
	assert.Equal(t, got[0].body, got[1].body)
}

func TestRedirectTakesTheCredentialNowhere(t *testing.T) {
	other := serve(t, say(200, `[]`))
	for _, status := range []int{301, 302, 303, 307, 308} {
		s := serve(t, say(status, ``, "Location", other.URL+"/steal"))
		client, _ := newClient(t, s.URL)
		_, err := client.Do(t.Context(), testKey, listUsers)
		assert.Equal(t, Unreadable, failure(t, err).Kind)
	}
	assert.Empty(t, other.requests())
}

func TestUntrustedServerIsSentNothing(t *testing.T) {
	s := httptest.NewUnstartedServer(say(200, `[]`))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	client, clock := newClient(t, s.URL)
	_, err := client.Do(t.Context(), testKey, addUser)
	fail := failure(t, err)
	assert.Equal(t, Unavailable, fail.Kind)
	assert.False(t, fail.Uncertain)
	assert.Empty(t, clock.sleeps(), "a certificate does not get better by trying again")
}

func TestOldTLSIsRefused(t *testing.T) {
	s := httptest.NewUnstartedServer(say(200, `[]`))
	s.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	client, _ := newClient(t, s.URL, func(cfg *Config) { cfg.Attempts = 1 })
	_, err := client.Do(t.Context(), testKey, listUsers)
	fail := failure(t, err)
	assert.Equal(t, Unavailable, fail.Kind)
	assert.ErrorContains(t, fail, "protocol version")
}
