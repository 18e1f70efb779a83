package throttle

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestQuota(t *testing.T) {
	q := NewQuota[string](3, 2)
	var held []func()
	for _, owner := range []string{"ada", "ada", "bob"} {
		release, ok := q.Try(owner)
		require.True(t, ok, owner)
		held = append(held, release)
	}
	_, ok := q.Try("ada")
	assert.False(t, ok, "more than its share")
	_, ok = q.Try("bob")
	assert.False(t, ok, "more than there is")
	held[0]()
	release, ok := q.Try("bob")
	require.True(t, ok)
	for _, release := range append(held[1:], release) {
		release()
	}
	assert.Empty(t, q.owners, "idle owners are forgotten")
}

func TestQuotaServesInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewQuota[int](10, 1)
		first, err := q.Wait(t.Context(), 1, 1)
		require.NoError(t, err)
		gone, hangUp := context.WithCancel(t.Context())
		go func() {
			_, err := q.Wait(gone, 1, 1)
			assert.ErrorIs(t, err, context.Canceled)
		}()
		synctest.Wait()
		var order []int
		for i := range 5 {
			go func() {
				release, err := q.Wait(t.Context(), 1, 1)
				assert.NoError(t, err)
				order = append(order, i)
				release()
			}()
			synctest.Wait()
		}
		assert.Equal(t, 7, q.owners[1].users)
		hangUp()
		first()
		synctest.Wait()
		assert.Equal(t, []int{0, 1, 2, 3, 4}, order)
		assert.Empty(t, q.owners)
	})
}
