package spec_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/mapping/spec"
	"suger-scim-gateway/mapping/spec/strict"
)

// replaced returns a text with one part replaced, which must be there once.
func replaced(t testing.TB, text, old, new string) string {
	t.Helper()
	require.Equal(t, 1, strings.Count(text, old), "%q", old)
	return strings.Replace(text, old, new, 1)
}

// defaultFile is the name of the mapping that the program holds.
const defaultFile = "suger.yaml"

// shipped returns the mapping files of this project, by name.
func shipped(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("../variants/*.yaml")
	require.NoError(t, err)
	require.Len(t, files, 6)
	texts := make(map[string][]byte)
	for _, file := range append(files, filepath.Join("..", defaultFile)) {
		name, err := filepath.Rel("..", file)
		require.NoError(t, err)
		texts[filepath.ToSlash(name)], err = os.ReadFile(file)
		require.NoError(t, err)
	}
	return texts
}

func TestShippedMappingsAreValid(t *testing.T) {
	for name, text := range shipped(t) {
		document, err := spec.Parse(name, text)
		require.NoError(t, err)
		assert.NotEmpty(t, document.User.Roles.Hold, "a default")
	}
}

// problemsIn returns what is wrong with a mapping, none if it is valid.
func problemsIn(t testing.TB, name string, text []byte) strict.Problems {
	t.Helper()
	_, err := spec.Parse(name, text)
	var problems strict.Problems
	if err != nil {
		require.ErrorAs(t, err, &problems)
	}
	return problems
}

// wrongFiles have what is wrong with each line in a comment behind it.
var wrongFiles = []string{"testdata/wrong.yaml", "testdata/unfit.yaml", "testdata/unmatched.yaml"}

// Every problem of a file is reported at once, at its place.
func TestProblemsAreReportedAtOnce(t *testing.T) {
	for _, file := range wrongFiles {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		var want, got []string
		for number, line := range strings.Split(string(text), "\n") {
			for _, said := range strings.Split(line, " #! ")[1:] {
				want = append(want, fmt.Sprintf("%s:%d:%s", file, number+1, said))
			}
		}
		require.NotEmpty(t, want)
		for _, p := range problemsIn(t, file, text) {
			got = append(got, p.String())
			assert.True(t, p.Line > 0 && p.Column > 0)
		}
		assert.ElementsMatch(t, want, got, file)
	}
}

func FuzzParse(f *testing.F) {
	files := shipped(f)
	for _, file := range wrongFiles {
		text, err := os.ReadFile(file)
		require.NoError(f, err)
		files[file] = text
	}
	for _, text := range files {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		document, err := spec.Parse("fuzz.yaml", text)
		if err != nil {
			for _, p := range problemsIn(t, "fuzz.yaml", text) {
				require.True(t, p.Line > 0 && p.Column > 0 && p.Message != "", "%+v", p)
			}
			return
		}
		require.NotNil(t, document.Operations.ListUsers)
		require.NotEmpty(t, document.Role.Known)
	})
}
