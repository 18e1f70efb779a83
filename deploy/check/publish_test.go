package check

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// One command writes the published names into a copy of the tree; it builds
// with them, and the linker's flags still set the version.
func TestPublishAs(t *testing.T) {
	folder := t.TempDir()
	copyTree(t, folder)
	run := func(name string, args ...string) string {
		command := exec.CommandContext(t.Context(), name, args...)
		command.Dir = folder
		out, err := command.CombinedOutput()
		require.NoError(t, err, string(out))
		return string(out)
	}
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(folder, name))
		require.NoError(t, err)
		return string(text)
	}
	const repository, image = "github.com/Example/gateway-for-suger", "ghcr.io/example/gateway-for-suger"
	run(".ci/publish-as", repository)
	run("go", "list", "-deps", "-test", "./...") // every import is found, those of tests, too
	binary := filepath.Join(t.TempDir(), "program")
	run(".ci/compile", ".", "1.2.3", "abc", binary)
	assert.Contains(t, run(binary, "--version"), " 1.2.3\ncommit abc\n")
	assert.Equal(t, repository+"\n", run("go", "list", "-m"))
	assert.Empty(t, run("gofmt", "-l", "."))

	assert.Contains(t, read("README.md"), "REPOSITORY="+repository+" IMAGE="+image+" ")
	assert.Contains(t, read("deploy/helm/suger-scim-gateway/values.yaml"), "\n  repository: "+image+"\n")
	assert.Contains(t, read("deploy/kubernetes/kustomization.yaml"), "\n    newName: "+image+"\n")
	assert.Contains(t, read(".golangci.yml"), "pkg: "+repository+"/sugerclient\n")
	assert.Contains(t, read("Dockerfile"), "-X "+repository+"/internal/cli.version=")
	assert.Contains(t, read("deploy/check/go.mod"), "module "+repository+"/deploy/check\n")
	assert.Contains(t, read("deploy/systemd/suger-scim-gateway.service"), "=/etc/suger-scim-gateway/settings.env\n")
}

func TestPublishAsRefuses(t *testing.T) {
	for name, args := range map[string][]string{
		"no name":                   {},
		"a URL":                     {"https://github.com/example/gateway"},
		"an owner without its host": {"example/gateway"},
		"an image in upper case":    {"github.com/example/gateway", "ghcr.io/Example/gateway"},
	} {
		t.Run(name, func(t *testing.T) {
			command := exec.CommandContext(t.Context(), "../../.ci/publish-as", args...)
			assert.Error(t, command.Run())
		})
	}
}

// copyTree copies git's files and untracked ones.
func copyTree(t *testing.T, folder string) {
	t.Helper()
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	command := exec.CommandContext(t.Context(), "bash", "-c", `git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' f; do [ -e "$f" ] && printf '%s\0' "$f"; done | tar --create --null --files-from=- | tar --extract --directory "$1"`, "copy", folder)
	command.Dir = root
	out, err := command.CombinedOutput()
	require.NoError(t, err, string(out))
}
