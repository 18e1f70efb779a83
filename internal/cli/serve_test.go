package cli

import (
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/settings"
	"suger-scim-gateway/internal/test/program"
	"suger-scim-gateway/internal/test/sandbox"
)

func TestServe(t *testing.T) {
	program.SetEnvironment(t, settings.Names(), map[string]string{
		"SUGER_API_URL":    program.Suger(t),
		"SUGER_ORG_ID":     sandbox.DefaultOrganization,
		"GATEWAY_ADDR":     "127.0.0.1:0",
		"GATEWAY_OPS_ADDR": "127.0.0.1:0",
	})
	t.Setenv("GATEWAY_DRYRUN", "value-of-a-misspelt-setting")
	gateway := program.Start(t, Run) // no argument is serve
	scim := "http://" + gateway.SCIMAddress(t)
	operations := "http://" + gateway.OpsAddress(t)
	assert.Contains(t, gateway.Log.String(), `"organization":"sandboxed"`)
	assert.Contains(t, gateway.Log.String(), `"credential":"the client's"`)

	status, _ := program.Ask(t, http.MethodGet, operations+"/healthz", "", "")
	assert.Equal(t, http.StatusOK, status)
	status, _ = program.Ask(t, http.MethodGet, operations+"/readyz", "", "")
	assert.Equal(t, http.StatusOK, status)
	status, _ = program.Ask(t, http.MethodGet, scim+"/healthz", "", "")
	assert.Equal(t, http.StatusNotFound, status, "operations are not on the SCIM listener")

	for _, prefix := range []string{"/scim/v2", "/org/sandboxed/scim/v2"} {
		status, users := program.Ask(t, http.MethodGet, scim+prefix+"/Users", "Bearer suger-key", "")
		assert.Equal(t, http.StatusOK, status)
		assert.EqualValues(t, 24, users["totalResults"])
	}
	require.NoError(t, gateway.End())
	assert.Contains(t, gateway.Log.String(), `"names":["GATEWAY_DRYRUN"]`)
	assert.NotContains(t, gateway.Log.String(), "value-of-a-misspelt-setting")
	assert.NotContains(t, gateway.Log.String(), "suger-key")
	assert.Empty(t, gateway.Out.String())
}

// A dry run says at its end what it would have changed.
func TestDryRunIsPrintedAtTheEnd(t *testing.T) {
	program.SetEnvironment(t, settings.Names(), map[string]string{
		"SUGER_API_URL":    program.Suger(t),
		"SUGER_ORG_ID":     sandbox.DefaultOrganization,
		"GATEWAY_DRY_RUN":  "true",
		"GATEWAY_ADDR":     "127.0.0.1:0",
		"GATEWAY_OPS_ADDR": "127.0.0.1:0",
	})
	gateway := program.Start(t, Run, "serve")
	status, _ := program.Ask(t, http.MethodPatch, "http://"+gateway.SCIMAddress(t)+"/scim/v2/Users/D88MGYVTY", "Bearer suger-key",
		program.PatchMessage+`{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:suger:2.0:User:role","value":"EDITOR"}]}`)
	require.Equal(t, http.StatusOK, status)
	require.NoError(t, gateway.End())
	assert.Equal(t, "Dry run. 1 person or role would have been changed: update user 1.\n"+
		"  v…@example.com                           update user  Role: VIEWER -> EDITOR\n", gateway.Out.String())
}

