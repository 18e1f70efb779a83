package main

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/test/program"
)

// Bodies with an invented key use no memory, however many arrive at once.
func TestFloodOfBodies(t *testing.T) {
	const requests, size, values, most = 200, 1 << 20, 70_000, 128 // megabytes
	binary := program.Binary(t)
	s, err := startStack(t.Context(), binary, 0, 0)
	require.NoError(t, err)
	t.Cleanup(s.stop)

	body := `{"Operations":[{"op":"add","path":"x","value":[` + strings.Repeat(`{"a":1},`, values/2) + `0]}]}`
	body += strings.Repeat(" ", size-len(body))
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	var done sync.WaitGroup
	for range requests {
		done.Go(func() {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, s.gateway.address+"/scim/v2/Users/1", strings.NewReader(body))
			if !assert.NoError(t, err) {
				return
			}
			request.Header.Set("Authorization", "Bearer made-up")
			response, err := client.Do(request)
			if err != nil {
				return // the answer arrived while the body was sent
			}
			_, _ = io.Copy(io.Discard, response.Body)
			response.Body.Close()
			assert.Contains(t, []int{http.StatusUnauthorized, http.StatusTooManyRequests}, response.StatusCode)
		})
	}
	done.Wait()
	peak := s.gateway.peakMemory() >> 20
	assert.Positive(t, peak)
	assert.Less(t, peak, int64(most))
	t.Logf("%d MB at most", peak)
}
