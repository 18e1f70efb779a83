package cli

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/test/program"
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
	program.WriteFile(t, file, comparedList)
	out, err := checkWith(t, nil, "--compare", file)
	require.NoError(t, err)
	assert.Regexp(t, `^5 people on the list, compared with Suger at http://127\.0\.0\.1:\d+, organization sandboxed\. Nothing was changed\.

Would be refused: 1
  opal\.sail                                The userName "opal\.sail" is not an e-mail address, .* \[username_not_email\]

Not on the list, with access in Suger: 22
(?:  .+@example\.com +[\w ]+\n){22}
Would be created: 2
  former@example\.com                       VIEWER
  new\.person@example\.com                   Finance

Without access, would get it back: 0

Would hold another role: 1
  viewer@example\.com                       VIEWER -> EDITOR

Unchanged: 1
$`, out)
}

func TestCheckCompareAsJSON(t *testing.T) {
	file := filepath.Join(t.TempDir(), "people.json")
	program.WriteFile(t, file, `[{"userName":"viewer@example.com","role":"EDITOR"}]`)
	out, err := checkWith(t, nil, "--json", "--compare", file)
	require.NoError(t, err)
	var forecasts []mapping.Forecast
	require.NoError(t, json.Unmarshal([]byte(out), &forecasts))
	require.Len(t, forecasts, 24)
	assert.Equal(t, mapping.Forecast{UserName: "viewer@example.com", Effect: "role", Before: "VIEWER", After: "EDITOR"}, forecasts[0])
}

func TestCheckCompareFails(t *testing.T) {
	file := filepath.Join(t.TempDir(), "people.csv")
	_, err := checkWith(t, nil, "--compare", file)
	require.ErrorContains(t, err, "--compare: open "+file)
	program.WriteFile(t, file, comparedList)
	_, err = checkWith(t, map[string]string{"SUGER_CREDENTIAL": "another-key"}, "--compare", file)
	require.ErrorContains(t, err, "Suger does not accept the API key")
	for _, other := range []string{"--write=new@example.com", "--suggest=draft.yaml"} {
		_, err = checkWith(t, nil, "--compare", file, other)
		require.EqualError(t, err, "--compare makes no check: use it without --write and --suggest")
	}
	program.WriteFile(t, file, "userName\n\n")
	_, err = checkWith(t, nil, "--compare", file)
	require.ErrorContains(t, err, "--compare: "+file+": there is nobody on the list")
	program.WriteFile(t, file, strings.Repeat("x", maxPeopleFile+1))
	_, err = checkWith(t, nil, "--compare", file)
	require.ErrorContains(t, err, "has more than 67108864 bytes")
}

// peopleLists are lists that can be read, all of the same two people.
var peopleLists = map[string]string{
	"CSV":                             "userName,role\nada@example.com,ADMIN\nbo@example.com,\n",
	"CSV with other titles":           "Email,Suger Role\nada@example.com,ADMIN\nbo@example.com,\n",
	"CSV with columns beside":         "id,login,status,sugerRole\n1,ada@example.com,ACTIVE,ADMIN\n2,bo@example.com,ACTIVE,\n",
	"CSV of a spreadsheet":            "\ufeffUserName,Role\r\n\"ada@example.com\",\"ADMIN\"\r\nbo@example.com,\r\n",
	"CSV with blanks":                 "user_name, role\n ada@example.com , ADMIN \n bo@example.com ,\n",
	"CSV with a login in place":       "userName,login,role\n,ada@example.com,ADMIN\n,bo@example.com,\n",
	"the user name before the e-mail": "email,username,role\nx@example.com,ada@example.com,ADMIN\ny@example.com,bo@example.com,\n",
	"JSON":                            `[{"userName":"ada@example.com","role":"ADMIN"},{"userName":"bo@example.com"}]`,
	"JSON of Okta's API": ` [{"id":"00u1","credentials":{"userName":"ada@example.com"},"profile":{"sugerRole":"ADMIN","email":"ada@example.com"}},
		{"id":"00u2","credentials":{"userName":"bo@example.com"},"profile":{"sugerRole":null}}]`,
}

func TestParsePeople(t *testing.T) {
	for name, text := range peopleLists {
		t.Run(name, func(t *testing.T) {
			people, err := parsePeople([]byte(text))
			require.NoError(t, err)
			assert.Equal(t, []mapping.Person{{UserName: "ada@example.com", Role: "ADMIN"}, {UserName: "bo@example.com"}}, people)
		})
	}
}

func TestParsePeopleRefuses(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"nothing", "", "there is nobody on the list"},
		{"titles only", "userName,role\n", "there is nobody on the list"},
		{"an empty JSON list", "[]", "there is nobody on the list"},
		{"no title line", "ada@example.com,ADMIN\n", "the first line has no column userName, login or email; separate columns by commas"},
		{"a row with too few cells", "userName,role\nada@example.com\n", "record on line 2: wrong number of fields"},
		{"a quote that is not closed", "userName\n\"ada", "parse error on line 2, column 5: extraneous or missing"},
		{"a name that is missing", "userName,role\n,ADMIN\n", "entry 1 has no user name"},
		{"a name that comes twice", "userName\nada@example.com\nADA@example.com\n", "ADA@example.com is on the list twice, as entry 1 and 2"},
		{"JSON of something else", `[1]`, "not a list of people: "},
		{"JSON that is cut off", `[{"userName":`, "not a list of people: "},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := parsePeople([]byte(test.text))
			assert.ErrorContains(t, err, test.want)
		})
	}
}

func FuzzParsePeople(f *testing.F) {
	for _, text := range peopleLists {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		people, err := parsePeople(text)
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, person := range people {
			assert.NotEmpty(t, person.UserName)
			assert.False(t, seen[strings.ToLower(person.UserName)], "nobody twice")
			seen[strings.ToLower(person.UserName)] = true
		}
		assert.NotEmpty(t, people)
	})
}
