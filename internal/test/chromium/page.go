package chromium

import (
	"encoding/base64"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A Page is a tab.
type Page struct {
	t       *testing.T
	browser *Browser
	session string
}

// A View is how a page is looked at.
type View struct {
	Width, Height int
	Dark          bool
	Scale         float64 // device pixels for a CSS pixel; 0 is 1
}

// Open makes an empty page.
func (b *Browser) Open(t *testing.T) *Page {
	t.Helper()
	var target struct{ TargetID string }
	b.call(t, "", "Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.call(t, "", "Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	p := &Page{t: t, browser: b, session: attached.SessionID}
	for _, domain := range []string{"Page", "Network", "Runtime", "Log", "Accessibility"} {
		p.call(domain+".enable", nil, nil)
	}
	return p
}

func (p *Page) call(method string, params map[string]any, out any) {
	p.t.Helper()
	p.browser.call(p.t, p.session, method, params, out)
}

// Look sets size and colors.
func (p *Page) Look(v View) {
	p.t.Helper()
	if v.Scale == 0 {
		v.Scale = 1
	}
	p.call("Emulation.setDeviceMetricsOverride", map[string]any{
		"width": v.Width, "height": v.Height, "deviceScaleFactor": v.Scale, "mobile": v.Width < 600,
	}, nil)
	scheme := "light"
	if v.Dark {
		scheme = "dark"
	}
	p.call("Emulation.setEmulatedMedia", map[string]any{
		"features": []map[string]any{{"name": "prefers-color-scheme", "value": scheme}},
	}, nil)
}

// Go opens an address and waits until it is there.
func (p *Page) Go(address string) {
	p.t.Helper()
	n := p.browser.count()
	var gone struct{ ErrorText string }
	p.call("Page.navigate", map[string]any{"url": address}, &gone)
	require.Empty(p.t, gone.ErrorText, address)
	p.browser.next(p.t, p.session, "Page.loadEventFired", n)
}

// Leave evaluates a script that makes the page go elsewhere, such as a click,
// and waits until it is there.
func (p *Page) Leave(script string) {
	p.t.Helper()
	n := p.browser.count()
	p.Eval(script, nil)
	p.browser.next(p.t, p.session, "Page.loadEventFired", n)
}

// Eval evaluates a script in the page, and reads its value into out, which may
// be nil.
func (p *Page) Eval(script string, out any) {
	p.t.Helper()
	var result struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct{ Text string }
	}
	p.call("Runtime.evaluate", map[string]any{"expression": script, "returnByValue": true, "userGesture": true}, &result)
	require.Nil(p.t, result.ExceptionDetails, script)
	if out != nil {
		require.NoError(p.t, json.Unmarshal(result.Result.Value, out), script)
	}
}

// Text is the text of the first element that the selector finds, as it is seen.
func (p *Page) Text(selector string) string {
	p.t.Helper()
	quoted, err := json.Marshal(selector)
	require.NoError(p.t, err)
	var text string
	p.Eval(`(document.querySelector(`+string(quoted)+`)||{innerText:""}).innerText`, &text)
	return text
}

// Screenshot is the whole page as a PNG.
func (p *Page) Screenshot() []byte {
	p.t.Helper()
	var layout struct {
		CSSContentSize struct{ Width, Height float64 }
	}
	p.call("Page.getLayoutMetrics", nil, &layout)
	var shot struct{ Data string }
	p.call("Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": true, "clip": map[string]any{
		"x": 0, "y": 0, "width": layout.CSSContentSize.Width, "height": layout.CSSContentSize.Height, "scale": 1,
	}}, &shot)
	png, err := base64.StdEncoding.DecodeString(shot.Data)
	require.NoError(p.t, err)
	return png
}

// Keep leaves a picture of the page among the test's artifacts, if somebody wants
// to look at them (go test -artifacts).
func (p *Page) Keep(t *testing.T, name string) {
	t.Helper()
	if wanted := flag.Lookup("test.artifacts"); wanted == nil || wanted.Value.String() != "true" {
		return
	}
	require.NoError(t, os.WriteFile(filepath.Join(t.ArtifactDir(), name+".png"), p.Screenshot(), 0o644))
}

// Requests are the addresses that the page has asked for.
func (p *Page) Requests() []string {
	var addresses []string
	for _, params := range p.browser.seen(p.session, "Network.requestWillBeSent") {
		var sent struct{ Request struct{ URL string } }
		require.NoError(p.t, json.Unmarshal(params, &sent))
		addresses = append(addresses, sent.Request.URL)
	}
	return addresses
}

// Complaints are what the browser notes in its console: scripts that fail and
// what the page's own policy forbids.
func (p *Page) Complaints() []string {
	var texts []string
	for _, params := range p.browser.seen(p.session, "Log.entryAdded") {
		var entry struct {
			Entry struct{ Level, Text, URL string }
		}
		require.NoError(p.t, json.Unmarshal(params, &entry))
		texts = append(texts, entry.Entry.Level+": "+entry.Entry.Text+" "+entry.Entry.URL)
	}
	return texts
}

// A Node is what a screen reader gets to know of an element.
type Node struct{ Role, Name string }

// Accessible is the page as a screen reader has it, in order.
func (p *Page) Accessible() []Node {
	p.t.Helper()
	type value struct{ Value any }
	var tree struct {
		Nodes []struct {
			Ignored    bool
			Role, Name value
		}
	}
	p.call("Accessibility.getFullAXTree", nil, &tree)
	var nodes []Node
	for _, n := range tree.Nodes {
		if n.Ignored {
			continue
		}
		role, _ := n.Role.Value.(string)
		name, _ := n.Name.Value.(string)
		nodes = append(nodes, Node{role, name})
	}
	return nodes
}
