package check

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	uses   = regexp.MustCompile(`(?m)^\s*(?:- )?uses: (.*)$`)
	pinned = regexp.MustCompile(`^([\w-]+/[\w./-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)$`)
)

// A third-party action is pinned by commit, with its version in a comment, and
// everywhere to the same one. actionlint checks the syntax.
func TestActionsArePinned(t *testing.T) {
	files, err := filepath.Glob("../../.github/workflows/*.yml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	seen := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, found := range uses.FindAllStringSubmatch(string(text), -1) {
			if strings.HasPrefix(found[1], "./") {
				continue
			}
			action := pinned.FindStringSubmatch(found[1])
			if !assert.NotNil(t, action, "%s: %s", filepath.Base(file), found[1]) {
				continue
			}
			if commit, known := seen[action[1]]; known {
				assert.Equal(t, commit, action[2], "%s: %s", filepath.Base(file), action[1])
			}
			seen[action[1]] = action[2]
		}
	}
	assert.NotEmpty(t, seen)
}

// A workflow's token may read; a job that needs more says so itself.
func TestWorkflowsBeginWithoutRights(t *testing.T) {
	files, err := filepath.Glob("../../.github/workflows/*.yml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Contains(t, string(text), "\npermissions:\n  contents: read\n\n", filepath.Base(file))
	}
}

// The compiler is the same in go.mod, in the image and in the workflows.
func TestOneVersionOfGo(t *testing.T) {
	module, err := os.ReadFile("../../go.mod")
	require.NoError(t, err)
	version := regexp.MustCompile(`(?m)^go (.*)$`).FindStringSubmatch(string(module))
	require.NotNil(t, version)
	for _, file := range []string{"../../Dockerfile", "../../.github/workflows/ci.yml"} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		images := regexp.MustCompile(`library/golang:([\d.]+)-`).FindAllStringSubmatch(string(text), -1)
		require.NotEmpty(t, images, file)
		for _, image := range images {
			assert.Equal(t, version[1], image[1], file)
		}
	}
}
