package ops_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/ops"
	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/browser"
	"suger-scim-gateway/mapping"
)

var update = flag.Bool("update", false, "take the pictures of the documents anew")

// views lists window sizes and color schemes.
var views = map[string]browser.View{
	"light": {Width: 1180, Height: 900}, "dark": {Width: 1180, Height: 900, Dark: true},
	"phone": {Width: 360, Height: 740, Scale: 2}, "phone-dark": {Width: 360, Height: 740, Scale: 2, Dark: true},
	"narrow": {Width: 320, Height: 600}, // WCAG 2.2, 1.4.10
}

// busy returns a gateway on an ordinary day: an import, then changes.
func busy(t *testing.T, change ...func(*ops.Config)) *stand {
	s := newStand(t, append([]func(*ops.Config){func(c *ops.Config) {
		c.Held = true
		c.Started = c.Now().Add(-(9*24 + 4) * time.Hour)
		c.Okta = []ops.OktaValue{
			{Field: "SCIM connector base URL", Values: []string{"https://scim.example.com/scim/v2"}},
			{Field: "Unique identifier field for users", Values: []string{"userName"}},
			{Field: "Supported provisioning actions", Note: "tick Import New Users and Profile Updates, Push New Users, Push Profile Updates, Push Groups, Import Groups"},
			{Field: "Authentication mode", Values: []string{"HTTP Header"}},
			{Field: "Authorization", Note: "one of the gateway's own tokens (GATEWAY_TOKENS), with or without the word Bearer"},
		}
		c.Roles = func(context.Context) ([]ops.Role, error) {
			return []ops.Role{
				{Group: "Suger Viewers", People: 1184}, {Group: "Suger Editors", People: 163},
				{Group: "Finance", People: 21}, {Group: "Suger Admins", People: 6},
			}, nil
		}
	}}, change...)...)
	for minute := range 60 {
		requests := []int{3, 5, 2, 4, 7, 3, 1, 2, 0, 4}[minute%10]
		if minute/4 == 5 {
			requests = 22 + 5*(minute%4) // an import
		}
		for range requests {
			s.activity.Answered("User", "GET", 200, 0)
			s.activity.Called("get user", 200, 0)
			s.activity.Lookup("hit")
			s.activity.List([]string{"hit", "hit", "miss"}[minute%3])
		}
		if minute == 41 || minute == 42 {
			for range 3 {
				s.activity.Called("list users", 503, 0)
				s.activity.Retried("list users")
			}
		}
		s.clock.Advance(time.Minute)
	}
	s.activity.Lookup("miss")
	s.activity.Failed(scim.CodeUnknownRole)
	s.activity.Failed(scim.CodeProtectedUser)
	for i, c := range []mapping.Change{
		{User: "quartz.thimble@example.com", What: "update user", Before: map[string]string{"role": "VIEWER"}, After: map[string]string{"role": "EDITOR"}, Outcome: "done"},
		{User: "owner@example.com", What: "deactivate user", Before: map[string]string{"active": "true"}, After: map[string]string{"active": "false"}, Outcome: "refused", Code: "protected_user"},
		{User: "reef.lantern@example.com", What: "deactivate user", Before: map[string]string{"active": "true"}, After: map[string]string{"active": "false"}, Outcome: "done"},
	} {
		c.Time, c.RequestID = s.clock.Now().Add(-time.Duration(30-10*i)*time.Minute), fmt.Sprintf("k7qd2m5xw3ha%04d", i)
		s.activity.Changed(c)
	}
	return s
}

// pictures are the views that the documents show.
var pictures = []string{"light", "dark", "narrow"}

func pictureFile(view string) string { return "../../docs/images/status-" + view + ".png" }

