package mapping_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"suger-scim-gateway/mapping"
)

// replaced returns text with one part replaced; the part must occur exactly once.
func replaced(t testing.TB, text, old, new string) string {
	t.Helper()
	require.Equal(t, 1, strings.Count(text, old), "%q", old)
	return strings.Replace(text, old, new, 1)
}

// A comment on every entry of the default mapping states its source.
func TestDefaultMappingSaysWhatIsDocumented(t *testing.T) {
	var document yaml.Node
	require.NoError(t, yaml.Unmarshal(mapping.DefaultSource(), &document))
	inParts := map[string]bool{"operations": true, "user": true, "user.roles": true, "role": true} // each of their entries has its own comment
	entries := 0
	var walk func(n *yaml.Node, path string)
	walk = func(n *yaml.Node, path string) {
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			at := strings.TrimPrefix(path+"."+key.Value, ".")
			if inParts[at] {
				walk(value, at)
				continue
			}
			entries++
			said := key.HeadComment + key.LineComment + value.HeadComment + value.LineComment
			assert.Regexp(t, "documented|data layer|convention", said, at)
		}
	}
	root := document.Content[0]
	require.Equal(t, "version", root.Content[0].Value) // the version of this project's file format
	walk(&yaml.Node{Content: root.Content[2:]}, "")
	assert.Greater(t, entries, 25)
}
