package mapping

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Of claims that conflict the earlier one goes first, also while it waits itself.
func TestClaims(t *testing.T) {
	names := func(names ...string) *claim { return &claim{organization: "a", names: names} }
	for name, test := range map[string]struct {
		held, waits, goes *claim
	}{
		"names":                  {names("x", "y"), names("z", "y"), names("v")},
		"all of an organization": {names("x"), &claim{organization: "a", exclusive: true}, &claim{organization: "b", names: []string{"x"}}},
		"some of what is whole":  {&claim{organization: "a", exclusive: true}, names("x"), &claim{organization: "b", exclusive: true}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var l locks
				require.NoError(t, l.acquire(t.Context(), test.held))
				var order []string
				wait := func(name string, c *claim) {
					go func() {
						if assert.NoError(t, l.acquire(t.Context(), c)) {
							order = append(order, name)
							l.release(c)
						}
					}()
					synctest.Wait()
				}
				wait("second", test.waits)
				wait("third", &claim{organization: "a", names: append([]string{"v2"}, test.waits.names...), exclusive: test.waits.exclusive})
				assert.Empty(t, order)
				require.NoError(t, l.acquire(t.Context(), test.goes), "nobody who waits is in its way")
				l.release(test.goes)
				l.release(test.held)
				synctest.Wait()
				assert.Equal(t, []string{"second", "third"}, order)
				assert.Empty(t, l.claims)
			})
		})
	}
}

// A claim that is given up blocks nobody.
func TestClaimGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l locks
		held, last := &claim{names: []string{"x"}}, &claim{names: []string{"y"}}
		require.NoError(t, l.acquire(t.Context(), held))
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		assert.ErrorIs(t, l.acquire(ctx, &claim{names: []string{"x", "y"}}), context.Canceled)
		require.NoError(t, l.acquire(t.Context(), last))
		l.release(last)
		l.release(held)
		assert.Empty(t, l.claims)
	})
}
