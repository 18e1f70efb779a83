package sugerclient

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const oauthApp Credential = "client-1:top/secret+value"

// oauthClient calls api with tokens from endpoint.
func oauthClient(t *testing.T, endpoint, api *script, change ...func(*Config)) (*Client, *clock) {
	return newClient(t, api.URL, append(change, func(cfg *Config) {
		cfg.Auth = Auth{TokenURL: endpoint.URL + "/oauth2/token"}
	})...)
}

func authorizations(s *script) []string {
	sent := []string{}
	for _, r := range s.requests() {
		sent = append(sent, r.header.Get("Authorization"))
	}
	return sent
}

func TestOAuthTokenRequest(t *testing.T) {
	endpoint := serve(t, say(200, `{"access_token":"jwt-1","expires_in":3600,"token_type":"bearer"}`))
	api := serve(t, say(200, `[]`))
	client, _ := oauthClient(t, endpoint, api)
	ctx, stats := WithStats(t.Context())
	for range 3 {
		_, err := client.Do(ctx, oauthApp, listUsers)
		require.NoError(t, err)
	}
	got := endpoint.requests()
	require.Len(t, got, 1, "the token is kept")
	assert.Equal(t, "POST", got[0].method)
	assert.Equal(t, "/oauth2/token", got[0].uri)
	assert.Equal(t, "application/x-www-form-urlencoded", got[0].header.Get("Content-Type"))
	assert.Equal(t, "client_id=client-1&client_secret=top%2Fsecret%2Bvalue&grant_type=client_credentials", got[0].body)
	assert.Empty(t, got[0].header.Get("Authorization"))
	assert.Equal(t, []string{"Bearer jwt-1", "Bearer jwt-1", "Bearer jwt-1"}, authorizations(api))
	assert.Equal(t, int64(4), stats.Calls())
}

func TestTokenIsRenewedBeforeItExpires(t *testing.T) {
	for name, expires := range map[string]string{
		"number": `3600`, "number in quotes": `"3600"`, "fraction": `3600.5`,
	} {
		t.Run(name, func(t *testing.T) {
			endpoint := serve(t,
				say(200, `{"access_token":"jwt-1","expires_in":`+expires+`}`),
				say(200, `{"access_token":"jwt-2","expires_in":3600}`))
			api := serve(t, say(200, `[]`))
			client, clock := oauthClient(t, endpoint, api)
			for _, step := range []time.Duration{0, 47 * time.Minute, 8 * time.Minute} {
				clock.Advance(step)
				_, err := client.Do(t.Context(), oauthApp, listUsers)
				require.NoError(t, err)
			}
			client.untilRenewed(t, "Bearer jwt-2")
			_, err := client.Do(t.Context(), oauthApp, listUsers)
			require.NoError(t, err)
			assert.Equal(t, []string{"Bearer jwt-1", "Bearer jwt-1", "Bearer jwt-1", "Bearer jwt-2"}, authorizations(api))
			assert.Len(t, endpoint.requests(), 2)
		})
	}
}

// untilRenewed waits for a renewal in the background.
func (c *Client) untilRenewed(t *testing.T, header string) {
	t.Helper()
	account := c.account(oauthApp, listUsers.PathParams[OrganizationParam])
	require.Eventually(t, func() bool {
		kept, ok := c.tokens.Peek(account)
		return ok && kept.header == header
	}, time.Minute, time.Millisecond)
}

// A hanging token endpoint does not delay callers with a valid token.
func TestHangingTokenEndpoint(t *testing.T) {
	endpoint := serve(t, say(200, `{"access_token":"jwt-1","expires_in":3600}`), hang)
	api := serve(t, say(200, `[]`))
	client, clock := oauthClient(t, endpoint, api, func(cfg *Config) { cfg.Timeout = time.Minute })
	t.Cleanup(endpoint.CloseClientConnections)
	for _, step := range []time.Duration{0, 55 * time.Minute, 0, 0} {
		clock.Advance(step)
		_, err := client.Do(t.Context(), oauthApp, listUsers)
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool { return len(endpoint.requests()) == 2 }, time.Minute, time.Millisecond, "one renewal for all")
	assert.Len(t, api.requests(), 4)
}

