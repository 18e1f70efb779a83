package mapping_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
)

// wordsOfAllAPIs are words of the mapping that are not specific to Suger: SCIM, the
// mapping's own format or English have them too.
var wordsOfAllAPIs = []string{
	"id", "name", "description", // SCIM
	"role", "status", "permissions", "limit", "offset", // the mapping's format
	"email", "domain", "seat", "license", "already exists", // English
}

// allowedWords are the places outside the sandbox and the tests that may contain a
// word of Suger's API, each with the reason.
var allowedWords = map[string]struct {
	words  []string
	reason string
}{
	"mapping/spec/field.go":           {[]string{"firstName"}, "an example of the notation"},
	"mapping/spec/operations.go":      {[]string{"/org/", "/user"}, "an example of the notation"},
	"internal/settings/settings.go":   {[]string{"/org/", "ADMIN", "EDITOR", "VIEWER"}, "examples in the help of settings"},
	"gateway/gateway.go":              {[]string{"/org/"}, "the gateway's own path"},
	"gateway/exchange.go":             {[]string{"/org/"}, "the gateway's own path"},
	"internal/check/survey.go":        {[]string{"/org/", "/user"}, "the documented path, from which a draft starts"},
	"internal/check/suggest_draft.go": {[]string{"ADMIN", "/role"}, "the documented role, in a draft that finds none, and the usual ending of a call that sets a role"},
	"internal/cli/status_page.go":     {[]string{"/org/"}, "the gateway's own path"},
	"internal/test/load/suger.go":     {[]string{"/org/", "/user"}, "paths for a bare proxy to the sandbox"},
	"internal/test/oktaorg/org.go":    {[]string{"ACTIVE"}, "Okta's word"},
	"internal/test/oktaorg/client.go": {[]string{"firstName", "lastName"}, "Okta's words"},
}

// Suger's paths, fields and values are only in the mapping file, so that a different
// Suger needs another file, not another program.
func TestGoFilesDoNotNameSugersAPI(t *testing.T) {
	words := sugerWords(mapping.DefaultDocument(), mappingOf(t, "status"))
	require.Subset(t, words, wordsOfAllAPIs)
	words = slices.DeleteFunc(words, func(word string) bool { return slices.Contains(wordsOfAllAPIs, word) })
	require.Subset(t, words, []string{"/org/", "firstName", "userRole", "organizationID", "creationTime", "INACTIVE", "ADMIN"})

	files, allowed := 0, make(map[string]bool)
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := filepath.ToSlash(strings.TrimPrefix(path, ".."+string(filepath.Separator)))
		switch {
		case entry.IsDir() && slices.Contains([]string{"internal/sandbox", "internal/test/sandbox", ".git"}, name):
			return fs.SkipDir
		case entry.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		files++
		for _, word := range wordsIn(t, path, words) {
			if slices.Contains(allowedWords[name].words, word) {
				allowed[name+" "+word] = true
				continue
			}
			t.Errorf("%s has %q, a word of Suger's API, which belongs in the mapping file", name, word)
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, files, 100)
	for name, exception := range allowedWords {
		for _, word := range exception.words {
			assert.True(t, allowed[name+" "+word], "%s no longer has %q", name, word)
		}
	}
}

// sugerWords returns the words of Suger's API in some mappings: the fixed parts of
// paths, the names of fields, and constant values.
func sugerWords(documents ...*spec.Document) []string {
	words := make(map[string]bool)
	add := func(more ...string) {
		for _, word := range more {
			words[word] = word != ""
		}
	}
	field := func(f spec.Field) {
		for _, place := range f.Scalars() {
			add(strings.FieldsFunc(place, func(r rune) bool { return r == '.' || r == '[' })...)
		}
	}
	values := func(list []any) {
		for _, value := range list {
			if word, isText := value.(string); isText {
				add(word)
			}
		}
	}
	for _, d := range documents {
		for _, name := range spec.OperationNames() {
			if op := d.Operations.Named(name); op != nil {
				add(pathParts(op.Call.Path)...)
				add(bodyKeys(op.Body)...)
				if op.Paging != nil {
					add(op.Paging.Limit, op.Paging.Next)
				}
			}
		}
		for _, a := range d.User.Attributes {
			field(a.Field)
		}
		for _, f := range []spec.Field{d.User.ID, d.User.Organization, d.User.Created, d.User.Modified, d.User.Roles.Field,
			d.Role.ID, d.Role.Name, d.Role.Description, d.Role.Permissions, d.Role.Created} {
			field(f)
		}
		field(d.Access.Field)
		values(slices.Concat(d.Access.Active, d.Access.Inactive))
		for _, known := range d.Role.Known {
			add(known.Name)
		}
		values(slices.Concat(d.Refusals.Domain, d.Refusals.Seats, d.Refusals.Duplicate))
	}
	return slices.Sorted(maps.Keys(words))
}

var placeholderInPath = regexp.MustCompile(`\{[A-Za-z0-9.]+\}`)

// pathParts returns the fixed parts of a path: "/org/" and "/user" for
// "/org/{organization}/user".
func pathParts(path string) []string {
	var parts []string
	for _, part := range placeholderInPath.Split(path, -1) {
		if part = strings.TrimSuffix(part, "/"); part == "/org" {
			part = "/org/"
		}
		if part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

func bodyKeys(body any) []string {
	object, _ := body.(map[string]any)
	var keys []string
	for key, inner := range object {
		keys = append(append(keys, key), bodyKeys(inner)...)
	}
	return keys
}

// wordsIn returns the words that occur in string literals of a Go file, struct tags
// included.
func wordsIn(t *testing.T, path string, words []string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	found := make(map[string]bool)
	ast.Inspect(file, func(n ast.Node) bool {
		if _, isImport := n.(*ast.ImportSpec); isImport {
			return false
		}
		literal, ok := n.(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			return true
		}
		text, err := strconv.Unquote(literal.Value)
		require.NoError(t, err)
		for _, word := range words {
			if has(text, word) {
				found[word] = true
			}
		}
		return true
	})
	return slices.Sorted(maps.Keys(found))
}

// has reports whether text contains word as a whole word.
func has(text, word string) bool {
	expression := regexp.QuoteMeta(word)
	if word[0] != '/' {
		expression = `\b` + expression
	}
	if word[len(word)-1] != '/' {
		expression += `\b`
	}
	return regexp.MustCompile(expression).MatchString(text)
}
