package scim

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// patchUser and patchGroup are the made-up resources that PATCH is tried on.
const (
	patchUser = `{
		"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:suger:2.0:User"],
		"id":"u1","userName":"ada@example.com","displayName":"Ada Sample","active":true,
		"name":{"givenName":"Ada","familyName":"Sample","formatted":"Ada Sample"},
		"emails":[{"value":"ada@example.com","type":"work","primary":true}],
		"roles":[{"value":"EDITOR","display":"Editor","type":"suger","primary":true}],
		"groups":[{"value":"EDITOR","display":"Editor"}],
		"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"role":"EDITOR","status":"ACTIVE","seats":3,"since":"2026-01-01T00:00:00Z","tags":["x","y"]},
		"meta":{"resourceType":"User","created":"2026-01-01T00:00:00Z","version":"W/\"1\""}}`
	patchGroup = `{
		"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"id":"g1","displayName":"Suger Admins",
		"members":[{"value":"u1","display":"ada@example.com"},{"value":"u2","display":"bo@example.com"}]}`
)

// patchCase is a PATCH of patchUser, or of patchGroup if group is set.
type patchCase struct {
	name       string
	group      bool
	operations string
	want       string // attributes that differ afterwards; null for one that is gone
	code       Code   // of the error; "" for success
}

func (c patchCase) run(t *testing.T) {
	rt, current := gatewayUser(), object(t, patchUser)
	if c.group {
		rt, current = wholeGroup(), object(t, patchGroup)
	}
	got, err := patched(t, rt, current, c.operations)
	if c.code != "" {
		requireClientError(t, err, c.code)
		require.Nil(t, got)
		return
	}
	require.NoError(t, err)
	want := Resource(current)
	if c.want != "" {
		for name, value := range object(t, c.want) {
			want[name] = value
			if value == nil {
				delete(want, name)
			}
		}
	}
	assert.Equal(t, want, got)
}
