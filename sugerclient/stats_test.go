package sugerclient

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A notebook is an Observer that records its events.
type notebook struct {
	mu    sync.Mutex
	lines []string
}

func (n *notebook) Called(operation string, status int, elapsed time.Duration) {
	n.note("called " + operation + " " + strconv.Itoa(status))
	if elapsed < 0 {
		n.note("negative time")
	}
}

func (n *notebook) Retried(operation string) { n.note("retried " + operation) }

func (n *notebook) note(line string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lines = append(n.lines, line)
}

func TestObserverSeesEachCall(t *testing.T) {
	s := serve(t, reset, say(503, ``), say(200, `[]`), say(404, ``))
	notes := &notebook{}
	client, _ := newClient(t, s.URL, func(cfg *Config) { cfg.Observer = notes })
	_, err := client.Do(t.Context(), testKey, listUsers)
	require.NoError(t, err)
	_, err = client.Do(t.Context(), testKey, removeUser)
	require.Error(t, err)
	assert.Equal(t, []string{
		"called list users 0", "retried list users",
		"called list users 503", "retried list users",
		"called list users 200",
		"called remove user 404",
	}, notes.lines)
}

func TestStatsAreKeptPerContext(t *testing.T) {
	s := serve(t, say(429, ``), say(200, `[]`))
	client, _ := newClient(t, s.URL)
	ctx1, stats1 := WithStats(t.Context())
	ctx2, stats2 := WithStats(t.Context())
	_, err := client.Do(ctx1, testKey, listUsers)
	require.NoError(t, err)
	_, err = client.Do(ctx2, testKey, listUsers)
	require.NoError(t, err)
	_, err = client.Do(t.Context(), testKey, listUsers)
	require.NoError(t, err)
	assert.Equal(t, []int64{2, 1}, []int64{stats1.Calls(), stats2.Calls()})
}
