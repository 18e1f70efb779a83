package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/check"
	"suger-scim-gateway/internal/settings"
	"suger-scim-gateway/internal/test/program"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/mapping"
)

// checkWith runs the check command with settings for the sandbox and some more.
func checkWith(t *testing.T, more map[string]string, args ...string) (out string, err error) {
	t.Helper()
	values := map[string]string{"SUGER_ORG_ID": sandbox.DefaultOrganization, "SUGER_CREDENTIAL": "suger-key"}
	for name, value := range more {
		values[name] = value
	}
	if values["SUGER_API_URL"] == "" {
		values["SUGER_API_URL"] = program.Suger(t)
	}
	program.SetEnvironment(t, settings.Names(), values)
	var written bytes.Buffer
	err = Run(t.Context(), append([]string{"check"}, args...), &written, io.Discard)
	assert.NotContains(t, written.String(), "suger-key")
	return written.String(), err
}

func TestCheck(t *testing.T) {
	out, err := checkWith(t, nil)
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(out, "Suger at http://127.0.0.1:"), out)
	assert.Contains(t, out, "\nok    list users        24 users, by GET /org/{organization}/user.\n")
	assert.Contains(t, out, "\nwarn  managing users ")
	assert.Contains(t, out, "SCIM connector base URL                    https://your-host/scim/v2\n")
}

// The error says how much failed, the report what.
func TestCheckThatFails(t *testing.T) {
	out, err := checkWith(t, map[string]string{"SUGER_CREDENTIAL": "another-key"})
	assert.EqualError(t, err, "1 of 1 checks failed")
	assert.Contains(t, out, "\nfail  credential        Not accepted (401)")
}

func TestCheckAsJSON(t *testing.T) {
	out, err := checkWith(t, nil, "--json")
	require.NoError(t, err)
	var report check.Report
	decoder := json.NewDecoder(strings.NewReader(out))
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(&report))
	assert.True(t, report.OK)
	assert.Equal(t, "sandboxed", report.Suger.Organization)
	assert.NotEmpty(t, report.Lines)
	assert.Contains(t, report.Okta, check.Value{Field: "Unique identifier field for users", Value: "userName"})
}

// The mapping says in which header the key is sent.
func TestKeyInAnotherHeader(t *testing.T) {
	target, err := url.Parse(program.Suger(t))
	require.NoError(t, err)
	front := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		assert.Empty(t, r.In.Header.Get("Authorization"))
		r.Out.Header.Set("Authorization", "Key "+r.In.Header.Get("X-Api-Key"))
	}})
	t.Cleanup(front.Close)
	file := filepath.Join(t.TempDir(), "mapping.yaml")
	program.WriteFile(t, file, string(mapping.DefaultSource())+"\ncredential: {header: X-Api-Key}\n")
	out, err := checkWith(t, map[string]string{"SUGER_API_URL": front.URL, "GATEWAY_MAPPING": file})
	require.NoError(t, err, out)
	assert.Contains(t, out, `Accepted: an API key, sent as "X-Api-Key".`)
}

// The check writes although the gateway would not, and leaves no user behind.
func TestCheckWrites(t *testing.T) {
	suger := program.Suger(t)
	more := map[string]string{"SUGER_API_URL": suger, "GATEWAY_DRY_RUN": "true", "GATEWAY_CHANGE_BRAKE": "1/1h"}
	for run := range 2 { // the second time Suger knows the user, and keeps the name that it has
		out, err := checkWith(t, more, "--write", "new@example.com")
		require.NoError(t, err)
		assert.Equal(t, run == 1, strings.Contains(out, "Suger already had an account for new@example.com"), out)
		assert.NotContains(t, out, "\nwarn  write: ")
		assert.Contains(t, out, "\nok    write: remove ")
		assert.Contains(t, out, "new@example.com is no longer a member.")
	}
	out, err := checkWith(t, more, "--write", "new@elsewhere.example")
	assert.Error(t, err)
	assert.Contains(t, out, "add --force")
}

// A draft is written with what was proven, passes the check of the file, and is
// not written over.
func TestCheckSuggests(t *testing.T) {
	suger, file := map[string]string{"SUGER_API_URL": program.Suger(t)}, filepath.Join(t.TempDir(), "draft.yaml")
	out, err := checkWith(t, suger, "--suggest", file, "--write", "new@example.com")
	require.NoError(t, err, out)
	assert.Contains(t, out, "Wrote "+file+". Verify its lines that are \"likely\" or \"not seen\".\n")
	draft, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Contains(t, string(draft), "    call: POST /org/{organization}/user # proven\n")
	assert.NotContains(t, string(draft), "@")
	_, err = checkWith(t, map[string]string{"SUGER_API_URL": suger["SUGER_API_URL"], "GATEWAY_MAPPING": file})
	require.NoError(t, err)

	_, err = checkWith(t, suger, "--suggest", file)
	assert.ErrorContains(t, err, "exists: name a new file, or add --force")
}