// The pictures in the documents are this page, whatever the machine's clock says.
func TestLook(t *testing.T) {
	page := browser.Start(t).Open(t)
	s := busy(t)
	for name, view := range views {
		t.Run(name, func(t *testing.T) {
			page.Look(view)
			page.Go(s.url)
			assertReadable(t, page, "/")
			page.Keep(t, name)
			if *update && slices.Contains(pictures, name) {
				require.NoError(t, os.WriteFile(pictureFile(name), smaller(t, page.Screenshot()), 0o644))
			}
		})
	}
	assert.Empty(t, page.Complaints())
	for _, name := range pictures {
		info, err := os.Stat(pictureFile(name))
		require.NoError(t, err, "run the test with -update")
		assert.Less(t, info.Size(), int64(200_000), name)
	}
}

// Long words, many rows and many errors must not break the page.
func TestLookOfABadDay(t *testing.T) {
	page := browser.Start(t).Open(t)
	long := strings.Repeat("a-very-long-name-without-any-blank-", 8)
	s := busy(t, func(c *ops.Config) {
		c.DryRun, c.Version, c.PublicURL = true, long, "https://"+long+".example.com"
		c.Activity = ops.NewActivity(ops.Build{}, "http://127.0.0.1:1", true, c.Log, c.Now)
		c.Okta = []ops.OktaValue{{Field: "SCIM connector base URL", Values: []string{"https://" + long + ".example.com/scim/v2", "https://example.com/org/" + long}}}
		c.Roles = func(context.Context) ([]ops.Role, error) {
			roles := slices.Repeat([]ops.Role{{Group: long, People: 1234567}}, 30)
			return roles, nil
		}
	})
	s.activity.Unconfirmed("deactivate user")
	s.drift.Store(&[]mapping.DriftCount{{Operation: "list users", Field: long, Answers: 1, Last: s.clock.Now()}})
	for n := range 250 {
		s.activity.Changed(mapping.Change{
			Time: s.clock.Now(), RequestID: fmt.Sprint(n), User: long + "@example.com", What: "update user", Outcome: "unconfirmed", Code: "write_unconfirmed",
			Before: map[string]string{"title": ""}, After: map[string]string{"title": long},
		})
	}
	for _, entry := range scim.Codes {
		s.activity.Failed(entry.Code)
	}
	for name, view := range views {
		t.Run(name, func(t *testing.T) {
			page.Look(view)
			for _, path := range []string{"/", "/guides/mapping.md"} {
				page.Go(s.url + path)
				assertReadable(t, page, path)
				page.Keep(t, name+strings.ReplaceAll(path, "/", "-"))
			}
		})
	}
	assert.Empty(t, page.Complaints())
}

func assertReadable(t *testing.T, page *browser.Page, path string) {
	t.Helper()
	assert.False(t, page.TooWide(), "%s is wider than the window", path)
	assert.Empty(t, page.Faint(), path)
}

// smaller returns the picture in 256 of its colors: the frequent and the strong
// ones.
func smaller(t *testing.T, picture []byte) []byte {
	t.Helper()
	whole, err := png.Decode(bytes.NewReader(picture))
	require.NoError(t, err)
	counts := map[color.RGBA]int{}
	bounds := whole.Bounds()
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			counts[color.RGBAModel.Convert(whole.At(x, y)).(color.RGBA)]++
		}
	}
	var all []color.RGBA
	for c := range counts {
		all = append(all, c)
	}
	weight := func(c color.RGBA) int {
		return counts[c] * (1 + int(max(c.R, c.G, c.B)-min(c.R, c.G, c.B)))
	}
	slices.SortFunc(all, func(a, b color.RGBA) int { return weight(b) - weight(a) })
	palette := color.Palette{}
	for _, c := range all[:min(len(all), 256)] {
		palette = append(palette, c)
	}
	reduced := image.NewPaletted(bounds, palette)
	draw.Draw(reduced, bounds, whole, bounds.Min, draw.Src)
	var out bytes.Buffer
	require.NoError(t, (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, reduced))
	return out.Bytes()
}
