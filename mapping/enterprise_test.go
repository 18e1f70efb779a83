package mapping_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
	"suger-scim-gateway/sugerclient"
)

// Attributes of the enterprise extension that the mapping does not use are ignored,
// even if it uses others of the extension (RFC 7643 §4.3; Entra ID sends manager in
// several forms).
func TestUnmappedEnterpriseAttributes(t *testing.T) {
	const department = scim.URNEnterpriseUser + ":department"
	for name, held := range map[string]string{"no enterprise attribute is mapped": "", "another enterprise attribute is mapped": "    " + department + ": department\n"} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile("suger.yaml")
			require.NoError(t, err)
			changed := strings.Replace(string(text), "    name.givenName:", held+"    name.givenName:", 1)
			if held != "" {
				changed = strings.ReplaceAll(changed, `      firstName: "{name.givenName}"`, "      firstName: \"{name.givenName}\"\n      department: \"{"+department+"}\"")
			}
			document, err := spec.Parse("suger.yaml", []byte(changed))
			require.NoError(t, err)
			client, err := sugerclient.New(sugerclient.Config{BaseURL: "http://127.0.0.1:1"})
			require.NoError(t, err)
			service, err := mapping.New(document, client, mapping.Config{})
			require.NoError(t, err)
			kind := service.UserType()
			for _, attribute := range []string{":manager", ":manager.value", ":manager.displayName", ":manager.$ref", ".manager", ":costCenter", ":shoeSize"} {
				path, err := scim.ParsePath(scim.URNEnterpriseUser+attribute, kind)
				require.NoError(t, err, attribute)
				assert.True(t, path.Tolerated, attribute)
			}
			_, err = kind.Normalize(map[string]any{"userName": "nova@example.com", scim.URNEnterpriseUser: map[string]any{"manager": map[string]any{"value": "u2"}}})
			require.NoError(t, err)
			path, err := scim.ParsePath(department, kind)
			require.NoError(t, err)
			assert.Equal(t, held == "", path.Tolerated)
		})
	}
}
