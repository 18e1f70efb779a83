package mapping_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"suger-scim-gateway/mapping"
)

// stillClock stands still until it is moved.
type stillClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *stillClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *stillClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// logLines are structured log lines.
type logLines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logLines) logger() *slog.Logger { return slog.New(slog.NewJSONHandler(l, nil)) }

func (l *logLines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// take reads the lines and forgets them.
func (l *logLines) take(t *testing.T) []map[string]any {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := []map[string]any{}
	decoder := json.NewDecoder(&l.text)
	for decoder.More() {
		var line map[string]any
		require.NoError(t, decoder.Decode(&line))
		lines = append(lines, line)
	}
	l.text.Reset()
	return lines
}

// observed notes what the Observer is told, as words with their number.
type observed struct {
	mu      sync.Mutex
	words   map[string]int
	changes []mapping.Change
}

func (o *observed) note(word string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.words == nil {
		o.words = make(map[string]int)
	}
	o.words[word]++
}

func (o *observed) count(word string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.words[word]
}

func (o *observed) Drift(operation, field string) { o.note("drift " + operation + ": " + field) }
func (o *observed) Lookup(result string)          { o.note("lookup " + result) }
func (o *observed) List(result string)            { o.note("list " + result) }
func (o *observed) Unconfirmed(operation string)  { o.note("unconfirmed " + operation) }
func (o *observed) Refused(guard string)          { o.note("refused " + guard) }

func (o *observed) Changed(c mapping.Change) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.changes = append(o.changes, c)
}
