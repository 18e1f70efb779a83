package documents

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/settings"
)

var (
	settingRow = regexp.MustCompile("^\\| `((?:SUGER|GATEWAY)_[A-Z_]+)` \\|(.*)\\|(.*)\\|$")
	linkText   = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
)

// The README's table of settings equals the program's own descriptions, except
// for links and code spans. _FILE variables have no rows: the README describes
// them once for all secrets.
func TestReadmeDescribesEverySetting(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	plain := func(cell string) string {
		return strings.TrimSpace(strings.ReplaceAll(linkText.ReplaceAllString(cell, "$1"), "`", ""))
	}
	documented := map[string][2]string{}
	for line := range strings.Lines(string(readme)) {
		if cells := settingRow.FindStringSubmatch(strings.TrimSpace(line)); cells != nil {
			documented[cells[1]] = [2]string{plain(cells[2]), plain(cells[3])}
		}
	}
	known, described := map[string][2]string{}, map[string]bool{}
	for _, setting := range settings.Describe() {
		known[setting.Name] = [2]string{setting.Default, setting.Meaning}
		described[setting.Name] = true
		if setting.Secret {
			described[setting.Name+"_FILE"] = true
		}
	}
	assert.Equal(t, known, documented)
	for _, name := range settings.Names() {
		assert.True(t, described[name], "%s has no meaning", name)
	}
}

// Documents name only existing settings.
func TestDocumentsNameSettings(t *testing.T) {
	known := map[string]bool{}
	for _, name := range settings.Names() {
		known[name] = true
	}
	require.NotEmpty(t, known)
	for _, file := range documents(t) {
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, name := range settingInText.FindAllString(string(source), -1) {
			assert.True(t, known[name], "%s names %s, which is not a setting", file, name)
		}
	}
}

var settingInText = regexp.MustCompile(`\b(?:SUGER|GATEWAY)_[A-Z_]*[A-Z]\b`)

func TestDeploymentSetsKnownSettings(t *testing.T) {
	known := settings.Names()
	used := 0
	require.NoError(t, filepath.WalkDir("deploy", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) == ".go" {
			return err
		}
		text, err := os.ReadFile(path)
		for _, name := range settingInText.FindAllString(string(text), -1) {
			used++
			assert.True(t, slices.Contains(known, name), "%s sets %s, which is not a setting", path, name)
		}
		return err
	}))
	assert.NotZero(t, used)
}

// The chart's schema has every setting that is neither a secret nor set by the chart
// itself, and its helper has every secret.
func TestChartKnowsEverySetting(t *testing.T) {
	const chart = "deploy/helm/suger-scim-gateway/"
	source, err := os.ReadFile(chart + "values.schema.json")
	require.NoError(t, err)
	var schema struct {
		Properties struct {
			Config struct {
				Properties map[string]any
			}
		}
	}
	require.NoError(t, json.Unmarshal(source, &schema))
	helpers, err := os.ReadFile(chart + "templates/_helpers.tpl")
	require.NoError(t, err)

	made := []string{"GATEWAY_ADDR", "GATEWAY_OPS_ADDR", "GATEWAY_MAPPING", "GATEWAY_TLS_CERT", "GATEWAY_TLS_KEY"}
	names := settings.Names()
	var plain []string
	for _, name := range names {
		switch secret := slices.Contains(names, name+"_FILE"); {
		case secret:
			assert.Contains(t, string(helpers), `"`+name+`" $keys.`)
		case !strings.HasSuffix(name, "_FILE") && !slices.Contains(made, name):
			plain = append(plain, name)
		}
	}
	require.NotEmpty(t, plain)
	assert.ElementsMatch(t, plain, slices.Collect(maps.Keys(schema.Properties.Config.Properties)))
}
