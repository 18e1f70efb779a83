package cli

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/mapping"
)

// comparedList has one person for each effect; the sandbox's other 21 people
// are absent but for two who have no access.
const comparedList = `userName,role
new.person@example.com,Finance
viewer@example.com,EDITOR
former@example.com,
admin@example.com,ADMIN
opal.sail,VIEWER
`

func TestCheckCompare(t *testing.T) {
	file := filepath.Join(t.TempDir(), "people.csv")
	writeFile(t, file, comparedList)
	out, err := checkWith(t, nil, "--compare", file)
	require.NoError(t, err)
	assert.Regexp(t, `^5 people on the list, compared with Suger at http://127\.0\.0\.1:\d+, organization sandboxed\. Nothing was changed\.

Would be refused: 1
  opal\.sail                                The userName "opal\.sail" is not an e-mail address, .* \[username_not_email\]

Not on the list, with access in Suger: 21
(?:  .+@example\.com +[\w ]+\n){21}
Would be created: 1
  new\.person@example\.com                   Finance

Without access, would get it back: 1
  former@example\.com                       EDITOR

Would hold another role: 1
  viewer@example\.com                       VIEWER -> EDITOR

Unchanged: 1
$`, out)
}

func TestCheckCompareAsJSON(t *testing.T) {
	file := filepath.Join(t.TempDir(), "people.json")
	writeFile(t, file, `[{"userName":"viewer@example.com","role":"EDITOR"}]`)
	out, err := checkWith(t, nil, "--json", "--compare", file)
	require.NoError(t, err)
	var forecasts []mapping.Forecast
	require.NoError(t, json.Unmarshal([]byte(out), &forecasts))
	require.Len(t, forecasts, 23)
	assert.Equal(t, mapping.Forecast{UserName: "viewer@example.com", Effect: "role", Before: "VIEWER", After: "EDITOR"}, forecasts[0])
}

func TestCheckCompareFails(t *testing.T) {
	file := filepath.Join(t.TempDir(), "people.csv")
	_, err := checkWith(t, nil, "--compare", file)
	require.ErrorContains(t, err, "--compare: open "+file)
	writeFile(t, file, comparedList)
	_, err = checkWith(t, map[string]string{"SUGER_CREDENTIAL": "another-key"}, "--compare", file)
	require.ErrorContains(t, err, "Suger does not accept the API key")
}
