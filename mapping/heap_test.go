package mapping_test

import (
	"fmt"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/mapping"
)

// heapInUse returns the reachable memory in bytes.
func heapInUse() int64 {
	runtime.GC()
	runtime.GC() // also frees what had finalizers
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// The lists of an evicted organization are freed at once, not only when they expire.
func TestEvictedListsAreFreed(t *testing.T) {
	const (
		people, most = 600, 100
		least        = 100 << 10 // bytes of a list with this many people
	)
	keys := make([]string, 3*most)
	for i := range keys {
		keys[i] = fmt.Sprintf("key-number-%d", i)
	}
	s := newStand(t, func(u *setup) {
		u.sandbox.People, u.sandbox.Keys = people, keys
		u.config.ListTTL = time.Hour
	})
	read := func(keys []string) int64 {
		for _, key := range keys {
			caller := s.caller
			caller.Credential = mapping.Credential(key)
			_, err := s.service.Users(caller).List(t.Context(), &scim.Query{Count: 1})
			require.NoError(t, err)
		}
		return heapInUse()
	}
	first := read(keys[:most])
	more := read(keys[most:]) - first
	assert.Less(t, more, int64(most*least), "%d more lists must not use more memory", 2*most)
	t.Logf("%.1f MB more", float64(more)/(1<<20))
	runtime.KeepAlive(s)
}

// The list of an organization of 100,000 users needs far less than 200 MB, which is
// what the product promises for the whole process.
func TestMemoryOfALargeOrganization(t *testing.T) {
	const people = 100_000
	const most = 100 << 20
	s := newStand(t, func(u *setup) { u.sandbox.People = people - 8 })
	for offset := 0; offset < people; offset += 1000 {
		page := httptest.NewRequestWithContext(t.Context(), "GET", fmt.Sprintf("/org/%s/user?offset=%d", sandbox.DefaultOrganization, offset), nil)
		page.Header.Set("Authorization", "Key "+standKey)
		s.suger.ServeHTTP(httptest.NewRecorder(), page)
	}
	before := heapInUse() // includes the sandbox's own users and their rows
	page, err := s.users().List(t.Context(), &scim.Query{Count: 1})
	require.NoError(t, err)
	require.Equal(t, people, page.TotalResults)
	held := heapInUse() - before
	require.True(t, s.service.HoldsUsers(s.caller))
	assert.Less(t, held, int64(most))
	t.Logf("a list of %d users takes %.1f MB", people, float64(held)/(1<<20))
	runtime.KeepAlive(s)
}

func TestExpiredListIsFreed(t *testing.T) {
	s := newStand(t, func(u *setup) { u.config.ListTTL = time.Millisecond })
	_, err := s.listUsers("")
	require.NoError(t, err)
	require.True(t, s.service.HoldsUsers(s.caller))
	s.expireList()
	require.Eventually(t, func() bool { return !s.service.HoldsUsers(s.caller) }, time.Minute, 10*time.Millisecond)
}
