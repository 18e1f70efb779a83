package gateway_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"suger-scim-gateway/internal/test/standin"
)

// A client that does not read its answer, as with an HTTP/2 window of 0, keeps its
// slot only for the write timeout.
func TestClientThatDoesNotRead(t *testing.T) {
	synctest.Test(t, testClientThatDoesNotRead)
}

func testClientThatDoesNotRead(t *testing.T) {
	s := newStackInMemory(t, newSuger(t))
	assert.Equal(t, http.StatusOK, s.do(http.MethodGet, "/scim/v2/Users", "").status, "the token is good")
	answered := make(chan time.Duration, 1)
	var network standin.Network
	server := httptest.Server{Listener: network.Listen(), EnableHTTP2: true, Config: &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			began := time.Now()
			s.handler.ServeHTTP(w, r)
			answered <- time.Since(began)
		}),
	}}
	server.StartTLS()
	t.Cleanup(server.Close)
	plain, err := network.Dial(t.Context(), "", server.Listener.Addr().String())
	require.NoError(t, err)
	connection := tls.Client(plain, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
	t.Cleanup(func() { connection.Close() })
	_, err = io.WriteString(connection, http2.ClientPreface)
	require.NoError(t, err)
	framer := http2.NewFramer(connection, connection)
	go func() { _, _ = io.Copy(io.Discard, connection) }()
	require.NoError(t, framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0}))
	var headers bytes.Buffer
	encoder := hpack.NewEncoder(&headers)
	for _, field := range [][2]string{
		{":method", "GET"}, {":scheme", "https"}, {":authority", "x"}, {":path", "/scim/v2/Users"}, {"authorization", "Bearer " + key},
	} {
		require.NoError(t, encoder.WriteField(hpack.HeaderField{Name: field[0], Value: field[1]}))
	}
	require.NoError(t, framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: headers.Bytes(), EndStream: true, EndHeaders: true}))
	took := <-answered
	assert.Greater(t, took, 5*time.Second, "the answer was not held up")
	assert.Less(t, took, 20*time.Second)
	record := s.log.last(t, "request")
	assert.EqualValues(t, 499, record["status"])
}
