package ops_test

import (
	"io/fs"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/docs"
	"suger-scim-gateway/internal/ops"
)

func guidesOf(files fs.FS, publicURL string) func(*ops.Config) {
	return func(c *ops.Config) { c.Guides, c.PublicURL = files, publicURL }
}

// article returns what stands in a guide.
func article(a answer) string {
	_, rest, _ := strings.Cut(a.body, `<article class="guide">`)
	text, _, _ := strings.Cut(rest, "</article>")
	return strings.TrimSpace(text)
}

func TestGuideRendering(t *testing.T) {
	for name, test := range map[string]struct{ source, want string }{
		"heading":                     {"# One way", `<h1 id="one-way">One way</h1>`},
		"the base URL":                {"Enter `https://your-host/scim/v2`.", `<p>Enter <code>https://scim.example.com/org/org-1/scim/v2</code>.</p>`},
		"the gateway's address":       {"At `https://your-host`.", `<p>At <code>https://scim.example.com</code>.</p>`},
		"a link to a guide":           {"[see](other.md#part)", `<p><a href="other.md#part">see</a></p>`},
		"within the page":             {"[see](#part)", `<p><a href="#part">see</a></p>`},
		"elsewhere":                   {"[see](https://example.com/a)", `<p><a href="https://example.com/a">see</a></p>`},
		"a file that is not here":     {"[the *mapping*](../mapping/suger.yaml) file", `<p>the <em>mapping</em> file</p>`},
		"a picture":                   {"![A form](images/form.svg)", `<p><img src="images/form.svg" alt="A form"></p>`},
		"a picture that is not here":  {"![A form](images/form.png)", `<p>A form</p>`},
		"markup is left out":          {"<script>alert(1)</script>\n\nText <img src=x onerror=y>", "<!-- raw HTML omitted -->\n<p>Text <!-- raw HTML omitted --></p>"},
		"a script for a link":         {"[see](javascript:alert(1))", `<p><a href="">see</a></p>`},
		"a row begins with a code":    {"| code | b |\n|---|---:|\n| `no_seat` | 1 |", "<div class=\"scroll\"><table>\n<thead>\n<tr>\n<th>code</th>\n<th align=\"right\">b</th>\n</tr>\n</thead>\n<tbody>\n<tr id=\"no_seat\">\n<td><code>no_seat</code></td>\n<td align=\"right\">1</td>\n</tr>\n</tbody>\n</table></div>"},
		"a row begins with something": {"| a |\n|---|\n|  |", "<div class=\"scroll\"><table>\n<thead>\n<tr>\n<th>a</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td></td>\n</tr>\n</tbody>\n</table></div>"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStand(t, guidesOf(fstest.MapFS{
				"guide.md": {Data: []byte(test.source)}, "other.md": {Data: []byte("# Other")}, "images/form.svg": {Data: []byte("<svg/>")},
			}, "https://scim.example.com"))
			assert.Equal(t, test.want, article(s.get("/guides/guide.md")))
		})
	}
}

func TestGuidesWithoutAddress(t *testing.T) {
	s := newStand(t, guidesOf(fstest.MapFS{"guide.md": {Data: []byte("`https://your-host/scim/v2`")}}, ""))
	assert.Contains(t, article(s.get("/guides/guide.md")), "https://your-host/scim/v2")
}

func TestPicturesAreServed(t *testing.T) {
	s := newStand(t, guidesOf(fstest.MapFS{"images/form.svg": {Data: []byte("<svg/>")}}, ""))
	a := s.get("/guides/images/form.svg")
	assert.Equal(t, http.StatusOK, a.status)
	assert.Equal(t, "image/svg+xml", a.header.Get("Content-Type"))
	for _, path := range []string{"images", "images/", "images/absent.svg", "images/%2e%2e/roles.md", "absent.md", "../ops.go", "%2e%2e/ops.go"} {
		assert.NotEqual(t, http.StatusOK, s.get("/guides/"+path).status, path)
	}
}

var localLink = regexp.MustCompile(`href="([^"#:]+|)(#[^"]+)?"`)

// Every guide of the project can be read on the status page: all links resolve,
// and no placeholder address is left.
func TestEveryGuide(t *testing.T) {
	s := newStand(t)
	names, err := fs.Glob(docs.Files, "*.md")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(names), 4)
	assert.Equal(t, "/guides/README.md", s.get("/guides").header.Get("Location"))
	list := article(s.get("/guides/README.md"))
	bodies := map[string]string{}
	for _, name := range names {
		if name != "README.md" {
			assert.Contains(t, list, `<a href="`+name+`">`)
		}
		a := s.get("/guides/" + name)
		require.Equal(t, http.StatusOK, a.status, name)
		bodies["/guides/"+name] = article(a)
	}
	for path, body := range bodies {
		assert.NotContains(t, body, "https://your-host", path)
		for _, match := range localLink.FindAllStringSubmatch(body, -1) {
			target := path
			if match[1] != "" {
				target = "/guides/" + match[1]
			}
			text, ok := bodies[target]
			if !assert.True(t, ok, "%s links to %s", path, target) || match[2] == "" {
				continue
			}
			assert.Contains(t, text, `id="`+match[2][1:]+`"`, "%s links to %s%s", path, target, match[2])
		}
	}
}
