package strict_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDecodeLimits(t *testing.T) {
	const size = 64 << 10
	fill := func(text string) string { return text + strings.Repeat("#", size-len(text)) }
	nested := func(depth int) string { // any itself is the second level
		return "version: 1\nany: " + strings.Repeat("[", depth-1) + strings.Repeat("]", depth-1)
	}
	tests := []struct {
		name, text string
		want       []string
	}{
		{"largest document", fill("version: 1\n"), []string{}},
		{"one byte more", fill("version: 1\n") + "#", []string{"doc.yaml:1:1: the document has more than 64 KiB"}},
		{"deepest document", nested(32), []string{}},
		{"one level more", nested(33), []string{
			"doc.yaml:2:37: any" + strings.Repeat("[0]", 31) + ": maps and lists are nested more than 32 deep"}},
		{"as deep as the library goes", "version: 1\nany: " + strings.Repeat("[", 20000), []string{
			"doc.yaml:2:1: not YAML: exceeded max depth of 10000" + yamlAdvice}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, problemsOf(t, test.text))
		})
	}
}

func TestDecodeReportsAHundredProblems(t *testing.T) {
	text := "version: 1\nlabels:\n"
	for i := range 103 {
		text += fmt.Sprintf("  l%d: 1\n", i)
	}
	problems := problemsOf(t, text)
	require.Len(t, problems, 101)
	assert.Equal(t, `doc.yaml:102:3: labels.l99: got number, want string`, problems[99])
	assert.Equal(t, "doc.yaml:102:3: too many problems; 3 more are not shown", problems[100])
}

func TestProblemsOfALargeDocumentStayShort(t *testing.T) {
	const deep = 29
	key := strings.Repeat("k", 127)
	text := "version: 1\nany: " + strings.Repeat("{"+key+": ", deep) +
		"[&a 1" + strings.Repeat(", *a", 12000) + "]" + strings.Repeat("}", deep)
	problems := problemsOf(t, text)
	require.Len(t, problems, 101)
	assert.Less(t, len(strings.Join(problems, "\n")), 1<<19)
}
