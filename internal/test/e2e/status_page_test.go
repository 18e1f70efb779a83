package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/cli"
	"suger-scim-gateway/internal/settings"
	"suger-scim-gateway/internal/test/browser"
	"suger-scim-gateway/internal/test/program"
	"suger-scim-gateway/internal/test/sandbox"
)

const (
	statusKey   = "suger-key"
	statusToken = "okta-bearer-token"
)

// startWatched runs a gateway that holds the Suger credential, and sends it some
// requests. It returns the URL of its status page. The tests do not wait for the
// shutdown, which takes seconds while the browser keeps connections open.
func startWatched(t *testing.T) (*program.Program, string) {
	t.Helper()
	gateway := program.Serve(t, cli.Run, settings.Names(), map[string]string{
		"SUGER_API_URL":           program.Suger(t),
		"SUGER_ORG_ID":            sandbox.DefaultOrganization,
		"SUGER_CREDENTIAL":        statusKey,
		"GATEWAY_TOKENS":          statusToken,
		"GATEWAY_ADDR":            "127.0.0.1:0",
		"GATEWAY_OPS_ADDR":        "127.0.0.1:0",
		"GATEWAY_PUBLIC_URL":      "https://scim.example.com",
		"GATEWAY_GROUP_ROLES":     "Suger Admins=ADMIN,Suger Editors=EDITOR",
		"GATEWAY_PROTECTED_USERS": "admin@example.com",
	})
	scim := "http://" + gateway.SCIMAddress(t) + "/scim/v2"
	status := "http://" + gateway.OpsAddress(t)
	do := func(method, path, body string) map[string]any {
		_, answer := program.Ask(t, method, scim+path, "Bearer "+statusToken, body)
		return answer
	}
	idOf := func(mailbox string) string {
		found := do(http.MethodGet, "/Users?filter=userName+eq+%22"+mailbox+"%40example.com%22", "")
		return found["Resources"].([]any)[0].(map[string]any)["id"].(string)
	}
	for _, operation := range []string{
		`{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:suger:2.0:User:role","value":"EDITOR"}`,
		`{"op":"replace","value":{"name.givenName":"Juniper"}}`,
		`{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:suger:2.0:User:role","value":"CAPTAIN"}`,
		`{"op":"replace","value":{"active":false}}`,
	} {
		do(http.MethodPatch, "/Users/"+idOf("viewer"), program.PatchMessage+operation+"]}")
	}
	do(http.MethodDelete, "/Users/"+idOf("admin"), "")
	do(http.MethodGet, "/Users/nobody", "")
	do(http.MethodGet, "/Users?filter=userName+eq+%22nobody%40example.com%22", "")
	return gateway, status
}

// The pages in a real browser. All tests share one browser, because it takes seconds
// to start.
func TestPagesInABrowser(t *testing.T) {
	t.Parallel()
	shown := browser.Start(t)
	t.Run("status page", func(t *testing.T) { useStatusPage(t, shown.Open(t)) })
	t.Run("explain page", func(t *testing.T) { useExplainPage(t, shown.Open(t)) })
	t.Run("connection test", func(t *testing.T) { useConnectionTest(t, shown.Open(t)) })
}

// useStatusPage checks the page on a desktop, in dark mode, on a phone, and in the
// accessibility tree.
func useStatusPage(t *testing.T, page *browser.Page) {
	t.Helper()
	_, address := startWatched(t)
	for name, view := range map[string]browser.View{
		"desk": {Width: 1280, Height: 900}, "phone-dark": {Width: 360, Height: 740, Scale: 2, Dark: true},
	} {
		t.Run(name, func(t *testing.T) {
			page.Look(view)
			for _, path := range []string{"/", "/changes", "/explain", "/test", "/guides", "/guides/errors.md", "/nowhere"} {
				page.Go(address + path)
				page.Keep(t, name+strings.ReplaceAll(path, "/", "-"))
				assertReadable(t, page, path)
			}
		})
	}
	t.Run("contents", func(t *testing.T) {
		page.Look(browser.View{Width: 1280, Height: 900})
		page.Go(address)
		assert.Equal(t, "Ready. Suger answers. Requests: 2 refused.", page.Text(".verdict h2"))
		assert.Contains(t, page.HTML(), "<code>https://scim.example.com/scim/v2</code>")
		assert.Contains(t, page.Text("main"), "Suger Editors\t5")
		changes := strings.Join(strings.Fields(page.Text(".changes")), " ")
		assert.Contains(t, changes, "update user v…@example.com done Role: VIEWER → becomes EDITOR")
		assert.Contains(t, changes, "update user v…@example.com done Given name changed")
		assert.Contains(t, changes, "remove user v…@example.com done Active: yes → becomes no Role: EDITOR → becomes nothing")
		assert.Contains(t, changes, "remove user a…@example.com not done, refused: protected_user Active: yes → becomes no")
		for _, personal := range []string{"viewer@", "admin@", "Juniper", "Cedar"} {
			assert.NotContains(t, page.Text("main"), personal)
		}
	})
	t.Run("an error links to its explanation", func(t *testing.T) {
		page.Go(address)
		page.Leave(`[...document.querySelectorAll("main a")].find(a => a.innerText == "unknown_role").click()`)
		assert.Contains(t, page.Text("tr:target"), "has no such role")
	})
	t.Run("accessibility tree", func(t *testing.T) {
		page.Go(address)
		assertAccessible(t, page)
	})
	t.Run("loads nothing from other hosts", func(t *testing.T) {
		require.NotEmpty(t, page.Requests())
		for _, request := range page.Requests() {
			assert.True(t, strings.HasPrefix(request, address+"/") || request == "data:,", request)
		}
		for _, complaint := range page.Complaints() {
			assert.Contains(t, complaint, "404", "only the missing page logs an error")
		}
	})
}

