// Package browser drives a headless Chromium for tests of pages.
package browser

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

const (
	// required is the variable that makes a missing browser a failure, for CI.
	required = "CHROMIUM_TESTS"

	// patience bounds one step in the browser, so that a hanging test reports where.
	patience = time.Minute
)

// A Browser is a running Chromium.
type Browser struct{ ctx context.Context }

// A Page is a tab.
type Page struct {
	t   *testing.T
	ctx context.Context

	mu         sync.Mutex
	requests   []string
	complaints []string
}

// A View is the size and color scheme of a window.
type View struct {
	Width, Height int64
	Dark          bool
	Scale         float64 // device pixels for a CSS pixel; 0 is 1
}

// Start runs a browser with an empty profile until the test ends. Without a
// browser the test is skipped, or fails if CHROMIUM_TESTS=required.
func Start(t *testing.T) *Browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv(required) == "required" {
			require.NoError(t, err, "CHROMIUM_TESTS=required")
		}
		t.Skip("!!! NOT TESTED IN A BROWSER: there is no chromium on this machine (Debian: apt-get install chromium); CI requires it")
	}
	// t.Context ends before the clean-up, which closes the browser in good order.
	ctx := open(t, context.WithoutCancel(t.Context()), chromedp.WithAllocatorOptions(chromedp.ExecPath(path), chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true)))
	return &Browser{ctx}
}

// Open makes an empty page, which is closed when the test ends.
func (b *Browser) Open(t *testing.T) *Page {
	t.Helper()
	p := &Page{t: t}
	p.ctx = open(t, b.ctx, chromedp.WithListener(p.note))
	return p
}

// open starts the browser, or a tab if the parent has a browser.
func open(t *testing.T, parent context.Context, options ...chromedp.ContextOption) context.Context {
	t.Helper()
	ctx, _ := chromedp.NewContext(parent, options...)
	require.NoError(t, chromedp.Do(ctx))
	t.Cleanup(func() {
		ending, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		require.NoError(t, chromedp.Cancel(ending))
	})
	return ctx
}

// note records events for Requests and Complaints. chromedp calls it in the
// order of the events, before it returns from a later step.
func (p *Page) note(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		p.requests = append(p.requests, e.Request.URL)
	case *log.EventEntryAdded:
		p.complaints = append(p.complaints, string(e.Entry.Level)+": "+e.Entry.Text+" "+e.Entry.URL)
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if thrown := e.ExceptionDetails.Exception; thrown != nil {
			text += " " + thrown.Description
		}
		p.complaints = append(p.complaints, "exception: "+text+" "+e.ExceptionDetails.URL)
	}
}

// do runs an action and returns its value.
func do[T any](p *Page, action chromedp.Action[T], about string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, action)
	require.NoError(p.t, err, about)
	return value
}

// Look sets size and colors.
func (p *Page) Look(v View) {
	p.t.Helper()
	if v.Scale == 0 {
		v.Scale = 1
	}
	size := []chromedp.EmulateViewportOption{chromedp.EmulateScale(v.Scale)}
	if v.Width < 600 {
		size = append(size, chromedp.EmulateMobile)
	}
	scheme := "light"
	if v.Dark {
		scheme = "dark"
	}
	do(p, chromedp.Steps(
		chromedp.EmulateViewport(v.Width, v.Height, size...),
		chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
			_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
			})
			return err
		}),
	), "set size and colors")
}

// Go opens an address and waits until it is loaded.
func (p *Page) Go(address string) {
	p.t.Helper()
	do(p, chromedp.Navigate(address), address)
}

// Leave evaluates a script that navigates, such as a click, and waits until the
// new page is loaded.
func (p *Page) Leave(script string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	_, err := chromedp.RunResponse(ctx, chromedp.Evaluate[chromedp.Void](script, byUser))
	require.NoError(p.t, err, script)
}

// Text returns the text of the first element that the selector finds, as it is
// seen. It is empty if there is none.
func (p *Page) Text(selector string) string {
	p.t.Helper()
	quoted, err := json.Marshal(selector)
	require.NoError(p.t, err)
	return eval[string](p, `(document.querySelector(`+string(quoted)+`)||{innerText:""}).innerText`)
}

// HTML returns the source of the page as it is now.
func (p *Page) HTML() string {
	p.t.Helper()
	return eval[string](p, "document.documentElement.outerHTML")
}

// eval evaluates a script in the page and returns its value.
func eval[T any](p *Page, script string) T {
	p.t.Helper()
	return do(p, chromedp.Evaluate[T](script, byUser), script)
}

// byUser makes the browser treat a script's actions as the user's.
func byUser(params *runtime.EvaluateParams) {
	yes := true
	params.UserGesture = &yes
}

// Screenshot returns the whole page as a PNG.
func (p *Page) Screenshot() []byte {
	p.t.Helper()
	return do(p, chromedp.FullScreenshot(100), "screenshot")
}

// Keep saves a picture of the page among the test's artifacts (go test
// -artifacts).
func (p *Page) Keep(t *testing.T, name string) {
	t.Helper()
	if wanted := flag.Lookup("test.artifacts"); wanted == nil || wanted.Value.String() != "true" {
		return
	}
	require.NoError(t, os.WriteFile(filepath.Join(t.ArtifactDir(), name+".png"), p.Screenshot(), 0o600))
}

// Requests returns the URLs that the page has requested.
func (p *Page) Requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.requests)
}

// Complaints returns the messages in the browser's console: script errors and
// violations of the page's policy.
func (p *Page) Complaints() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.complaints)
}

// A Node is an element in the accessibility tree.
type Node struct{ Role, Name string }

// Accessible returns the accessibility tree of the page, in order.
func (p *Page) Accessible() []Node {
	p.t.Helper()
	tree := do(p, func(ctx context.Context, tab *chromedp.Target) (accessibility.GetFullAXTreeResult, error) {
		if _, err := cdp.Call(ctx, tab, accessibility.Enable, cdp.Empty{}); err != nil {
			return accessibility.GetFullAXTreeResult{}, err
		}
		return cdp.Call(ctx, tab, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	}, "accessibility tree")
	text := func(v *accessibility.Value) (s string) {
		if v != nil && v.Type != accessibility.ValueTypeNumber && len(v.Value) > 0 {
			require.NoError(p.t, json.Unmarshal(v.Value, &s), "%s %s", v.Type, v.Value)
		}
		return s
	}
	var nodes []Node
	for _, n := range tree.Nodes {
		if !n.Ignored {
			nodes = append(nodes, Node{text(n.Role), text(n.Name)})
		}
	}
	return nodes
}
