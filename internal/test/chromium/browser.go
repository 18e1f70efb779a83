// Package chromium drives a real Chromium without a window, for tests of pages.
// It speaks the DevTools protocol over a pipe, so there is no port to guard.
package chromium

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// required is the variable that makes a missing browser a failure, for CI.
const required = "CHROMIUM_TESTS"

// A Browser is a running Chromium.
type Browser struct {
	out io.Writer // to the browser

	mu      sync.Mutex
	grew    *sync.Cond
	last    int
	answers map[int]message
	events  []message
	ended   error
}

// A message is a command, an answer or an event of the protocol.
type message struct {
	ID        int             `json:"id,omitempty"`
	SessionID string          `json:"sessionId,omitempty"`
	Method    string          `json:"method,omitempty"`
	Params    json.RawMessage `json:"params,omitempty"`
	Result    json.RawMessage `json:"result,omitempty"`
	Error     *struct {
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

// Start runs a browser with an empty profile until the test ends. Where there is
// none the test is skipped, unless CHROMIUM_TESTS=required: then it fails.
func Start(t *testing.T) *Browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv(required) == "required" {
			require.NoError(t, err, "CHROMIUM_TESTS=required")
		}
		t.Skip("!!! NOT TESTED IN A BROWSER: the tests pass where only Go is, and there is no chromium here (Debian: apt-get install chromium); CI requires it")
	}
	toBrowser, commands, err := os.Pipe()
	require.NoError(t, err)
	answers, fromBrowser, err := os.Pipe()
	require.NoError(t, err)
	command := exec.Command(path, "--headless", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-quic",
		"--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
		"--hide-scrollbars", "--force-color-profile=srgb", "--user-data-dir="+t.TempDir())
	command.ExtraFiles = []*os.File{toBrowser, fromBrowser} // 3 and 4, as the switch wants them
	require.NoError(t, command.Start())
	toBrowser.Close()
	fromBrowser.Close()
	b := &Browser{out: commands, answers: map[int]message{}}
	b.grew = sync.NewCond(&b.mu)
	go b.read(answers)
	t.Cleanup(func() {
		b.call(t, "", "Browser.close", nil, nil)
		_ = command.Wait() // how it ends is its own affair
		commands.Close()
		answers.Close()
	})
	return b
}

// read takes in what the browser says, until it ends.
func (b *Browser) read(from io.Reader) {
	reader := bufio.NewReader(from)
	for {
		text, err := reader.ReadBytes(0)
		var m message
		if err == nil {
			err = json.Unmarshal(bytes.TrimSuffix(text, []byte{0}), &m)
		}
		b.mu.Lock()
		switch {
		case err != nil:
			b.ended = err
		case m.ID != 0:
			b.answers[m.ID] = m
		default:
			b.events = append(b.events, m)
		}
		b.grew.Broadcast()
		b.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// call makes a command and reads its result into out, which may be nil.
func (b *Browser) call(t *testing.T, session, method string, params map[string]any, out any) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last++
	id := b.last
	command := map[string]any{"id": id, "method": method, "params": params}
	if session != "" {
		command["sessionId"] = session
	}
	text, err := json.Marshal(command)
	require.NoError(t, err)
	_, err = b.out.Write(append(text, 0))
	require.NoError(t, err)
	for {
		if answer, ok := b.answers[id]; ok {
			delete(b.answers, id)
			require.Nil(t, answer.Error, "%s: %s", method, answer.message())
			if out != nil {
				require.NoError(t, json.Unmarshal(answer.Result, out), "%s", method)
			}
			return
		}
		require.NoError(t, b.ended, "the browser ended")
		b.grew.Wait()
	}
}

func (m message) message() string {
	if m.Error == nil {
		return ""
	}
	return m.Error.Message
}

// next waits for an event of the session after the first n events, and returns
// how many there are then.
func (b *Browser) next(t *testing.T, session, method string, n int) int {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := n; ; {
		for ; i < len(b.events); i++ {
			if e := b.events[i]; e.SessionID == session && e.Method == method {
				return i + 1
			}
		}
		require.NoError(t, b.ended, fmt.Sprintf("the browser ended before %s", method))
		b.grew.Wait()
	}
}

// seen are the events of the session so far.
func (b *Browser) seen(session, method string) []json.RawMessage {
	b.mu.Lock()
	defer b.mu.Unlock()
	var found []json.RawMessage
	for _, e := range b.events {
		if e.SessionID == session && e.Method == method {
			found = append(found, e.Params)
		}
	}
	return found
}

func (b *Browser) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.events)
}