func TestTokenLifetimes(t *testing.T) {
	began := time.Now()
	for text, want := range map[string]time.Duration{
		``:                        defaultLifetime,
		`,"expires_in":null`:      defaultLifetime,
		`,"expires_in":0`:         defaultLifetime,
		`,"expires_in":-5`:        defaultLifetime,
		`,"expires_in":""`:        defaultLifetime,
		`,"expires_in":"soon"`:    defaultLifetime,
		`,"expires_in":[1]`:       defaultLifetime,
		`,"expires_in":60`:        time.Minute,
		`,"expires_in":"60"`:      time.Minute,
		`,"expires_in":1e300`:     maxLifetime,
		`,"expires_in":999999999`: maxLifetime,
	} {
		fresh, err := readToken([]byte(`{"access_token":"jwt"`+text+`}`), began)
		require.NoError(t, err, text)
		assert.Equal(t, token{header: "Bearer jwt", renew: began.Add(want * 4 / 5), expires: began.Add(want)}, fresh, text)
	}
}

func TestOldTokenServesWhileTheEndpointIsDown(t *testing.T) {
	endpoint := serve(t, say(200, `{"access_token":"jwt-1","expires_in":3600}`), say(500, ``))
	api := serve(t, say(200, `[]`))
	client, clock := oauthClient(t, endpoint, api)
	do := func(after time.Duration) error {
		clock.Advance(after)
		_, err := client.Do(t.Context(), oauthApp, listUsers)
		return err
	}
	require.NoError(t, do(0))
	asked := func(times int) {
		require.Eventually(t, func() bool {
			kept, _ := client.tokens.Peek(client.account(oauthApp, listUsers.PathParams[OrganizationParam]))
			return len(endpoint.requests()) == times && clock.Now().Before(kept.renew)
		}, time.Minute, time.Millisecond)
	}
	require.NoError(t, do(55*time.Minute))
	asked(2)
	require.NoError(t, do(time.Second), "and the endpoint is not asked for each call")
	require.NoError(t, do(time.Minute))
	asked(3)
	fail := failure(t, do(5*time.Minute))
	assert.Equal(t, Unavailable, fail.Kind, "past its end the token is not used")
	assert.Len(t, api.requests(), 4)
}

func TestRefusedTokenIsRenewedOnce(t *testing.T) {
	endpoint := serve(t,
		say(200, `{"access_token":"jwt-1","expires_in":3600}`),
		say(200, `{"access_token":"jwt-2","expires_in":3600}`))
	api := serve(t, say(401, `"token expired"`), say(200, `{"id":"u1"}`))
	client, _ := oauthClient(t, endpoint, api)
	ctx, stats := WithStats(t.Context())
	answer, err := client.Do(ctx, oauthApp, addUser)
	require.NoError(t, err)
	assert.Equal(t, `{"id":"u1"}`, string(answer.Body))
	assert.Equal(t, []string{"Bearer jwt-1", "Bearer jwt-2"}, authorizations(api))
	assert.Equal(t, int64(4), stats.Calls())
}

func TestTokenRefusedTwiceIsRefused(t *testing.T) {
	endpoint := serve(t, say(200, `{"access_token":"jwt-1234567890","expires_in":3600}`))
	api := serve(t, say(401, `"jwt-1234567890 of client top/secret+value or top%2Fsecret%2Bvalue is void"`))
	client, _ := oauthClient(t, endpoint, api)
	want := &Error{Operation: "list users", Kind: Refused, Status: 401,
		Message: "[credential] of client [credential] or [credential] is void"}
	for range 2 { // the second time from memory
		_, err := client.Do(t.Context(), oauthApp, listUsers)
		assert.Equal(t, want, failure(t, err))
	}
	assert.Len(t, api.requests(), 2)
	assert.Len(t, endpoint.requests(), 2)
}

func TestManyCallsOfOneRefusedTokenRenewItOnce(t *testing.T) {
	var issued atomic.Int64
	endpoint := serve(t, func(w http.ResponseWriter, r *http.Request) {
		say(200, fmt.Sprintf(`{"access_token":"jwt-%d","expires_in":3600}`, issued.Add(1)))(w, r)
	})
	// All calls with the first token are refused, but only once all have come.
	var first sync.WaitGroup
	first.Add(8)
	api := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer jwt-1" {
			first.Done()
			first.Wait()
			say(401, ``)(w, r)
			return
		}
		say(200, `[]`)(w, r)
	})
	client, _ := oauthClient(t, endpoint, api)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			_, err := client.Do(t.Context(), oauthApp, listUsers)
			assert.NoError(t, err)
		})
	}
	group.Wait()
	assert.Equal(t, int64(2), issued.Load())
	assert.Len(t, api.requests(), 16)
}

