package cli

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
)

var settingInText = regexp.MustCompile(`\b(?:SUGER|GATEWAY)_[A-Z_]*[A-Z]\b`)

// What is deployed beside the program sets only what the program knows.
func TestDeploymentSetsKnownSettings(t *testing.T) {
	known := settingNames()
	used := 0
	require.NoError(t, filepath.WalkDir("deploy", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) == ".go" {
			return err
		}
		text, err := os.ReadFile(path)
		for _, name := range settingInText.FindAllString(string(text), -1) {
			used++
			assert.True(t, slices.Contains(known, name), "%s sets %s", path, name)
		}
		return err
	}))
	assert.NotZero(t, used)
}

// The chart's schema has each setting that is no secret, but for those that the
// chart makes itself, and its helper has each secret.
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
	names := settingNames()
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