// If the gateway holds the Suger credential, clients send one of the gateway's
// tokens, and both can be rotated while it runs.
func TestServeWithHeldCredential(t *testing.T) {
	folder := t.TempDir()
	credential, tokens := filepath.Join(folder, "credential"), filepath.Join(folder, "tokens")
	program.WriteFile(t, credential, "suger-key")
	program.WriteFile(t, tokens, "first-bearer-token")
	program.SetEnvironment(t, settings.Names(), map[string]string{
		"SUGER_API_URL":         program.Suger(t),
		"SUGER_ORG_ID":          sandbox.DefaultOrganization,
		"SUGER_CREDENTIAL_FILE": credential,
		"GATEWAY_TOKENS_FILE":   tokens,
		"GATEWAY_ADDR":          "127.0.0.1:0",
		"GATEWAY_OPS_ADDR":      "127.0.0.1:0",
	})
	gateway := program.Start(t, Run, "serve")
	users := "http://" + gateway.SCIMAddress(t) + "/scim/v2/Users"
	status := func(token string) int {
		status, _ := program.Ask(t, http.MethodGet, users, "Bearer "+token, "")
		return status
	}
	assert.Equal(t, http.StatusOK, status("first-bearer-token"))
	assert.Equal(t, http.StatusUnauthorized, status("second-bearer-token"))
	assert.Equal(t, http.StatusUnauthorized, status("suger-key"), "Suger's key is not the gateway's token")
	elsewhere := strings.Replace(users, "/scim/v2", "/org/elsewhere/scim/v2", 1)
	reached, _ := program.Ask(t, http.MethodGet, elsewhere, "Bearer first-bearer-token", "")
	assert.Equal(t, http.StatusForbidden, reached, "the token is for SUGER_ORG_ID, whatever the credential can see")

	program.WriteFile(t, tokens, "first-bearer-token,second-bearer-token")
	assert.Equal(t, http.StatusOK, status("first-bearer-token"), "both are good while tokens are rotated")
	assert.Equal(t, http.StatusOK, status("second-bearer-token"))
	program.WriteFile(t, tokens, "second-bearer-token")
	assert.Equal(t, http.StatusUnauthorized, status("first-bearer-token"))

	program.WriteFile(t, credential, "another-key")
	assert.NotEqual(t, http.StatusOK, status("second-bearer-token"), "the credential was taken away")
	program.WriteFile(t, credential, "suger-key")
	assert.Equal(t, http.StatusOK, status("second-bearer-token"))

	require.NoError(t, gateway.End())
	for _, secret := range []string{"suger-key", "another-key", "bearer-token"} {
		assert.NotContains(t, gateway.Log.String(), secret)
	}
}

func TestServeDoesNotStart(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { taken.Close() })
	tests := []struct {
		name   string
		values map[string]string
		want   string
	}{
		{"a wrong setting", map[string]string{"SUGER_AUTH": "basic"}, "SUGER_AUTH"},
		{"a taken address", map[string]string{"GATEWAY_ADDR": taken.Addr().String()}, "GATEWAY_ADDR"},
		{"a taken address for operations", map[string]string{"GATEWAY_ADDR": "127.0.0.1:0", "GATEWAY_OPS_ADDR": taken.Addr().String()}, "GATEWAY_OPS_ADDR"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			program.SetEnvironment(t, settings.Names(), test.values)
			assert.ErrorContains(t, Run(t.Context(), nil, io.Discard, io.Discard), test.want)
		})
	}
}

func TestSandboxCommand(t *testing.T) {
	suger := program.Start(t, Run, "sandbox", "--addr", "127.0.0.1:0", "--people", "2", "--domains", "example.com,example.org",
		"--seats", "9", "--key", "chosen-key", "--fault", "404 get user", "--fault", "500 update user")
	suger.Wait(t, suger.Out, `(Ctrl-C)`)
	base := suger.Wait(t, suger.Out, `SUGER_API_URL +(\S+)\n`)
	organization := suger.Wait(t, suger.Out, `SUGER_ORG_ID +(\S+)\n`)
	assert.Equal(t, "chosen-key", suger.Wait(t, suger.Out, `API key +(\S+)\n`))

	call := func(method, path, body string) string {
		request, err := http.NewRequestWithContext(t.Context(), method, base+"/org/"+organization+path, strings.NewReader(body))
		require.NoError(t, err)
		request.Header = http.Header{"Authorization": {"Key chosen-key"}, "Content-Type": {"application/json"}}
		answer, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		return string(text)
	}
	assert.Equal(t, "injected fault: status 404", call(http.MethodGet, "/user/D88MGYVTY", ""))
	assert.Equal(t, "injected fault: status 500", call(http.MethodPatch, "/user/D88MGYVTY", "{}"))
	assert.Equal(t, "no seat left: the plan has 9", call(http.MethodPost, "/user", `{"email":"new@example.org","userRole":"VIEWER"}`),
		"the domain is known and nine people hold the seats")
	require.NoError(t, suger.End())
}

func TestSandboxCommandRefuses(t *testing.T) {
	for name, args := range map[string][]string{
		"an unknown kind of fault":   {"--fault", "nonsense"},
		"a fault of no operation":    {"--fault", "500 nonsense"},
		"an address that is no good": {"--addr", "nonsense"},
	} {
		t.Run(name, func(t *testing.T) {
			err := Run(t.Context(), append([]string{"sandbox"}, args...), io.Discard, io.Discard)
			assert.ErrorContains(t, err, "nonsense")
		})
	}
}
