package cli

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/settings"
	"suger-scim-gateway/internal/test/program"
)

// The demo as a user sees it: start, create, change the role, deactivate,
// restore, stop.
func TestDemo(t *testing.T) {
	const extension = "urn:ietf:params:scim:schemas:extension:suger:2.0:User"
	demo := program.Start(t, Run, "demo", "--addr", "127.0.0.1:0", "--sandbox-addr", "127.0.0.1:0")
	demo.Wait(t, demo.Out, `(Ctrl-C)`)
	base := demo.Wait(t, demo.Out, `SCIM base URL +(\S+)\n`)
	token := demo.Wait(t, demo.Out, `Bearer token +(\S+)\n`)
	scim := func(method, path, body string) (int, map[string]any) {
		return program.Ask(t, method, base+path, "Bearer "+token, body)
	}

	status, provider := scim(http.MethodGet, "/ServiceProviderConfig", "")
	require.Equal(t, http.StatusOK, status)
	guide, err := http.Get(provider["documentationUri"].(string)) //nolint:noctx // of this test's own demo
	require.NoError(t, err)
	require.NoError(t, guide.Body.Close())
	assert.Equal(t, http.StatusOK, guide.StatusCode, "the guide can be read")

	status, all := scim(http.MethodGet, "/Users", "")
	require.Equal(t, http.StatusOK, status)
	assert.EqualValues(t, 24, all["totalResults"])

	status, user := scim(http.MethodPost, "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"new.person@example.com","name":{"givenName":"New","familyName":"Person"},"active":true}`)
	require.Equal(t, http.StatusCreated, status, "%v", user)
	path := "/Users/" + user["id"].(string)

	status, user = scim(http.MethodPatch, path, program.PatchMessage+`{"op":"replace","path":"`+extension+`:role","value":"EDITOR"}]}`)
	require.Equal(t, http.StatusOK, status, "%v", user)
	assert.Equal(t, "EDITOR", user[extension].(map[string]any)["role"])

	// Access ends by removal, and the person returns under the id that Okta has.
	for _, active := range []bool{false, true} {
		status, user = scim(http.MethodPatch, path, fmt.Sprintf(`%s{"op":"replace","value":{"active":%v}}]}`, program.PatchMessage, active))
		require.Equal(t, http.StatusOK, status, "%v", user)
		assert.Equal(t, active, user["active"])
		status, _ = scim(http.MethodGet, path, "")
		assert.Equal(t, active, status == http.StatusOK)
	}

	require.NoError(t, demo.End())
	assert.NotContains(t, demo.Log.String(), token)
}

func TestPublishedGuide(t *testing.T) {
	assert.Equal(t, "https://github.com/example/gateway/blob/HEAD/docs/okta-private.md", publishedGuide("github.com/example/gateway"))
	assert.FileExists(t, "../../docs/okta-private.md")
	assert.Empty(t, publishedGuide("suger-scim-gateway"), "without a public path there is no public guide")
}

// The three printed lines are meant to be pasted into a shell; each is one
// curl command about people who exist.
func TestDemoPrintsThreeCurlLines(t *testing.T) {
	demo := program.Start(t, Run, "demo", "--addr", "127.0.0.1:0", "--sandbox-addr", "127.0.0.1:0")
	demo.Wait(t, demo.Out, `(Ctrl-C)`)
	base := demo.Wait(t, demo.Out, `SCIM base URL +(\S+)\n`)
	token := demo.Wait(t, demo.Out, `Bearer token +(\S+)\n`)

	var lines []string
	for line := range strings.Lines(demo.Out.String()) {
		if strings.HasPrefix(line, "curl ") {
			lines = append(lines, line)
		}
	}
	require.Len(t, lines, 3)
	for _, line := range lines {
		assert.Contains(t, line, "'"+base+"/Users")
		assert.Contains(t, line, "-H 'Authorization: Bearer "+token+"'")
	}

	// The person of the second and third line is the one of the first.
	filter := url.Values{"filter": {`userName eq "` + demoPerson + `"`}}
	_, found := program.Ask(t, http.MethodGet, base+"/Users?"+filter.Encode(), "Bearer "+token, "")
	id := found["Resources"].([]any)[0].(map[string]any)["id"].(string)
	assert.Contains(t, lines[1], "'"+base+"/Users/"+id+"'")
	assert.Contains(t, lines[2], "'"+base+"/Users/"+id+"'")
	require.NoError(t, demo.End())
}

// The pages' commands show what they promise after the three lines, too.
func TestNoPageUsesThePersonOfTheDemo(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	require.NoError(t, err)
	require.NotEmpty(t, pages)
	for _, page := range append(pages, "../../README.md") {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		assert.NotContains(t, string(text), demoPerson, page)
	}
}

func TestDemoWithTakenAddress(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { taken.Close() })
	err = Run(t.Context(), []string{"demo", "--addr", taken.Addr().String(), "--sandbox-addr", "127.0.0.1:0"}, io.Discard, io.Discard)
	assert.ErrorContains(t, err, "gateway: ", "an address that was asked for is not replaced")

	l, err := listen(t.Context(), "gateway", taken.Addr().String(), taken.Addr().String(), http.NotFoundHandler(), time.Second, slog.New(slog.DiscardHandler))
	require.NoError(t, err, "the default address is")
	t.Cleanup(func() { l.socket.Close() })
	assert.NotEqual(t, taken.Addr().String(), l.addr())
}

