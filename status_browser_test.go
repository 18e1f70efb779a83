package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/chromium"
	"suger-scim-gateway/sugerclient/sandbox"
)

const (
	statusKey   = "suger-key"
	statusToken = "okta-bearer-token"
)

// startWatched runs a gateway that holds the Suger credential, and has a little
// happen in it. It returns the address of its status page.
func startWatched(t *testing.T) (*started, string) {
	t.Helper()
	setEnvironment(t, map[string]string{
		"SUGER_API_URL":           newSandbox(t),
		"SUGER_ORG_ID":            sandbox.DefaultOrganization,
		"SUGER_CREDENTIAL":        statusKey,
		"GATEWAY_TOKENS":          statusToken,
		"GATEWAY_ADDR":            "127.0.0.1:0",
		"GATEWAY_OPS_ADDR":        "127.0.0.1:0",
		"GATEWAY_PUBLIC_URL":      "https://scim.example.com",
		"GATEWAY_GROUP_ROLES":     "Suger Admins=ADMIN,Suger Editors=EDITOR",
		"GATEWAY_PROTECTED_USERS": "admin@example.com",
	})
	gateway := start(t, "serve")
	scim := "http://" + gateway.wait(t, gateway.log, `"scim_address":"([^"]+)"`) + "/scim/v2"
	status := "http://" + gateway.wait(t, gateway.log, `"ops_address":"([^"]+)"`)
	do := func(method, path, body string) map[string]any {
		_, answer := ask(t, method, scim+path, "Bearer "+statusToken, body)
		return answer
	}
	idOf := func(mailbox string) string {
		found := do(http.MethodGet, "/Users?filter=userName+eq+%22"+mailbox+"%40example.com%22", "")
		return found["Resources"].([]any)[0].(map[string]any)["id"].(string)
	}
	for _, operation := range []string{
		`{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:suger:2.0:User:role","value":"EDITOR"}`,
		`{"op":"replace","value":{"name.givenName":"Juniper"}}`,
		`{"op":"replace","value":{"active":false}}`,
		`{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:suger:2.0:User:role","value":"CAPTAIN"}`,
	} {
		do(http.MethodPatch, "/Users/"+idOf("viewer"), patchMessage+operation+"]}")
	}
	do(http.MethodDelete, "/Users/"+idOf("admin"), "")
	do(http.MethodGet, "/Users/nobody", "")
	do(http.MethodGet, "/Users?filter=userName+eq+%22nobody%40example.com%22", "")
	return gateway, status
}

// The page as people have it: on a desk, in the dark, on a phone, by a screen
// reader.
func TestStatusPageInABrowser(t *testing.T) {
	page := chromium.Start(t).Open(t)
	gateway, address := startWatched(t)
	for name, view := range map[string]chromium.View{
		"light": {Width: 1280, Height: 900}, "dark": {Width: 1280, Height: 900, Dark: true},
		"phone": {Width: 360, Height: 740, Scale: 2}, "phone-dark": {Width: 360, Height: 740, Scale: 2, Dark: true},
	} {
		t.Run(name, func(t *testing.T) {
			page.Look(view)
			for _, path := range []string{"/", "/changes", "/test", "/guides", "/guides/roles.md", "/guides/errors.md", "/nowhere"} {
				page.Go(address + path)
				keep(t, page, name+strings.ReplaceAll(path, "/", "-"))
				assertReadable(t, page, path)
			}
		})
	}
	t.Run("what it says", func(t *testing.T) {
		page.Look(chromium.View{Width: 1280, Height: 900})
		page.Go(address)
		assert.Equal(t, "Ready. Suger answers, and as the mapping says.", page.Text(".verdict h2"))
		assert.Equal(t, "https://scim.example.com/scim/v2", page.Text(".values code"))
		assert.Contains(t, page.Text("main"), "EDITOR\tSuger Editors\t7")
		changes := page.Text(".changes")
		assert.Contains(t, changes, "update user v…@example.com done\nrole: VIEWER → EDITOR")
		assert.Contains(t, changes, "update user v…@example.com done\nname.givenName changed")
		assert.Contains(t, changes, "deactivate user v…@example.com done\nactive: true → false")
		assert.Contains(t, changes, "remove user a…@example.com refused: protected_user")
		for _, personal := range []string{"viewer@", "admin@", "Juniper", "Cedar"} {
			assert.NotContains(t, page.Text("main"), personal)
		}
	})
	t.Run("an error leads to its explanation", func(t *testing.T) {
		page.Go(address)
		page.Leave(`[...document.querySelectorAll("main a")].find(a => a.innerText == "unknown_role").click()`)
		assert.Contains(t, page.Text("tr:target"), "is not a role of the Suger organization")
	})
	t.Run("a screen reader", func(t *testing.T) {
		page.Go(address)
		assertAccessible(t, page)
	})
	t.Run("nothing comes from elsewhere", func(t *testing.T) {
		require.NotEmpty(t, page.Requests())
		for _, request := range page.Requests() {
			assert.True(t, strings.HasPrefix(request, address+"/") || request == "data:,", request)
		}
		for _, complaint := range page.Complaints() {
			assert.Contains(t, complaint, "404", "only of the page that is not there")
		}
	})
	require.NoError(t, gateway.end())
}

