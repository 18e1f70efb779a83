package e2e

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"suger-scim-gateway/internal/cli"
	"suger-scim-gateway/internal/settings"
	"suger-scim-gateway/internal/test/program"
	"suger-scim-gateway/internal/test/sandbox"
)

// Large headers over HTTP/2, from a client that ignores the announced limit: slightly
// above the limit the gateway answers 431, far above it it closes the connection.
func TestLargeHeadersOverHTTP2(t *testing.T) {
	t.Parallel()
	certFile, keyFile, _ := program.Certificate(t)
	gateway := program.Serve(t, cli.Run, settings.Names(), map[string]string{
		"SUGER_API_URL": program.Suger(t), "SUGER_ORG_ID": sandbox.DefaultOrganization,
		"GATEWAY_ADDR": "127.0.0.1:0", "GATEWAY_OPS_ADDR": "127.0.0.1:0",
		"GATEWAY_TLS_CERT": certFile, "GATEWAY_TLS_KEY": keyFile,
	})
	address := gateway.SCIMAddress(t)
	for _, test := range []struct {
		headers int // each of 1,000 characters
		want    string
	}{{10, "200"}, {64, "431"}, {100, "ended"}, {1000, "ended"}} {
		t.Run(fmt.Sprint(test.headers, " headers"), func(t *testing.T) {
			bound, got := sendHeaders(t, address, test.headers)
			assert.InDelta(t, 64<<10, bound, 1<<10, "the server announces its limit")
			assert.Equal(t, test.want, got)
		})
	}
	require.NoError(t, gateway.End())
}

// sendHeaders sends a request with n headers of 1,000 characters each. It returns the
// limit that the server announces and the status, or "ended".
func sendHeaders(t *testing.T, address string, headers int) (bound uint32, got string) {
	t.Helper()
	dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}}}
	connection, err := dialer.DialContext(t.Context(), "tcp", address)
	require.NoError(t, err)
	defer connection.Close()
	require.NoError(t, connection.SetDeadline(time.Now().Add(30*time.Second)))
	_, err = io.WriteString(connection, http2.ClientPreface)
	require.NoError(t, err)
	framer := http2.NewFramer(connection, connection)
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	require.NoError(t, framer.WriteSettings())

	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	write := func(name, value string) {
		require.NoError(t, encoder.WriteField(hpack.HeaderField{Name: name, Value: value, Sensitive: true}))
	}
	write(":method", "GET")
	write(":scheme", "https")
	write(":authority", address)
	write(":path", "/scim/v2/ServiceProviderConfig")
	for i := range headers {
		write(fmt.Sprintf("x-%d", i), strings.Repeat("~", 1000)) // Huffman coding does not shorten it
	}
	const most = 16 << 10 // bytes of a frame
	fragment, rest := cut(block.Bytes(), most)
	err = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: fragment, EndStream: true, EndHeaders: len(rest) == 0})
	for err == nil && len(rest) > 0 { // the server may close the connection meanwhile
		fragment, rest = cut(rest, most)
		err = framer.WriteContinuation(1, len(rest) == 0, fragment)
	}
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			return bound, "ended"
		}
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if value, ok := frame.Value(http2.SettingMaxHeaderListSize); ok {
				bound = value
			}
		case *http2.MetaHeadersFrame:
			return bound, frame.PseudoValue("status")
		case *http2.GoAwayFrame:
			return bound, "ended"
		}
	}
}

func cut(b []byte, most int) (first, rest []byte) {
	n := min(most, len(b))
	return b[:n], b[n:]
}
