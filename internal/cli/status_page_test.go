package cli

import (
	"io"
	"testing"

	"suger-scim-gateway/internal/settings"
	"suger-scim-gateway/internal/test/program"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBaseURLs(t *testing.T) {
	for name, test := range map[string]struct {
		values map[string]string
		want   []string
	}{
		"nothing is set":               {nil, []string{"https://your-host/org/ORGANIZATION/scim/v2"}},
		"an organization":              {map[string]string{"SUGER_ORG_ID": "a"}, []string{"https://your-host/scim/v2"}},
		"an address with a path":       {map[string]string{"SUGER_ORG_ID": "a", "GATEWAY_PUBLIC_URL": "https://example.com/scim-gateway/"}, []string{"https://example.com/scim-gateway/scim/v2"}},
		"several":                      {map[string]string{"SUGER_ORG_ALLOW": "a,b", "GATEWAY_PUBLIC_URL": "https://example.com"}, []string{"https://example.com/org/a/scim/v2", "https://example.com/org/b/scim/v2"}},
		"several, one for the default": {map[string]string{"SUGER_ORG_ID": "b", "SUGER_ORG_ALLOW": "a,b", "GATEWAY_PUBLIC_URL": "https://example.com"}, []string{"https://example.com/scim/v2", "https://example.com/org/a/scim/v2"}},
	} {
		t.Run(name, func(t *testing.T) {
			program.SetEnvironment(t, settings.Names(), test.values)
			config, err := settings.Load(io.Discard)
			require.NoError(t, err)
			p := process{Config: config}
			assert.Equal(t, test.want, p.baseURLs())
		})
	}
}
