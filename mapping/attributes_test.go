package mapping_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping/spec"
)

// possibleAttributes returns the attributes that a mapping can use, as the schema of
// mapping files lists them.
func possibleAttributes(t *testing.T) (names []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("spec", "mapping.schema.json"))
	require.NoError(t, err)
	var schema struct {
		Definitions struct {
			UserMap struct {
				Properties struct {
					Attributes struct {
						Properties map[string]struct {
							Not any `json:"not"`
						} `json:"properties"`
					} `json:"attributes"`
				} `json:"properties"`
			} `json:"UserMap"`
		} `json:"$defs"`
	}
	require.NoError(t, json.Unmarshal(text, &schema))
	for name, attribute := range schema.Definitions.UserMap.Properties.Attributes.Properties {
		if attribute.Not == nil {
			names = append(names, name)
		}
	}
	return names
}

// Every attribute that a mapping can use is read and written in its SCIM place.
func TestEveryPossibleAttribute(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("variants", "commands.yaml"))
	require.NoError(t, err)
	held := []string{"userName", "name.givenName", "name.familyName"} // mapped by the variant already
	possible := slices.DeleteFunc(possibleAttributes(t), func(name string) bool { return slices.Contains(held, name) })
	require.Contains(t, possible, "title")
	require.Contains(t, possible, scim.URNEnterpriseUser+":manager.value")
	for _, name := range possible {
		t.Run(name, func(t *testing.T) {
			changed := strings.NewReplacer("    title: title\n", "    "+name+": title\n", "{title}", "{"+name+"}").Replace(string(text))
			document, err := spec.Parse("commands.yaml", []byte(changed))
			require.NoError(t, err)
			suger, a := newCommandsWith(t, document)
			shows := func(want string, r scim.Resource) {
				t.Helper()
				assert.Equal(t, want, valueAt(r, name))
				assert.Equal(t, want, suger.person("person1@example.com").Title)
				inExtension := strings.HasPrefix(name, "urn:") && want != ""
				assert.Equal(t, inExtension, slices.Contains(r["schemas"].([]any), any(scim.URNEnterpriseUser)))
			}

			got, err := a.getUser("101")
			require.NoError(t, err)
			shows("Keeper", got)
			got, err = a.patchUser("101", `{"op":"replace","value":`+with(t, scim.Resource{}, name, "Sailor")+`}`)
			require.NoError(t, err)
			shows("Sailor", got)
			got, err = a.patchUser("101", fmt.Sprintf(`{"op":"replace","path":%q,"value":"Cook"}`, name))
			require.NoError(t, err)
			shows("Cook", got)
			got, err = a.putUser("101", with(t, got, name, "Mate"))
			require.NoError(t, err)
			shows("Mate", got)
			got, err = a.putUser("101", with(t, got, name, ""))
			require.NoError(t, err)
			shows("", got)

			_, err = a.postUser(with(t, scim.Resource{"userName": "nova@example.com"}, name, "Bosun"))
			require.NoError(t, err)
			assert.Equal(t, "Bosun", suger.person("nova@example.com").Title)
		})
	}
}

// placeOf returns the path of an attribute: the names of the objects around it, and
// its own.
func placeOf(name string) []string {
	if urn, local, ok := strings.Cut(name, scim.URNEnterpriseUser+":"); ok && urn == "" {
		return append([]string{scim.URNEnterpriseUser}, strings.Split(local, ".")...)
	}
	return strings.Split(name, ".")
}

// valueAt returns the value of a string attribute, or "".
func valueAt(r scim.Resource, name string) string {
	place := placeOf(name)
	object := map[string]any(r)
	for _, part := range place[:len(place)-1] {
		object, _ = object[part].(map[string]any)
	}
	value, _ := object[place[len(place)-1]].(string)
	return value
}

// with returns a resource as JSON with one attribute set to value.
func with(t *testing.T, r scim.Resource, name, value string) string {
	t.Helper()
	text, err := json.Marshal(r)
	require.NoError(t, err)
	var copied map[string]any
	require.NoError(t, json.Unmarshal(text, &copied))
	place, object := placeOf(name), copied
	for _, part := range place[:len(place)-1] {
		inner, ok := object[part].(map[string]any)
		if !ok {
			inner = map[string]any{}
			object[part] = inner
		}
		object = inner
	}
	object[place[len(place)-1]] = value
	text, err = json.Marshal(copied)
	require.NoError(t, err)
	return string(text)
}