// The form tells what a credential may do, and forgets it.
func TestConnectionTestInABrowser(t *testing.T) {
	page := chromium.Start(t).Open(t)
	gateway, address := startWatched(t)
	page.Look(chromium.View{Width: 1280, Height: 900})
	send := func(credential string) string {
		page.Go(address + "/test")
		page.Leave(`document.getElementById("credential").value = "` + credential + `"; document.querySelector("form.fields").submit()`)
		var html string
		page.Eval("document.documentElement.outerHTML", &html)
		assert.NotContains(t, html, credential, "the credential is not shown again")
		return page.Text("main")
	}
	assert.Contains(t, send(statusKey), "list users")
	keep(t, page, "test-right")
	assertReadable(t, page, "/test")
	assert.Contains(t, send("a-wrong-key-of-somebody"), "wrong")
	keep(t, page, "test-wrong")
	assert.Empty(t, page.Complaints())
	require.NoError(t, gateway.end())
	for _, secret := range []string{statusKey, "a-wrong-key-of-somebody"} {
		assert.NotContains(t, gateway.log.String(), secret)
	}
}

// keep leaves a picture for people to look at; one of them is in the README.
func keep(t *testing.T, page *chromium.Page, name string) {
	t.Helper()
	picture := page.Screenshot()
	require.NoError(t, os.WriteFile(filepath.Join(t.ArtifactDir(), name+".png"), picture, 0o644))
	if *update && name == "light-" {
		require.NoError(t, os.WriteFile(filepath.Join("docs", "images", "status-light.png"), picture, 0o644))
	}
}

// assertReadable makes sure that nothing is wider than the window, and that all
// text stands out from what is behind it: 4.5 to 1 (WCAG 2.2, 1.4.3).
func assertReadable(t *testing.T, page *chromium.Page, path string) {
	t.Helper()
	var widths [2]int
	page.Eval("[document.documentElement.scrollWidth, document.documentElement.clientWidth]", &widths)
	assert.LessOrEqual(t, widths[0], widths[1], "%s is wider than the window", path)
	var faint []string
	page.Eval(contrastScript, &faint)
	assert.Empty(t, faint, path)
}

// contrastScript lists texts that are too faint.
const contrastScript = `(() => {
  const parse = c => (c.match(/[\d.]+/g) || []).map(Number);
  const light = c => { const [r, g, b] = parse(c).slice(0, 3).map(v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor, p = parse(c); if (p.length == 3 || p[3] > 0) return c; } return "rgb(255, 255, 255)"; };
  const faint = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n; n = walk.nextNode();) {
    const e = n.parentElement;
    if (!n.textContent.trim() || ["STYLE", "SCRIPT"].includes(e.tagName) || !e.getClientRects().length) continue;
    const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) faint.push(n.textContent.trim().slice(0, 40) + " " + ratio.toFixed(2));
  }
  return faint;
})()`

// assertAccessible looks at the page as a screen reader does.
func assertAccessible(t *testing.T, page *chromium.Page) {
	t.Helper()
	names := map[string][]string{}
	for _, node := range page.Accessible() {
		names[node.Role] = append(names[node.Role], node.Name)
	}
	for _, landmark := range []string{"banner", "navigation", "main", "contentinfo"} {
		assert.Len(t, names[landmark], 1, landmark)
	}
	assert.Equal(t, "Skip to the content", names["link"][0], "the first thing that Tab reaches")
	assert.Equal(t, []string{
		"Status", "Ready. Suger answers, and as the mapping says.", "What to enter in Okta", "Errors answered",
		"Roles", "Calls and caches", "Recent changes", "Test a connection",
	}, names["heading"])
	assert.ElementsMatch(t, []string{"Suger organization", "Suger API key"}, names["textbox"])
	require.Len(t, names["image"], 4, "the charts")
	for _, name := range names["image"] {
		assert.Regexp(t, `^(SCIM requests|Calls to Suger|Lookups|Needs).*: .*[0-9]`, name, "a chart says in words what it shows")
	}
	assert.Contains(t, names["columnheader"], "Group in Okta")
	assert.Contains(t, names["rowheader"], "EDITOR")
	for role, all := range names {
		for _, name := range all {
			if role == "link" || role == "button" || role == "textbox" || role == "image" {
				assert.NotEmpty(t, name, role)
			}
		}
	}
}
