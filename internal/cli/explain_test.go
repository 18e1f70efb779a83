package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/settings"
	"suger-scim-gateway/internal/test/program"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/mapping"
)

func TestExplain(t *testing.T) {
	program.SetEnvironment(t, settings.Names(), map[string]string{
		"SUGER_API_URL": program.Suger(t), "SUGER_ORG_ID": sandbox.DefaultOrganization, "SUGER_CREDENTIAL": program.Key,
		"GATEWAY_PROTECTED_USERS": "admin@example.com", "GATEWAY_GROUP_ROLES": "Suger Editors=EDITOR",
		"GATEWAY_ALLOW_ADMIN_GRANT": "false", "GATEWAY_CHANGE_BRAKE": "20/1h", "GATEWAY_DRY_RUN": "true",
	})
	tests := []struct {
		name   string
		args   []string
		effect mapping.Effect
		next   string
		says   []string
	}{
		{"as Okta has them", []string{"editor@example.com"}, mapping.EffectNone, "Nothing: a push would change nothing.", []string{
			`"email": "editor@example.com"`, `"userName": "editor@example.com"`,
			"attribute role of urn:ietf:params:scim:schemas:extension:suger:2.0:User: EDITOR", "groups: Suger Editors (EDITOR)",
			"GATEWAY_CHANGE_BRAKE is 20/1h", "GATEWAY_ALLOW_ADMIN_GRANT=false", "GATEWAY_DRY_RUN=true",
		}},
		{"in other letter case", []string{"Editor@Example.com"}, mapping.EffectNone, "Nothing", []string{`"email": "editor@example.com"`}},
		{"another role", []string{"--role", "Finance", "viewer@example.com"}, mapping.EffectRole, "If Okta sends Finance, the gateway changes the role from VIEWER.", nil},
		{"nobody yet", []string{"nova.quill@example.com"}, mapping.EffectCreate, "the gateway creates the person with the role VIEWER", []string{"nobody with this address", "SCIM shows\n  nobody"}},
		{"protected", []string{"--role", "VIEWER", "admin@example.com"}, mapping.EffectRefused, "[protected_user]", []string{"GATEWAY_PROTECTED_USERS lists this address"}},
		{"an unknown role", []string{"--role", "Boss", "viewer@example.com"}, mapping.EffectRefused, "[unknown_role]", nil},
		{"no address", []string{"opal.sail"}, mapping.EffectRefused, "In Okta's Sign On tab", nil},
		{"no administrator by SCIM", []string{"--role", "ADMIN", "viewer@example.com"}, mapping.EffectRefused, "[admin_grant_refused]", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var text, machine bytes.Buffer
			require.NoError(t, Run(t.Context(), append([]string{"explain"}, test.args...), &text, io.Discard))
			for _, want := range append(test.says, "Nothing was changed.", test.next) {
				assert.Contains(t, text.String(), want)
			}
			assert.NotContains(t, text.String(), "finance@example.com", "nobody else")
			require.NoError(t, Run(t.Context(), append([]string{"explain", "--json"}, test.args...), &machine, io.Discard))
			var e struct {
				Push mapping.Forecast
				Next string
			}
			require.NoError(t, json.Unmarshal(machine.Bytes(), &e))
			assert.Equal(t, test.effect, e.Push.Effect)
			assert.Contains(t, e.Next, test.next)
			assert.LessOrEqual(t, strings.Count(e.Next, "In Okta's Sign On tab"), 1, "the advice is not repeated")
			assert.NotContains(t, text.String()+machine.String(), program.Key)
		})
	}
}

func TestExplainRefuses(t *testing.T) {
	program.SetEnvironment(t, settings.Names(), nil)
	assert.ErrorContains(t, Run(t.Context(), []string{"explain"}, io.Discard, io.Discard), "needs one person")
	assert.EqualError(t, Run(t.Context(), []string{"explain", "viewer@example.com", "--role", "EDITOR"}, io.Discard, io.Discard),
		"explain needs one person, after the flags: explain [flags] nova.quill@example.com")
	assert.ErrorContains(t, Run(t.Context(), []string{"explain", "a@example.com"}, io.Discard, io.Discard), "SUGER_CREDENTIAL is needed")
}