// Two demonstrations at once have addresses and tokens of their own, both with
// the default flags; what each prints reaches its own.
func TestTwoDemos(t *testing.T) {
	first, second := program.Start(t, Run, "demo"), program.Start(t, Run, "demo")
	bases := map[string]bool{}
	for _, demo := range []*program.Program{first, second} {
		exported := exports(t, demo)
		status, _ := program.Ask(t, http.MethodGet, exported["BASE"]+"/Users?count=1", "Bearer "+exported["TOKEN"], "")
		assert.Equal(t, http.StatusOK, status)
		bases[exported["BASE"]] = true
		startsGateway(t, exported)
	}
	assert.Len(t, bases, 2)
	require.NoError(t, first.End())
	require.NoError(t, second.End())
}

// What a sandbox prints can be pasted, and a second one takes a free port.
func TestSandboxPrintsExports(t *testing.T) {
	first, second := program.Start(t, Run, "sandbox"), program.Start(t, Run, "sandbox")
	urls := map[string]bool{}
	for _, running := range []*program.Program{first, second} {
		exported := exports(t, running)
		url := exported["SUGER_API_URL"]
		status, _ := program.Ask(t, http.MethodGet, url+"/org/"+exported["SUGER_ORG_ID"]+"/user/D88MGYVTY", "Key "+exported["TOKEN"], "")
		assert.Equal(t, http.StatusOK, status)
		urls[url] = true
		startsGateway(t, exported)
	}
	assert.Len(t, urls, 2)
	require.NoError(t, first.End())
	require.NoError(t, second.End())
}

// exports returns the variables of the export line that a program prints.
func exports(t *testing.T, running *program.Program) map[string]string {
	t.Helper()
	running.Wait(t, running.Out, `(Ctrl-C)`)
	line := running.Wait(t, running.Out, `(?m)^(export .*)$`)
	exported := map[string]string{}
	for _, pair := range regexp.MustCompile(`(\w+)='([^']*)'`).FindAllStringSubmatch(line, -1) {
		exported[pair[1]] = pair[2]
	}
	return exported
}

// startsGateway starts serve with exported variables, while what printed them
// still runs.
func startsGateway(t *testing.T, exported map[string]string) {
	t.Helper()
	program.SetEnvironment(t, settings.Names(), nil)
	for name, value := range exported {
		t.Setenv(name, value)
	}
	gateway := program.Start(t, Run, "serve")
	gateway.Wait(t, gateway.Log, `"msg":"(serving)"`)
	status, _ := program.Ask(t, http.MethodGet, "http://"+exported["GATEWAY_ADDR"]+"/scim/v2/Users?count=1", "Bearer "+exported["TOKEN"], "")
	assert.Equal(t, http.StatusOK, status)
	require.NoError(t, gateway.End())
}
