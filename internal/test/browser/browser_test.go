package browser_test

import (
	"bytes"
	"image/png"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/test/browser"
)

const (
	plain = `<!doctype html><html lang="en"><title>Plain</title><link rel="icon" href="data:,">
<main><h1>Plain</h1><p>Black on white.</p><a href="/other">Other</a></main>`
	bad = `<!doctype html><html lang="en"><title>Bad</title><link rel="icon" href="data:,">
<style>p { color: #999; background: #fff } div { width: 2000px; height: 3000px } @media (prefers-color-scheme: dark) { p { color: #000 } }</style>
<p>Gray</p><div></div><img alt="" src="/missing.png"><script>nowhere()</script>`
)

// The checks for other tests can fail: each finds the problems of a bad page
// and none on a plain one.
func TestPage(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		switch r.URL.Path {
		case "/plain":
			_, _ = w.Write([]byte(plain))
		case "/bad":
			_, _ = w.Write([]byte(bad))
		case "/other":
			_, _ = w.Write([]byte(`<!doctype html><title>Other</title><link rel="icon" href="data:,"><main>Elsewhere</main>`))
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	page := browser.Start(t).Open(t)
	page.Look(browser.View{Width: 800, Height: 600})

	page.Go(server.URL + "/plain")
	assert.Equal(t, "Plain", page.Text("h1"))
	assert.Empty(t, page.Text("h2"), "there is none")
	assert.Contains(t, page.HTML(), "Black on white.")
	assert.Empty(t, page.Faint())
	assert.False(t, page.TooWide())
	assert.Empty(t, page.Complaints())
	assert.Contains(t, page.Requests(), server.URL+"/plain")
	assert.Contains(t, page.Accessible(), browser.Node{Role: "heading", Name: "Plain"})

	page.Leave(`document.querySelector("a").click()`)
	assert.Equal(t, "Elsewhere", page.Text("main"))

	page.Go(server.URL + "/bad")
	assert.Equal(t, []string{"Gray 2.85"}, page.Faint())
	assert.True(t, page.TooWide())
	assert.Contains(t, page.Requests(), server.URL+"/missing.png")
	complaints := page.Complaints()
	require.Len(t, complaints, 2)
	assert.Contains(t, complaints, "error: Failed to load resource: the server responded with a status of 404 (Not Found) "+server.URL+"/missing.png")
	assert.Contains(t, complaints[0]+complaints[1], "ReferenceError: nowhere is not defined")
	picture, err := png.DecodeConfig(bytes.NewReader(page.Screenshot()))
	require.NoError(t, err)
	assert.Greater(t, picture.Height, 3000, "the whole page")

	page.Look(browser.View{Width: 360, Height: 740, Scale: 2, Dark: true})
	page.Go(server.URL + "/bad")
	assert.Empty(t, page.Faint(), "black in the dark")
}
