package main

import (
	"testing"

	"suger-scim-gateway/internal/test/program"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Reading through an organization of 100,000 users, page by page, is one walk
// through Suger's list and one of its roles, and the process stays small.
func TestLargeOrganization(t *testing.T) {
	const people, most = 100_000, 200 // megabytes
	binary := program.Binary(t)
	s, err := startStack(t.Context(), binary, people-fixedPeople, 0)
	require.NoError(t, err)
	t.Cleanup(s.stop)
	var found size
	found.People = people
	require.NoError(t, found.walk(t.Context(), newClient(1), s, binary))
	assert.Less(t, found.Resident, float64(most))
	assert.Positive(t, found.Resident)
	// A full last page does not say that it is the last.
	assert.LessOrEqual(t, found.WalkCalls, people/1000+1+1)
	t.Logf("%.0f MB, %d calls", found.Resident, found.WalkCalls)
}
