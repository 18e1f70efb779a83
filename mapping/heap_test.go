package mapping_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
)

// heapInUse is the memory that is reachable, in bytes.
func heapInUse() int64 {
	runtime.GC()
	runtime.GC() // what the first one has freed through finalizers
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// The list of an organization of 100,000 users stays well below 200 MB, which is
// what the product promises for the whole process.
func TestMemoryOfALargeOrganization(t *testing.T) {
	const people = 100_000
	const most = 100 << 20
	s := newStand(t, func(u *setup) { u.sandbox.People = people - 8 })
	before := heapInUse() // with the sandbox's own users
	page, err := s.users().List(t.Context(), &scim.Query{Count: 1})
	require.NoError(t, err)
	require.Equal(t, people, page.TotalResults)
	held := heapInUse() - before
	require.True(t, s.service.HoldsUsers(s.caller))
	assert.Less(t, held, int64(most))
	t.Logf("a list of %d users takes %.1f MB", people, float64(held)/(1<<20))
	runtime.KeepAlive(s)
}

// A list that is too old to be used does not stay in memory.
func TestOldListIsDropped(t *testing.T) {
	s := newStand(t, func(u *setup) { u.config.ListTTL = time.Millisecond })
	_, err := s.listUsers("")
	require.NoError(t, err)
	require.True(t, s.service.HoldsUsers(s.caller))
	s.old()
	require.Eventually(t, func() bool { return !s.service.HoldsUsers(s.caller) }, 20*time.Second, 10*time.Millisecond)
}