// useExplainPage asks about the user whom the gateway has just removed.
func useExplainPage(t *testing.T, page *browser.Page) {
	t.Helper()
	gateway, address := startWatched(t)
	page.Look(browser.View{Width: 1280, Height: 900})
	send := func(person, credential string) string {
		page.Go(address + "/explain")
		page.Leave(`document.getElementById("person").value = "` + person + `"; document.getElementById("credential").value = "` + credential + `"; document.querySelector("form.fields").submit()`)
		assert.NotContains(t, page.HTML(), credential, "the page does not repeat the credential")
		return page.Text("main")
	}
	assert.Contains(t, send("viewer@example.com", statusKey), "Suger has no such person.")
	assert.Contains(t, page.Text("main"), "remove user v…@example.com done", "recent changes by the gateway")
	assertReadable(t, page, "/explain of nobody")
	assert.Contains(t, send("admin@example.com", statusKey), `"email": "admin@example.com"`)
	assert.Contains(t, page.Text("main"), "GATEWAY_PROTECTED_USERS lists this address")
	page.Keep(t, "explain")
	assertReadable(t, page, "/explain of somebody")
	page.Look(browser.View{Width: 360, Height: 740, Scale: 2, Dark: true})
	page.Keep(t, "explain-phone")
	assertReadable(t, page, "/explain on a phone")
	assert.NotContains(t, send("admin@example.com", "a-wrong-key-of-somebody"), `"email"`)
	assert.Empty(t, page.Complaints())
	assert.NotContains(t, gateway.Log.String(), statusKey)
}

// useConnectionTest submits the form, which reports what a credential may do and does
// not keep it.
func useConnectionTest(t *testing.T, page *browser.Page) {
	t.Helper()
	gateway, address := startWatched(t)
	page.Look(browser.View{Width: 1280, Height: 900})
	send := func(credential string) string {
		page.Go(address + "/test")
		page.Leave(`document.getElementById("credential").value = "` + credential + `"; document.querySelector("form.fields").submit()`)
		assert.NotContains(t, page.HTML(), credential, "the page does not repeat the credential")
		return page.Text("main")
	}
	assert.Contains(t, send(statusKey), "list users")
	page.Keep(t, "test-right")
	assertReadable(t, page, "/test")
	assert.Contains(t, send("a-wrong-key-of-somebody"), "1 check failed.")
	page.Keep(t, "test-wrong")
	assert.Empty(t, page.Complaints())
	for _, secret := range []string{statusKey, "a-wrong-key-of-somebody"} {
		assert.NotContains(t, gateway.Log.String(), secret)
	}
}

// assertReadable checks that no element is wider than the window or has too little
// contrast.
func assertReadable(t *testing.T, page *browser.Page, path string) {
	t.Helper()
	assert.False(t, page.TooWide(), "%s is wider than the window", path)
	assert.Empty(t, page.Faint(), path)
}

// assertAccessible checks the page's accessibility tree.
func assertAccessible(t *testing.T, page *browser.Page) {
	t.Helper()
	names := map[string][]string{}
	for _, node := range page.Accessible() {
		names[node.Role] = append(names[node.Role], node.Name)
	}
	for _, landmark := range []string{"banner", "navigation", "main", "contentinfo"} {
		assert.Len(t, names[landmark], 1, landmark)
	}
	assert.Equal(t, "Skip to the content", names["link"][0], "Tab reaches the skip link first")
	assert.Equal(t, []string{
		"Status", "Ready. Suger answers. Requests: 2 refused.", "Needs attention: 2 refused", "Recent changes", "Roles", "Set-up",
	}, names["heading"])
	assert.Contains(t, names["term"], "SCIM requests since the start")
	assert.Contains(t, names["columnheader"], "Group in Okta")
	assert.Contains(t, names["rowheader"], "Suger Editors")
	for role, all := range names {
		for _, name := range all {
			if role == "link" || role == "button" || role == "textbox" {
				assert.NotEmpty(t, name, role)
			}
		}
	}
}
