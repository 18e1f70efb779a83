package check

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// settingNames returns the variables that the program reads, by their
// declarations.
func settingNames(t *testing.T) []string {
	t.Helper()
	source, err := os.ReadFile("../../internal/settings/settings.go")
	require.NoError(t, err)
	var names []string
	for _, found := range regexp.MustCompile("(\\S+)\\s+`envconfig:\"(\\w+)\"").FindAllStringSubmatch(string(source), -1) {
		names = append(names, found[2])
		if found[1] == "*secret" {
			names = append(names, found[2]+"_FILE")
		}
	}
	require.Greater(t, len(names), 30)
	return names
}

// The chart accepts every setting: in config or in separate values, and secrets
// as keys of a Secret that is mounted as files.
func TestChartPassesEverySetting(t *testing.T) {
	const madeByTheChart = "GATEWAY_ADDR GATEWAY_OPS_ADDR GATEWAY_MAPPING GATEWAY_TLS_CERT GATEWAY_TLS_KEY"
	args := []string{
		"--set", "secrets.existingSecret=scim",
		"--set", "secrets.keys.credential=a,secrets.keys.tokens=b,secrets.keys.cursorSecret=c,secrets.keys.auditKey=d,secrets.keys.opsToken=e",
		"--set", "mapping.existingConfigMap=mapping,tls.existingSecret=tls",
	}
	names := settingNames(t)
	given := map[string]string{}
	for _, name := range names {
		secret := slices.Contains(names, name+"_FILE") || strings.HasSuffix(name, "_FILE")
		if !secret && !strings.Contains(madeByTheChart, name) {
			given[name] = "value of " + name
			args = append(args, "--set-string", "config."+name+"="+given[name])
		}
	}
	s := newSet(t, decode(t, render(t, args...)))
	checkFiles(t, s)
	environment := s.configMaps[s.configMapOfSettings(t)].Data
	for _, name := range names {
		if !slices.Contains(names, name+"_FILE") { // else its file is what is set
			assert.Contains(t, environment, name)
		}
		if value, ok := given[name]; ok {
			assert.Equal(t, value, environment[name], name)
		}
	}
}

// Whatever settings.env has is in the pod's environment.
func TestManifestsPassEverySetting(t *testing.T) {
	folder := t.TempDir()
	require.NoError(t, os.CopyFS(folder, os.DirFS("../kubernetes")))
	want := map[string]string{}
	var lines []string
	for _, name := range settingNames(t) {
		want[name] = "value of " + name
		lines = append(lines, name+"="+want[name])
	}
	require.NoError(t, os.WriteFile(filepath.Join(folder, "settings.env"), []byte(strings.Join(lines, "\n")), 0o600))
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), folder)
	require.NoError(t, err)
	text, err := built.AsYaml()
	require.NoError(t, err)
	s := newSet(t, decode(t, string(text)))
	assert.Equal(t, want, s.configMaps[s.configMapOfSettings(t)].Data)
	assert.Empty(t, s.pod().Spec.Containers[0].Env, "an env entry would win over settings.env")
}

// The unit reads its environment from one file and does not change it.
func TestUnitPassesEverySetting(t *testing.T) {
	unit, err := os.ReadFile("../systemd/suger-scim-gateway.service")
	require.NoError(t, err)
	var about []string
	for line := range strings.Lines(string(unit)) {
		if regexp.MustCompile(`^(Environment|EnvironmentFile|PassEnvironment|UnsetEnvironment|ExecSearchPath|ExecStart)=`).MatchString(line) {
			about = append(about, strings.TrimSpace(line))
		}
	}
	assert.Equal(t, []string{
		"ExecStart=/usr/local/bin/suger-scim-gateway serve",
		"EnvironmentFile=/etc/suger-scim-gateway/settings.env",
	}, about)
}