func TestTokenEndpointFailures(t *testing.T) {
	tests := []struct {
		name     string
		answer   http.HandlerFunc
		kind     Kind
		status   int
		requests int
	}{
		{"bad client, as in RFC 6749", say(401, `{"error":"invalid_client"}`), Refused, 401, 1},
		{"bad grant", say(400, `{"error":"invalid_grant","error_description":"top/secret+value"}`), Refused, 401, 1},
		{"forbidden", say(403, ``), Unavailable, 403, 1},
		{"wrong URL", say(404, ``), Unavailable, 404, 1},
		{"throttled", say(429, ``), Throttled, 429, 6},
		{"down", say(503, `top/secret+value`), Unavailable, 503, 6},
		{"broken", say(500, ``), Unavailable, 500, 1},
		{"redirect", say(302, ``, "Location", "/login"), Unreadable, 302, 1},
		{"login page", say(200, `<html>`), Unreadable, 200, 1},
		{"no token", say(200, `{"expires_in":3600}`), Unreadable, 200, 1},
		{"empty token", say(200, `{"access_token":""}`), Unreadable, 200, 1},
		{"token that is a number", say(200, `{"access_token":7}`), Unreadable, 200, 1},
		{"token that cannot be in a header", say(200, `{"access_token":"a\r\nb"}`), Unreadable, 200, 1},
		{"endless token", say(200, `{"access_token":"`+strings.Repeat("x", 16<<10+1)+`"}`), Unreadable, 200, 1},
		{"array", say(200, `[{"access_token":"jwt"}]`), Unreadable, 200, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			endpoint, api := serve(t, tt.answer), serve(t, say(200, `{}`))
			client, _ := oauthClient(t, endpoint, api)
			_, err := client.Do(t.Context(), oauthApp, addUser)
			fail := failure(t, err)
			operation := "get token"
			if tt.kind == Refused {
				operation = "add user" // it is the credential that is wrong
			}
			assert.Equal(t, operation, fail.Operation)
			assert.Equal(t, tt.kind, fail.Kind)
			assert.Equal(t, tt.status, fail.Status)
			assert.False(t, fail.Uncertain, "the call itself was not sent")
			assert.Empty(t, fail.Message)
			assert.Len(t, endpoint.requests(), tt.requests)
			assert.Empty(t, api.requests())
			assert.NotContains(t, err.Error(), "secret")
			assert.NotContains(t, err.Error(), "client-1")
		})
	}
}

func TestCredentialRefusedByTheEndpointIsRemembered(t *testing.T) {
	endpoint, api := serve(t, say(401, ``)), serve(t, say(200, `[]`))
	client, _ := oauthClient(t, endpoint, api)
	for range 3 {
		_, err := client.Do(t.Context(), oauthApp, listUsers)
		assert.Equal(t, 401, failure(t, err).Status)
	}
	assert.Len(t, endpoint.requests(), 1)
}

func TestTokenIsFetchedOnceForAll(t *testing.T) {
	release := make(chan struct{})
	endpoint := serve(t, func(w http.ResponseWriter, r *http.Request) {
		<-release
		say(200, `{"access_token":"jwt-1","expires_in":3600}`)(w, r)
	})
	api := serve(t, say(200, `[]`))
	client, _ := oauthClient(t, endpoint, api)

	// The first caller gives up; the others still get the token.
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error)
	go func() {
		_, err := client.Do(ctx, oauthApp, listUsers)
		gone <- err
	}()
	require.Eventually(t, func() bool { return len(endpoint.requests()) == 1 }, time.Minute, time.Millisecond)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			_, err := client.Do(t.Context(), oauthApp, listUsers)
			assert.NoError(t, err)
		})
	}
	cancel()
	assert.Equal(t, Canceled, failure(t, <-gone).Kind)
	close(release)
	group.Wait()
	assert.Len(t, endpoint.requests(), 1)
	assert.Len(t, api.requests(), 8)
}
