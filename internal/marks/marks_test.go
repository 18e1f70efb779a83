package marks_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"suger-scim-gateway/internal/marks"
)

func TestMarks(t *testing.T) {
	m := marks.New()
	assert.Equal(t, m.Of("a", "b"), m.Of("a", "b"))
	seen := map[marks.Mark]string{}
	for _, texts := range [][]string{{}, {""}, {"a"}, {"", "a"}, {"a", ""}, {"ab"}, {"a", "b"}, {"b", "a"}, {"a", "b", ""}} {
		mark := m.Of(texts...)
		assert.Empty(t, seen[mark], "%q", texts)
		seen[mark] = fmt.Sprintf("%q", texts)
		assert.NotEqual(t, mark, marks.New().Of(texts...), "each maker has a key of its own")
	}
}

func TestMarksAtOnce(t *testing.T) {
	m := marks.New()
	want := m.Of("secret", "organization")
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			for n := range 200 {
				m.Of(fmt.Sprint(n))
				assert.Equal(t, want, m.Of("secret", "organization"))
			}
		})
	}
	all.Wait()
}

func BenchmarkOf(b *testing.B) {
	m := marks.New()
	b.ReportAllocs()
	for b.Loop() {
		m.Of("a-key-of-usual-length-0123456789", "sandboxed")
	}
}
