package conversation

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestCompareJSON(t *testing.T) {
	assert.Empty(t, CompareJSON(`{"a":"<any>","<more>":true}`, `{"a":[1],"b":2}`))
	assert.Equal(t, []string{`answer.a: want 1, got 2`}, CompareJSON(`{"a":1}`, `{"a":2}`))
	assert.Contains(t, CompareJSON(`{`, `{}`)[0], "the pattern is not JSON")
	assert.Contains(t, CompareJSON(`{}`, `curl: (7) refused`)[0], "not JSON")
}

func TestCompareText(t *testing.T) {
	assert.Empty(t, CompareText("one <any>\nthree\n", "one two\nlines\nthree"))
	assert.Equal(t, []string{`want "one", got "two"`}, CompareText("one", "two"))
}
