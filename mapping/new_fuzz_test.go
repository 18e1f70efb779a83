package mapping_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
)

// mapping.New accepts every mapping file that spec.Parse accepts.
func FuzzNew(f *testing.F) {
	files, err := filepath.Glob("variants/*.yaml")
	require.NoError(f, err)
	require.NotEmpty(f, files)
	for _, file := range append(files, mapping.DefaultName) {
		text, err := os.ReadFile(file)
		require.NoError(f, err)
		_, err = spec.Parse(file, text)
		require.NoError(f, err)
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		document, err := spec.Parse("fuzz.yaml", text)
		if err != nil {
			return
		}
		_, err = mapping.New(document, nil, mapping.Config{})
		require.NoError(t, err)
	})
}
