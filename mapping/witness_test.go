package mapping_test

import (
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/test/standin"
	"suger-scim-gateway/mapping"
)

// logLines are structured log lines.
type logLines struct{ standin.Log }

func (l *logLines) logger() *slog.Logger { return slog.New(slog.NewJSONHandler(l, nil)) }

// take returns the lines and clears them.
func (l *logLines) take(t *testing.T) []map[string]any {
	t.Helper()
	lines := []map[string]any{}
	decoder := json.NewDecoder(strings.NewReader(l.Take()))
	for decoder.More() {
		var line map[string]any
		require.NoError(t, decoder.Decode(&line))
		lines = append(lines, line)
	}
	return lines
}

// observed counts the Observer's events.
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
