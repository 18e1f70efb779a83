// Package layout tests the allowed imports between the packages of the product.
package layout

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A rule lists packages that others must not import, directly or indirectly.
// Folders are relative to the root and include what is below them.
type rule struct {
	packages  []string
	mustNot   []string // "*" is everything of the product
	butMay    []string
	otherThan []string // packages that the rule leaves out
}

// outer lists the packages around the three layers, which assemble, operate and
// check the product.
var outer = []string{"internal/cli", "internal/settings", "internal/check", "internal/ops", "internal/certs", "internal/sandbox"}

var rules = []rule{
	// gateway -> mapping -> sugerclient, and never back.
	{packages: []string{"gateway"}, mustNot: outer},
	{packages: []string{"mapping"}, mustNot: append([]string{"gateway"}, outer...)},
	{packages: []string{"sugerclient"}, mustNot: append([]string{"gateway", "mapping", "internal/scim"}, outer...)},
	// The protocol and the language of the mapping file are leaves.
	{packages: []string{"internal/scim"}, mustNot: []string{"*"}},
	{packages: []string{"mapping/spec"}, mustNot: []string{"*"}, butMay: []string{"internal/scim"}},
	// The sandbox shares no code with the product, and so no mistakes.
	{packages: []string{"internal/sandbox", "internal/test/sandbox"}, mustNot: []string{"gateway", "mapping", "sugerclient"}},
	// The binary contains no package that only tests use.
	{packages: []string{"."}, mustNot: []string{"internal/test"}, otherThan: []string{"internal/test"}},
	// The commands put the rest together; nothing builds on them.
	{packages: []string{"."}, mustNot: []string{"internal/cli"}, otherThan: []string{"", "internal/test"}},
}

// within reports whether a package is one of the folders, or below one.
func within(name string, folders []string) bool {
	return slices.ContainsFunc(folders, func(folder string) bool {
		return folder == "." || name == folder || folder != "" && strings.HasPrefix(name, folder+"/")
	})
}

// broken returns the imports that break a rule, as "a imports b". imports has
// the packages of the product that each one imports.
func (r rule) broken(imports map[string][]string) (found []string) {
	for name := range imports {
		if !within(name, r.packages) || within(name, r.otherThan) {
			continue
		}
		for needed := range reached(name, imports) {
			forbidden := within(needed, r.mustNot) || slices.Contains(r.mustNot, "*") && !within(needed, r.packages)
			if forbidden && !within(needed, r.butMay) {
				found = append(found, name+" needs "+needed)
			}
		}
	}
	slices.Sort(found)
	return found
}

// reached returns the packages that one imports, directly or through others.
func reached(name string, imports map[string][]string) map[string]bool {
	found := map[string]bool{}
	var follow func(name string)
	follow = func(name string) {
		for _, next := range imports[name] {
			if !found[next] {
				found[next] = true
				follow(next)
			}
		}
	}
	follow(name)
	return found
}

// productImports asks the go command for the imports of all packages, without
// those of their tests.
func productImports(t *testing.T) map[string][]string {
	list := exec.Command("go", "list", "-json=ImportPath,Imports,Module", "./...")
	list.Dir = filepath.Join("..", "..", "..")
	text, err := list.Output()
	require.NoError(t, err)
	imports := map[string][]string{}
	for decoder := json.NewDecoder(strings.NewReader(string(text))); ; {
		var p struct {
			ImportPath string
			Imports    []string
			Module     struct{ Path string }
		}
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return imports
		}
		require.NoError(t, err)
		name := func(path string) string { return strings.TrimPrefix(strings.TrimPrefix(path, p.Module.Path), "/") }
		imports[name(p.ImportPath)] = []string{}
		for _, path := range p.Imports {
			if strings.HasPrefix(path, p.Module.Path+"/") {
				imports[name(p.ImportPath)] = append(imports[name(p.ImportPath)], name(path))
			}
		}
	}
}

func TestDirectionsOfImports(t *testing.T) {
	imports := productImports(t)
	for _, r := range rules {
		for _, name := range slices.Concat(r.packages, r.mustNot, r.butMay, r.otherThan) {
			exists := func(is string) bool { return name == "*" || within(is, []string{name}) }
			assert.True(t, slices.ContainsFunc(slices.Collect(maps.Keys(imports)), exists), "a rule names %q, which is not a package", name)
		}
		assert.Empty(t, r.broken(imports))
	}
	assert.Contains(t, reached("gateway", imports), "sugerclient")
	assert.Equal(t, []string{"internal/cli"}, imports[""], "main only calls internal/cli")
}

// The rules detect forbidden imports.
func TestRulesDetectForbiddenImports(t *testing.T) {
	all := productImports(t)
	for name, test := range map[string]struct {
		from, to string
		want     string
	}{
		"the mapping imports the gateway":    {"mapping", "gateway", "mapping needs gateway"},
		"the client imports the mapping":     {"sugerclient", "mapping", "sugerclient needs mapping"},
		"the protocol imports anything":      {"internal/scim", "internal/marks", "internal/scim needs internal/marks"},
		"the language imports the client":    {"mapping/spec/strict", "sugerclient", "mapping/spec/strict needs sugerclient"},
		"the language imports the mapping":   {"mapping/spec", "mapping", "mapping/spec needs mapping"},
		"the sandbox reads the language":     {"internal/sandbox", "mapping/spec", "internal/sandbox needs mapping/spec"},
		"the sandbox imports it indirectly":  {"internal/sandbox", "internal/ops", "internal/sandbox needs mapping"},
		"the product imports a test package": {"internal/ops", "internal/test/standin", "internal/ops needs internal/test/standin"},
		"a package imports the commands":     {"internal/check", "internal/cli", "internal/check needs internal/cli"},
	} {
		t.Run(name, func(t *testing.T) {
			imports := maps.Clone(all)
			imports[test.from] = append(slices.Clone(imports[test.from]), test.to)
			var found []string
			for _, r := range rules {
				found = append(found, r.broken(imports)...)
			}
			assert.Contains(t, found, test.want)
		})
	}
}

// main.go is the only Go file of the top folder.
func TestTopFolder(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "*.go"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	assert.Equal(t, "main.go", filepath.Base(files[0]))
}
