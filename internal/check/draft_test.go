package check

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/mapping/spec"
)

// A change reads the same in a sentence and in JSON.
func TestChangesOfSeveralKeys(t *testing.T) {
	change := fix("operations.list users.paging", pagingValue(spec.PagingMap{Style: "offset", Size: 100, Limit: "limit", Next: "offset"}))
	assert.Equal(t, "Set paging: {style: offset, size: 100, limit: limit, next: offset}.", say(change))
	data, err := json.Marshal(change)
	require.NoError(t, err)
	assert.JSONEq(t, `{"entry": "operations.list users.paging", "value": {"style": "offset", "size": 100, "limit": "limit", "next": "offset"}}`, string(data))
}