// Where the draft cannot be written, the check says so before it asks Suger anything.
func TestCheckSuggestsNowhere(t *testing.T) {
	asked := false
	front := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	t.Cleanup(front.Close)
	folder := t.TempDir()
	for _, file := range []string{filepath.Join(folder, "missing", "draft.yaml"), folder} {
		_, err := checkWith(t, map[string]string{"SUGER_API_URL": front.URL}, "--suggest", file, "--force", "--write", "new@example.com")
		assert.ErrorContains(t, err, "the draft cannot be written: open "+file)
	}
	assert.False(t, asked)
}

// Where there is nothing to draft from, the reason is that of the check.
func TestCheckThatCannotSuggest(t *testing.T) {
	suger, file := program.Suger(t), filepath.Join(t.TempDir(), "draft.yaml")
	for _, test := range []struct{ key, list, want string }{
		{"another-key", "", "Not accepted (401)"},
		{"suger-key", "/people", "Suger has no GET /people"},
		{"suger-key", "/org/{organization}/role", "no list of people with e-mail addresses"},
	} {
		_, err := checkWith(t, map[string]string{"SUGER_API_URL": suger, "SUGER_CREDENTIAL": test.key}, "--suggest", file, "--list", test.list)
		assert.ErrorContains(t, err, test.want)
		assert.NoFileExists(t, file)
	}
}

// What differs is reported with its line in the file that GATEWAY_MAPPING names.
func TestCheckNamesTheLine(t *testing.T) {
	source := string(mapping.DefaultSource())
	changed := strings.Replace(source, "GET /org/{organization}/user\n", "GET /org/{organization}/people\n", 1)
	before, _, found := strings.Cut(changed, "people")
	require.True(t, found)
	at := 1 + strings.Count(before, "\n")
	file := filepath.Join(t.TempDir(), "mapping.yaml")
	program.WriteFile(t, file, changed)
	out, err := checkWith(t, map[string]string{"GATEWAY_MAPPING": file}, "--json")
	assert.Error(t, err)
	var report check.Report
	require.NoError(t, json.Unmarshal([]byte(out), &report))
	var places []check.Place
	for _, line := range report.Lines {
		if line.Level == check.Fail {
			places = append(places, *line.Mapping)
		}
	}
	assert.Equal(t, []check.Place{{Entry: "operations.list users.call", File: file, Line: at}}, places)
}

// What is to be entered in Okta depends on how the gateway is set up.
func TestCheckValuesForOkta(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key")
	program.WriteFile(t, key, "suger-key\n")
	tests := []struct {
		name  string
		more  map[string]string
		args  []string
		field string
		want  string
	}{
		{"public URL", map[string]string{"GATEWAY_PUBLIC_URL": "https://scim.example.com"}, nil,
			"SCIM connector base URL", "https://scim.example.com/scim/v2"},
		{"organization in the path", map[string]string{"SUGER_ORG_ID": ""}, []string{"--org", "sandboxed"},
			"SCIM connector base URL", "https://your-host/org/sandboxed/scim/v2"},
		{"clients bring the credential", map[string]string{"SUGER_CREDENTIAL": "", "SUGER_CREDENTIAL_FILE": key}, nil,
			"Authorization", "the Suger API key, with or without the word Bearer"},
		{"the gateway holds it", map[string]string{"GATEWAY_TOKENS": "a-token-of-the-gateway"}, nil,
			"Authorization", "one of the gateway's own tokens (GATEWAY_TOKENS), with or without the word Bearer"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			out, err := checkWith(t, test.more, append(test.args, "--json")...)
			require.NoError(t, err)
			assert.NotContains(t, out, "a-token-of-the-gateway")
			var report check.Report
			require.NoError(t, json.Unmarshal([]byte(out), &report))
			assert.Contains(t, report.Okta, check.Value{Field: test.field, Value: test.want})
		})
	}
}

// An address that is none, such as the next flag or an empty variable, is refused before
// Suger is asked.
func TestCheckRefusesAddress(t *testing.T) {
	for _, address := range []string{"", "--try-verbs", "preflight", "Preflight <new@example.com>", "a@example.com,b@example.com"} {
		out, err := checkWith(t, map[string]string{"SUGER_API_URL": "http://127.0.0.1:1"}, "--write", address)
		require.EqualError(t, err, fmt.Sprintf("invalid value %q for flag -write: not an e-mail address", address))
		assert.Empty(t, out)
	}
}

func TestCheckNeedsSettings(t *testing.T) {
	_, err := checkWith(t, map[string]string{"SUGER_CREDENTIAL": "", "SUGER_ORG_ID": ""})
	assert.EqualError(t, err, "invalid settings:"+
		"\n  SUGER_CREDENTIAL is needed, or SUGER_CREDENTIAL_FILE: the Suger credential that clients send or the gateway holds"+
		"\n  SUGER_ORG_ID is needed, or --org: the id of the organization")
	_, err = checkWith(t, map[string]string{"SUGER_ORG_ALLOW": "sandboxed"}, "--org", "another")
	assert.ErrorContains(t, err, "SUGER_ORG_ALLOW does not list this organization")
}
